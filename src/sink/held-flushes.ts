import type { FlushReport } from '../core/observer.ts'
import type { Deed } from '../core/partition-events.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { JournalStore } from './journal-store.ts'
import type { OpenFiles, SealedFiles } from './open-files.ts'
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

/** The sealed buffers of one partition, in memory until they are published. */
export class HeldFlushes {
  private readonly at: TopicPartition
  private readonly context: WorkerContext
  private readonly journal: JournalStore
  private readonly flushes = new Map<number, SealedFlush>()

  constructor(at: TopicPartition, context: WorkerContext, journal: JournalStore) {
    this.at = at
    this.context = context
    this.journal = journal
  }

  get heldBytes(): number {
    let bytes = 0
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
    this.flushes.set(key, { ...files.seal(), sealedAtMs, start, temps: [], uploading: 0 })
  }

  /** false when it was cancelled, or when there is nothing to upload any more. */
  async upload(deed: Extract<Deed, { do: 'upload' }>, signal: AbortSignal): Promise<boolean> {
    const sealed = this.flushes.get(deed.key)
    if (sealed === undefined) return false
    let number = 0
    const nextNumber = (): number => number++
    const temps = await Promise.all(
      sealed.files.map((file) =>
        this.context.uploads.add(
          () => {
            sealed.uploading += 1
            return this.journal
              .upload(deed.base, deed.flush, file, nextNumber, { signal })
              .finally(() => {
                sealed.uploading -= 1
              })
          },
          { signal },
        ),
      ),
    )
    // Temp files of an earlier claim must not take the place of the present ones.
    if (signal.aborted) return false
    sealed.temps = temps
    return true
  }

  /** It is published: gives its memory back and reports it. */
  finish({ key, end, trigger }: Extract<Deed, { do: 'finish' }>): void {
    const sealed = this.flushes.get(key)
    this.flushes.delete(key)
    const { observer, nowMs } = this.context
    observer.committed(this.at, end)
    if (sealed === undefined) return
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
    for (const sealed of this.flushes.values()) release(sealed)
    this.flushes.clear()
  }
}

/** What an upload may still read is left to the collector. */
function release({ files, uploading }: SealedFlush): void {
  if (uploading === 0) for (const file of files) file.release()
}
