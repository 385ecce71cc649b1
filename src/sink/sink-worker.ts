import { setTimeout as delay } from 'node:timers/promises'
import type { MemoryBudget } from '../core/memory-budget.ts'
import type { GroupHandlers, Membership } from '../core/ports.ts'
import { type FetchedRecords, keyOf, type TopicPartition } from '../core/record-batch.ts'
import { PartitionRunner } from './partition-runner.ts'
import type { WorkerContext } from './worker-context.ts'

/** How long a partition that comes back at once waits for its last assignment to be flushed. */
const PREVIOUS_WAIT_MS = 10_000
/** How long the last flush of a revoked partition may take: its memory is nobody's to ask back. */
const REVOKED_DEADLINE_MS = 30_000
/** How often a worker that is short of memory looks whether it still is. */
const MEMORY_CHECK_MS = 50

export interface WorkerHooks {
  assigned(partitions: readonly TopicPartition[]): void
  heartbeat(membership: Membership): void
}

/**
 * One member of the group: gives each assigned partition a runner of its own, passes on what the
 * group says, and keeps all of them within the memory budget.
 */
export class SinkWorker implements GroupHandlers {
  private readonly context: WorkerContext
  private readonly budget: MemoryBudget
  private readonly hooks: WorkerHooks
  private readonly runners = new Map<string, PartitionRunner>()
  /** Of assignments that are over, still flushing. */
  private readonly closing = new Set<PartitionRunner>()
  private epoch = 0
  private draining = false
  private memoryTimer: NodeJS.Timeout | undefined

  constructor(context: WorkerContext, budget: MemoryBudget, hooks: WorkerHooks) {
    this.context = context
    this.budget = budget
    this.hooks = hooks
  }

  assigned(epoch: number, partitions: readonly TopicPartition[]): void {
    this.revokeAll()
    this.epoch = epoch
    this.budget.reserveFor(partitions.length)
    this.context.flow.reset(partitions)
    this.context.observer.rebalanced()
    this.hooks.assigned(partitions)
    for (const at of partitions) void this.open(epoch, at)
  }

  async revoking(): Promise<void> {
    const revoked = [...this.runners.values()]
    this.revokeAll()
    // Not for those of assignments before: they had their time.
    await Promise.all(revoked.map(({ closed }) => closed))
    await this.context.committer.idle()
  }

  heartbeat(membership: Membership): void {
    this.context.committer.confirm(membership)
    this.hooks.heartbeat(membership)
    for (const runner of this.runners.values()) runner.heartbeat()
    // Others may wait for what idle partitions hold here.
    if (this.budget.exhausted) this.holdForMemory()
  }

  records(fetched: FetchedRecords): void {
    this.runners.get(keyOf(fetched))?.deliver(fetched)
    if (this.budget.exhausted) this.holdForMemory()
  }

  outOfRange(at: TopicPartition): void {
    this.runners.get(keyOf(at))?.outOfRange()
  }

  crashed(error: Error): void {
    this.context.fatal(error)
  }

  /** Stops reading, publishes what is buffered, and tells Kafka. */
  async drain(): Promise<void> {
    this.draining = true
    this.context.flow.holdAll()
    clearInterval(this.memoryTimer)
    for (const runner of this.runners.values()) {
      this.letGo(runner)
      runner.drain()
    }
    await this.allClosed()
    await this.context.committer.idle()
  }

  /** The partitions of this assignment, for whoever reports on them. */
  get partitions(): readonly PartitionRunner[] {
    return [...this.runners.values()]
  }

  private async open(epoch: number, at: TopicPartition): Promise<void> {
    const previous = [...this.closing].filter((runner) => keyOf(runner.at) === keyOf(at))
    if (previous.length > 0) {
      const waited = new AbortController()
      const longest = delay(PREVIOUS_WAIT_MS, undefined, { signal: waited.signal })
      await Promise.race([Promise.all(previous.map(({ closed }) => closed)), longest])
      waited.abort()
      longest.catch(() => undefined)
    }
    if (this.epoch !== epoch || this.draining) return
    for (const runner of previous) runner.abandon()
    this.runners.set(keyOf(at), new PartitionRunner(at, epoch, this.context))
  }

  private revokeAll(): void {
    for (const runner of this.runners.values()) {
      this.letGo(runner)
      runner.revoke()
      const deadline = setTimeout(() => runner.abandon(), REVOKED_DEADLINE_MS)
      void runner.closed.then(() => clearTimeout(deadline))
      // It is somebody else's now, however long the last flush takes.
      this.context.observer.released(runner.at)
    }
    this.runners.clear()
  }

  private letGo(runner: PartitionRunner): void {
    if (this.closing.has(runner)) return
    this.closing.add(runner)
    void runner.closed.then(() => {
      this.closing.delete(runner)
      const now = this.runners.get(keyOf(runner.at))
      if (now === undefined || now === runner) this.context.observer.released(runner.at)
    })
  }

  private async allClosed(): Promise<void> {
    await Promise.all([...this.closing].map(({ closed }) => closed))
  }

  private holdForMemory(): void {
    const { flow } = this.context
    if (flow.isMemoryShort) return
    flow.holdAll()
    this.memoryTimer = setInterval(() => this.relieve(), MEMORY_CHECK_MS)
    this.relieve()
  }

  /** Reads on when there is room again; until then makes sure that something gives memory back. */
  private relieve(): void {
    if (this.draining) return
    if (this.budget.relieved) {
      this.readOn()
      return
    }
    const runners = [...this.runners.values()]
    if (runners.some(({ isFlushing }) => isFlushing)) return
    // Half of what is open, from the largest on: few uploads, and soon room for all others.
    let left = runners.reduce((bytes, { openBytes }) => bytes + openBytes, 0) / 2
    if (left === 0) {
      // What is held is stuck, or other workers': there may never be more room than now.
      if (!this.budget.exhausted) this.readOn()
      return
    }
    for (const runner of runners.sort((a, b) => b.openBytes - a.openBytes)) {
      if (left <= 0 || runner.openBytes === 0) return
      left -= runner.openBytes
      runner.memoryShort()
    }
  }

  private readOn(): void {
    clearInterval(this.memoryTimer)
    this.context.flow.releaseAll()
  }
}
