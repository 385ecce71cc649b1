import type { PathTemplate } from '../core/path-template.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { FileEncoder, FilePart, OutputFormat } from '../encoding/output-format.ts'

/** A part of a file that went to HDFS before the file was finished. */
export interface Segment {
  readonly byteLength: number
  /** Of its temp file, when it is there. */
  readonly name: Promise<string>
}

/** A finished file on its way to HDFS. */
export interface SealedFile {
  readonly path: string
  readonly startOffset: number
  /** Offset of its last record. */
  readonly endOffset: number
  readonly records: number
  /** What comes before `chunks`, oldest first. */
  readonly segments: readonly Segment[]
  /** What is still in memory of it. */
  readonly chunks: readonly Uint8Array[]
  /** Of the whole file. */
  readonly byteLength: number
  /** Of `chunks`, when nobody reads them any more. */
  readonly release: () => void
}

/** The files of one sealed buffer, and the memory that they hold. */
export interface SealedFiles {
  readonly files: readonly SealedFile[]
  readonly records: number
  readonly heldBytes: number
  readonly oldestTimestampMs: number | undefined
}

/** A file that holds less than this part of what the largest one holds is not worth a segment. */
const SMALL_SHARE = 4

interface OpenFile {
  readonly encoder: FileEncoder
  startOffset: number
  endOffset: number
  readonly timestampMs: number
  readonly segments: Segment[]
}

/**
 * The open buffer of one partition: a file for each value of the path's record-time part, or a
 * single one where the path has none.
 */
export class OpenFiles {
  private readonly at: TopicPartition
  private readonly format: OutputFormat
  private readonly template: PathTemplate
  private readonly files = new Map<string, OpenFile>()
  private lastBucket = ''
  private lastFile: OpenFile | undefined
  private oldestTimestampMs = Number.POSITIVE_INFINITY
  records = 0
  fileBytes = 0
  /** Files with a record in them. */
  count = 0

  constructor(at: TopicPartition, format: OutputFormat, template: PathTemplate) {
    this.at = at
    this.format = format
    this.template = template
  }

  /** Memory held by all open files. */
  get heldBytes(): number {
    let bytes = 0
    for (const file of this.files.values()) bytes += file.encoder.heldBytes
    return bytes
  }

  /**
   * Cuts off what the largest of the open files hold: `upload` sends each part to HDFS and resolves
   * with the name of its temp file.
   */
  cut(upload: (part: FilePart) => Promise<string>): void {
    const files = [...this.files.values()]
    const most = files.reduce((bytes, { encoder }) => Math.max(bytes, encoder.heldBytes), 0)
    for (const { encoder, segments } of files) {
      if (encoder.heldBytes * SMALL_SHARE < most) continue
      const part = encoder.cut()
      if (part === undefined) continue
      segments.push({ byteLength: part.byteLength, name: upload(part) })
    }
  }

  /** Encodes the record under the cursor. Throws RecordRefusedError with nothing changed. */
  append(cursor: RecordCursor): void {
    const { timestampMs } = cursor
    const file = this.fileFor(timestampMs, cursor.offset)
    const { encoder } = file
    const before = encoder.fileBytes
    encoder.append(cursor)
    if (encoder.records === 1) {
      // Not the offset that opened it: a record that was refused may have.
      file.startOffset = cursor.offset
      this.count += 1
    }
    this.fileBytes += encoder.fileBytes - before
    file.endOffset = cursor.offset
    this.records += 1
    if (timestampMs < this.oldestTimestampMs) this.oldestTimestampMs = timestampMs
  }

  /** Ends all files and begins anew. */
  seal(): SealedFiles {
    const files: SealedFile[] = []
    let heldBytes = 0
    for (const file of this.files.values()) {
      if (file.encoder.records === 0) continue
      const { startOffset, endOffset, timestampMs, segments } = file
      const { chunks, fileBytes: byteLength, heldBytes: held, release } = file.encoder.finish()
      heldBytes += held
      const path = this.template.render({
        ...this.at,
        startOffset,
        endOffset,
        bucketTimestampMs: timestampMs,
      })
      const records = file.encoder.records
      files.push({ path, startOffset, endOffset, records, segments, chunks, byteLength, release })
    }
    const { records, oldestTimestampMs } = this
    this.clear()
    return {
      files,
      records,
      heldBytes,
      oldestTimestampMs: records === 0 ? undefined : oldestTimestampMs,
    }
  }

  clear(): void {
    this.files.clear()
    this.lastFile = undefined
    this.records = 0
    this.fileBytes = 0
    this.count = 0
    this.oldestTimestampMs = Number.POSITIVE_INFINITY
  }

  private fileFor(timestampMs: number, offset: number): OpenFile {
    const bucket = this.template.usesTime ? this.template.bucketOf(timestampMs) : ''
    if (this.lastFile !== undefined && bucket === this.lastBucket) return this.lastFile
    let file = this.files.get(bucket)
    if (file === undefined) {
      const encoder = this.format.open(this.at)
      file = { encoder, startOffset: offset, endOffset: offset, timestampMs, segments: [] }
      this.files.set(bucket, file)
    }
    this.lastBucket = bucket
    this.lastFile = file
    return file
  }
}
