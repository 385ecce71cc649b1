import type { TopicPartition } from '../core/record-batch.ts'
import type { WorkerContext } from './worker-context.ts'

/** What is on its way to HDFS and has not become less for so long is not waited for. */
const STALLED_AFTER_MS = 1_000
/** And after so long nothing more is read, beyond its share, of a partition that has such. */
const STUCK_AFTER_MS = 5_000
/** So many flushes keep HDFS busy: what would wait behind them need not be read yet. */
const MOST_SEALED = 64

/** What one partition holds in memory, and what that means for the others. */
export class PartitionAccount {
  private readonly at: TopicPartition
  private readonly context: WorkerContext
  private heldBytes = 0
  private flushingBytes = 0
  private progressAtMs = 0
  private behind = false

  constructor(at: TopicPartition, context: WorkerContext) {
    this.at = at
    this.context = context
  }

  /** Something is on its way to HDFS, and may give its memory back soon. */
  get isFlushing(): boolean {
    return this.flushingBytes > 0 && this.stalledMs < STALLED_AFTER_MS
  }

  private get stalledMs(): number {
    return this.context.nowMs() - this.progressAtMs
  }

  /** Tells the worker's budget what is held now. */
  settle(openBytes: number, flushingBytes: number): void {
    // What is added behind others that are stuck is no progress.
    if (flushingBytes < this.flushingBytes || this.flushingBytes === 0) {
      this.progressAtMs = this.context.nowMs()
    }
    this.flushingBytes = flushingBytes
    const held = openBytes + flushingBytes
    if (held !== this.heldBytes) this.context.account(held - this.heldBytes)
    this.heldBytes = held
  }

  /**
   * A partition whose flushes are stuck must not take the memory of all others, and one with many
   * flushes need not be read on. `refused`: its last upload failed, which may be long before it is
   * stuck; all the memory may be read within that time.
   */
  holdWhenBehind(flushes: number, refused: boolean): void {
    // Segments that HDFS does not take are no flush yet.
    const stuck = this.flushingBytes > 0 && (refused || this.stalledMs >= STUCK_AFTER_MS)
    const large = (flushes > 1 || stuck) && this.heldBytes > this.context.shareBytes()
    const behind = large || flushes > MOST_SEALED
    if (behind === this.behind) return
    this.behind = behind
    if (behind) this.context.flow.hold(this.at, 'behind')
    else this.context.flow.release(this.at, 'behind')
  }
}
