import type { FlushReport } from '../core/observer.ts'
import type { Deed } from '../core/partition-events.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { OpenFiles, SealedFile, SealedFiles } from './open-files.ts'
import type { InTurn, TempFiles } from './temp-files.ts'
import type { Turn } from './upload-turns.ts'
import type { WorkerContext } from './worker-context.ts'

/** A sealed buffer on its way to HDFS. */
export interface SealedFlush extends SealedFiles {
  readonly sealedAtMs: number
  readonly start: number
  /** Its stamped temp files, in the order of `files`. */
  temps: readonly string[]
  /** Uploads that may still read its chunks: one that was cancelled goes on for a moment. */
  uploading: number
}

/** What becomes of segments that are on their way. */
export interface SegmentHooks {
  /** One is on HDFS, or was given up: its memory is free. */
  freed(): void
  failed(error: unknown): void
}

interface Sending extends Turn {
  /**
   * Called once, after the last try, when nothing reads the chunks any more: cancelling takes a moment.
   */
  readonly over: () => void
}

/** What one partition holds in memory for HDFS: segments, and sealed buffers until they are published. */
export class HeldFlushes {
  private readonly at: TopicPartition
  private readonly context: WorkerContext
  private readonly temps: TempFiles
  private readonly flushes = new Map<number, SealedFlush>()
  /** Of all segments and flushes. */
  private bytes = 0
  /** Of temp files: never the same twice under one name. */
  private numbers = 0
  private refused = false

  constructor(at: TopicPartition, context: WorkerContext, temps: TempFiles) {
    this.at = at
    this.context = context
    this.temps = temps
  }

  get heldBytes(): number {
    return this.bytes
  }

  /** The last try of an upload failed. */
  get isRefused(): boolean {
    return this.refused
  }

  get(key: number): SealedFlush {
    const flush = this.flushes.get(key)
    if (flush === undefined) throw new Error(`flush ${key} is not held`)
    return flush
  }

  /** Throws PathRefusedError, and then holds nothing of it. */
  seal(key: number, start: number, files: OpenFiles): void {
    const sealedAtMs = this.context.nowMs()
    const sealed = files.seal()
    this.flushes.set(key, { ...sealed, sealedAtMs, start, temps: [], uploading: 0 })
    this.bytes += sealed.heldBytes
  }

  /** Uploads what the open files hold, and lets go of it as soon as HDFS has it. */
  cut(
    { base, flush }: Extract<Deed, { do: 'cut' }>,
    files: OpenFiles,
    signal: AbortSignal,
    hooks: SegmentHooks,
  ): void {
    const sinceMs = this.context.nowMs()
    files.cut((part) => {
      this.bytes += part.heldBytes
      const over = () => {
        this.bytes -= part.heldBytes
        part.release()
        hooks.freed()
      }
      const name = this.send(base, flush, part.chunks, { signal, sinceMs, over })
      name.catch((error) => {
        if (!signal.aborted) hooks.failed(error)
      })
      return name
    })
  }

  /** false when it was cancelled, or when there is nothing to upload any more. */
  async upload(deed: Extract<Deed, { do: 'upload' }>, signal: AbortSignal): Promise<boolean> {
    const sealed = this.flushes.get(deed.key)
    if (sealed === undefined) return false
    const temps = await Promise.all(
      sealed.files.map((file) => this.complete(deed, sealed, file, signal)),
    )
    // Temp files of an earlier claim must not take the place of the present ones.
    if (signal.aborted) return false
    sealed.temps = temps
    return true
  }

  /** One stamped temp file, of its segments and of what is in memory still. */
  private async complete(
    { base, flush }: Extract<Deed, { do: 'upload' }>,
    sealed: SealedFlush,
    file: SealedFile,
    signal: AbortSignal,
  ): Promise<string> {
    const names = file.segments.map(({ name }) => name)
    if (file.chunks.length > 0) {
      sealed.uploading += 1
      const over = () => {
        sealed.uploading -= 1
      }
      names.push(this.send(base, flush, file.chunks, { signal, sinceMs: sealed.sealedAtMs, over }))
    }
    const [first, ...others] = await Promise.all(names)
    if (first === undefined) throw new Error(`${file.path} has no bytes`)
    if (others.length > 0) {
      await this.temps.join([first, ...others], file.byteLength, { signal })
    }
    await this.temps.stamp(base, first, file, { signal })
    return first
  }

  /**
   * Each try takes its own turn among the uploads of the worker, so that one that is refused again and
   * again leaves room for others.
   */
  private send(
    base: string,
    flush: string,
    chunks: readonly Uint8Array[],
    { signal, sinceMs, over }: Sending,
  ): Promise<string> {
    let reading: Promise<unknown> = Promise.resolve()
    const inTurn: InTurn = (call) => {
      const begin = () => {
        const begun = call()
        reading = begun.then(
          () => {
            this.refused = false
          },
          () => {
            this.refused = !signal.aborted
          },
        )
        return begun
      }
      return this.context.uploads.add(begin, { signal, sinceMs })
    }
    const nextNumber = () => this.numbers++
    return this.temps
      .upload(base, flush, chunks, nextNumber, { signal }, inTurn)
      .finally(() => void reading.then(over))
  }

  /** It is published: gives its memory back and reports it. */
  finish({ key, end, trigger }: Extract<Deed, { do: 'finish' }>): void {
    const sealed = this.flushes.get(key)
    this.flushes.delete(key)
    const { observer, nowMs } = this.context
    observer.committed(this.at, end)
    if (sealed === undefined) return
    this.bytes -= sealed.heldBytes
    release(sealed)
    const report: FlushReport = {
      ...this.at,
      trigger,
      startOffset: sealed.start,
      endOffset: end,
      records: sealed.records,
      files: sealed.files.map(({ path, byteLength }) => ({ path, byteLength })),
      durationMs: nowMs() - sealed.sealedAtMs,
      oldestTimestampMs: sealed.oldestTimestampMs,
    }
    observer.flushed(report)
  }

  clear(): void {
    for (const sealed of this.flushes.values()) {
      this.bytes -= sealed.heldBytes
      release(sealed)
    }
    this.flushes.clear()
  }
}

/** What an upload may still read is left to the collector. */
function release({ files, uploading }: SealedFlush): void {
  if (uploading === 0) for (const file of files) file.release()
}
