import type { FlushReport } from '../core/observer.ts'
import type { Deed } from '../core/partition-events.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { OpenFiles, SealedFile, SealedFiles } from './open-files.ts'
import type { TempFiles } from './temp-files.ts'
import type { WorkerContext } from './worker-context.ts'

/** A sealed buffer on its way to HDFS. */
export interface SealedFlush extends SealedFiles {
  readonly sealedAtMs: number
  readonly start: number
  /** Its stamped temp files, in the order of `files`. */
  temps: readonly string[]
}

/** What becomes of segments that are on their way. */
export interface SegmentHooks {
  /** One is on HDFS, or was given up: its memory is free. */
  freed(): void
  failed(error: unknown): void
}

/** What one partition holds in memory for HDFS: segments, and sealed buffers until they are published. */
export class HeldFlushes {
  private readonly at: TopicPartition
  private readonly context: WorkerContext
  private readonly temps: TempFiles
  private readonly flushes = new Map<number, SealedFlush>()
  private segmentBytes = 0
  /** Of temp files: never the same twice under one name. */
  private numbers = 0

  constructor(at: TopicPartition, context: WorkerContext, temps: TempFiles) {
    this.at = at
    this.context = context
    this.temps = temps
  }

  get heldBytes(): number {
    let bytes = this.segmentBytes
    for (const { heldBytes } of this.flushes.values()) bytes += heldBytes
    return bytes
  }

  get(key: number): SealedFlush {
    const flush = this.flushes.get(key)
    if (flush === undefined) throw new Error(`flush ${key} is not held`)
    return flush
  }

  /** Throws PathRefusedError, and then holds nothing of it. */
  seal(key: number, start: number, files: OpenFiles): void {
    const sealedAtMs = this.context.nowMs()
    this.flushes.set(key, { ...files.seal(), sealedAtMs, start, temps: [] })
  }

  /** Uploads what the open files hold, and lets go of it as soon as HDFS has it. */
  cut(
    { base, flush }: Extract<Deed, { do: 'cut' }>,
    files: OpenFiles,
    signal: AbortSignal,
    hooks: SegmentHooks,
  ): void {
    files.cut((part) => {
      this.segmentBytes += part.heldBytes
      const name = this.send(base, flush, part.chunks, signal).finally(() => {
        this.segmentBytes -= part.heldBytes
        hooks.freed()
      })
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
      sealed.files.map((file) => this.complete(deed.base, deed.flush, file, signal)),
    )
    // Temp files of an earlier claim must not take the place of the present ones.
    if (signal.aborted) return false
    sealed.temps = temps
    return true
  }

  /** One stamped temp file, of its segments and of what is in memory still. */
  private async complete(
    base: string,
    flush: string,
    file: SealedFile,
    signal: AbortSignal,
  ): Promise<string> {
    const rest = file.chunks.length === 0 ? [] : [this.send(base, flush, file.chunks, signal)]
    const names = await Promise.all([...file.segments.map(({ name }) => name), ...rest])
    const [first] = names
    if (first === undefined) throw new Error(`${file.path} has no bytes`)
    if (names.length > 1) await this.temps.join(names, file.byteLength, { signal })
    await this.temps.stamp(base, first, file, { signal })
    return first
  }

  private send(
    base: string,
    flush: string,
    chunks: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<string> {
    const once = () => this.temps.upload(base, flush, chunks, () => this.numbers++, { signal })
    return this.context.uploads.add(once, { signal })
  }

  /** It is published: gives its memory back and reports it. */
  finish({ key, end, trigger }: Extract<Deed, { do: 'finish' }>): void {
    const sealed = this.flushes.get(key)
    this.flushes.delete(key)
    const { observer, nowMs } = this.context
    observer.committed(this.at, end)
    if (sealed === undefined) return
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
    this.flushes.clear()
  }
}
