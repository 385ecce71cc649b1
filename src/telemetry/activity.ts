import { type Done, History, type HistoryPoint } from './history.ts'
import { ProblemLog } from './problem-log.ts'
import {
  MOST_FILES,
  type PartitionProgress,
  type WorkerActivity,
  type WrittenFile,
} from './worker-activity.ts'

/** How often `tick` is to be called. */
export const TICK_MS = 1_000
/** A worker reports each second; one that says nothing for a minute hangs. */
const MOST_SILENT_TICKS = 60

export interface ShownPartition extends PartitionProgress {
  readonly worker: number
}

interface Worker {
  activity: WorkerActivity | undefined
  /** Ticks since it was heard. Counted, so that a machine that slept accuses nobody. */
  silentTicks: number
}

/** What all workers do and did lately, for the status page. What it keeps is bounded. */
export class Activity {
  readonly problems: ProblemLog
  readonly #workers = new Map<number, Worker>()
  readonly #history: History
  readonly #nowMs: () => number
  #files: WrittenFile[] = []
  #nameNode: string | undefined
  #hasJoined = false
  #total: Done = { readRecords: 0, writtenRecords: 0, writtenBytes: 0 }

  constructor(nowMs: () => number, secrets: readonly string[] = []) {
    this.#nowMs = nowMs
    this.#history = new History(nowMs())
    this.problems = new ProblemLog(secrets)
  }

  /** A worker was started in this slot. */
  started(slot: number): void {
    this.#workers.set(slot, { activity: undefined, silentTicks: 0 })
  }

  update(slot: number, activity: WorkerActivity): void {
    const { done, files, problems, nameNode } = activity
    this.#workers.set(slot, { activity, silentTicks: 0 })
    this.problems.merge(problems)
    if (files.length > 0) this.#files = [...this.#files, ...files].slice(-MOST_FILES)
    this.#hasJoined ||= activity.isMember
    this.#nameNode = nameNode ?? this.#nameNode
    this.#history.add(done, this.#nowMs())
    this.#total = {
      readRecords: this.#total.readRecords + done.readRecords,
      writtenRecords: this.#total.writtenRecords + done.writtenRecords,
      writtenBytes: this.#total.writtenBytes + done.writtenBytes,
    }
  }

  /** The worker of this slot has ended. */
  retire(slot: number): void {
    this.#workers.delete(slot)
  }

  /** To be called every TICK_MS. */
  tick(): void {
    for (const worker of this.#workers.values()) worker.silentTicks += 1
    this.#history.lag(this.lagRecords, this.#nowMs())
  }

  /** Workers that run and have not been heard for a minute. */
  get hanging(): readonly number[] {
    return [...this.#workers].flatMap(([slot, { silentTicks }]) =>
      silentTicks >= MOST_SILENT_TICKS ? slot : [],
    )
  }

  get partitions(): readonly ShownPartition[] {
    return [...this.#workers].flatMap(([worker, { activity }]) =>
      (activity?.partitions ?? []).map((partition) => ({ ...partition, worker })),
    )
  }

  /** Of all partitions whose lag is known; null when none is. */
  get lagRecords(): number | null {
    const known = this.partitions.flatMap(({ lagRecords }) => lagRecords ?? [])
    return known.length === 0 ? null : known.reduce((sum, lag) => sum + lag, 0)
  }

  /** The newest first, 50 at most. */
  get files(): readonly WrittenFile[] {
    return [...this.#files].reverse()
  }

  /** Since the process was started. */
  get total(): Done {
    return this.#total
  }

  /** Whether any worker has been a member of the group. */
  get hasJoined(): boolean {
    return this.#hasJoined
  }

  get nameNode(): string | undefined {
    return this.#nameNode
  }

  get history(): readonly HistoryPoint[] {
    return this.#history.points(this.#nowMs())
  }
}
