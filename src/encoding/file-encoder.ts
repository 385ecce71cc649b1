import type { TopicPartition } from '../core/record-batch.ts'
import type { RecordCursor } from '../core/record-cursor.ts'

/** One output file while it grows: bytes only. */
export interface FileEncoder {
  /** Appends the record under the cursor. Throws RecordRefusedError before anything was changed. */
  append(cursor: RecordCursor): void
  readonly records: number
  /**
   * Bytes the finished file would have, as known now: exact without compression; with it, what
   * waits for the codec is counted as it is, at most one block.
   */
  readonly fileBytes: number
  /** Memory that this encoder holds: allocated chunks, and what waits for the codec. */
  readonly heldBytes: number
  /**
   * What was written since the last cut, as a part of the file that may be stored on its own: all
   * parts behind each other, that of `finish()` last, are the file. undefined where there is nothing.
   */
  cut(): FilePart | undefined
  /** No append afterwards. The chunks are views, so `heldBytes` is held as long as they are. */
  finish(): FinishedFile
}

/** The bytes of a file from one place to another. */
export interface FilePart {
  readonly chunks: readonly Uint8Array[]
  readonly byteLength: number
  /** The memory behind the chunks. */
  readonly heldBytes: number
  /**
   * Nobody reads the chunks any more, no upload that was given up either: their memory serves other
   * files from now on. To be called once, or more; where it is never called the collector does it.
   */
  readonly release: () => void
}

/** The last part of a file, perhaps without bytes. */
export interface FinishedFile extends FilePart {
  /** Of the file, what was cut before included. */
  readonly fileBytes: number
}

/** How records become files; one for all partitions. */
export interface OutputFormat {
  /** Without a dot in front: `txt`, `jsonl.gz` ... */
  readonly extension: string
  open(at: TopicPartition): FileEncoder
}
