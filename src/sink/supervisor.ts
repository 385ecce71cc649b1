import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../core/observer.ts'
import type { FromWorker, ToWorker, WorkerStatus } from './worker-protocol.ts'

/** A running worker thread, as the supervisor sees it. */
export interface WorkerThread<Snapshot> {
  send(message: ToWorker): void
  onMessage(listener: (message: FromWorker<Snapshot>) => void): void
  /** Called once, however it ended. */
  onExit(listener: (reason: string) => void): void
  terminate(): void
}

export interface SupervisorOptions<Snapshot> {
  readonly workers: number
  readonly spawn: (slot: number) => WorkerThread<Snapshot>
  /**
   * What the worker in this slot held is given back, and its metrics are kept. `reason` is that of a
   * death; undefined for one that was told to end.
   */
  readonly buried: (slot: number, reason: string | undefined) => void
  /** How long a worker that is renewed may take to flush: then it is ended, and what it held is read again. */
  readonly renewDeadlineMs: number
  /** The group need not wait for this member. */
  readonly leaveGroup: (memberId: string) => Promise<void>
  readonly reported: (slot: number, metrics: Snapshot) => void
  /** No worker can go on. */
  readonly fatal: (text: string) => void
  readonly log: Log
  readonly nowMs: () => number
  /** Between 0 and 1, for jitter. */
  readonly random: () => number
}

interface Slot<Snapshot> {
  thread: WorkerThread<Snapshot> | undefined
  memberId: string | undefined
  status: WorkerStatus | undefined
  failure: string | undefined
  startedAtMs: number
  /** Deaths in a row, each soon after the last. */
  deaths: number
  drained: boolean
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** A worker that lived this long was sound: the next death is a first one. */
const SOUND_LIFE_MS = 60_000
const LEAVE_TIMEOUT_MS = 5_000
const REPORT_TIMEOUT_MS = 1_000

/**
 * Keeps the workers running: one that dies leaves the group at once and is replaced, with growing
 * pauses while it keeps dying; the others are not disturbed.
 */
export class Supervisor<Snapshot> {
  private readonly options: SupervisorOptions<Snapshot>
  private readonly slots: Slot<Snapshot>[]
  private readonly stopped = new AbortController()
  private readonly reports = new Map<number, () => void>()
  private nextReport = 0
  private draining = false
  private allEnded: (() => void) | undefined

  constructor(options: SupervisorOptions<Snapshot>) {
    this.options = options
    this.slots = Array.from({ length: options.workers }, () => ({
      thread: undefined,
      memberId: undefined,
      status: undefined,
      failure: undefined,
      startedAtMs: 0,
      deaths: 0,
      drained: false,
    }))
  }

  start(): void {
    for (let slot = 0; slot < this.slots.length; slot++) this.spawn(slot)
  }

  /** undefined for a worker that has not reported since it was started. */
  get statuses(): readonly (WorkerStatus | undefined)[] {
    return this.slots.map(({ status }) => status)
  }

  get isDraining(): boolean {
    return this.draining
  }

  /** Asks every worker for its metrics; a worker that is busy keeps its last ones. */
  async collect(): Promise<void> {
    const asked: number[] = []
    const answers = this.slots.map(({ thread }) => {
      if (thread === undefined) return undefined
      const id = this.nextReport++
      asked.push(id)
      const answered = new Promise<void>((resolve) => this.reports.set(id, resolve))
      thread.send({ type: 'report', id })
      return answered
    })
    const enough = new AbortController()
    const timeout = delay(REPORT_TIMEOUT_MS, undefined, { signal: enough.signal })
    await Promise.race([Promise.all(answers), timeout]).finally(() => enough.abort())
    timeout.catch(() => undefined)
    for (const id of asked) this.reports.delete(id)
  }

  /** Ends each worker in good order and starts another in its place. */
  renew(): void {
    for (const [slot, entry] of this.slots.entries()) {
      const { thread } = entry
      if (thread === undefined) continue
      thread.send({ type: 'drain' })
      void this.endInTime(slot, entry, thread)
    }
  }

  /** One partition that cannot be flushed must not keep the worker's others from being read. */
  private async endInTime(
    slot: number,
    entry: Slot<Snapshot>,
    thread: WorkerThread<Snapshot>,
  ): Promise<void> {
    const { renewDeadlineMs, log } = this.options
    const { signal } = this.stopped
    await delay(renewDeadlineMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted || entry.thread !== thread) return
    log.warn({ worker: slot, renewDeadlineMs }, 'worker did not flush in time and is ended')
    thread.terminate()
  }

  /** Ends all workers in good order: true when each of them has flushed and committed in time. */
  async drain(deadlineMs: number): Promise<boolean> {
    this.draining = true
    this.stopped.abort()
    const ended = new Promise<void>((resolve) => {
      this.allEnded = resolve
    })
    for (const entry of this.slots) {
      // One that waits to be replaced holds nothing: what it had read is still in Kafka.
      if (entry.thread === undefined) entry.drained = true
      else entry.thread.send({ type: 'drain' })
    }
    this.noticeEnd()
    const inTime = new AbortController()
    const deadline = delay(deadlineMs, undefined, { signal: inTime.signal })
    await Promise.race([ended, deadline]).finally(() => inTime.abort())
    deadline.catch(() => undefined)
    const good = this.slots.every(({ thread, drained }) => thread === undefined && drained)
    const late = this.slots.filter(({ thread }) => thread !== undefined)
    for (const { thread } of late) thread?.terminate()
    await Promise.all(late.map(({ memberId }) => this.leave(memberId)))
    return good
  }

  private spawn(slot: number): void {
    const entry = this.slots[slot]
    if (entry === undefined || this.draining) return
    const thread = this.options.spawn(slot)
    entry.thread = thread
    entry.startedAtMs = this.options.nowMs()
    entry.memberId = undefined
    entry.status = undefined
    entry.failure = undefined
    entry.drained = false
    thread.onMessage((message) => this.hear(slot, entry, message))
    thread.onExit((reason) => void this.ended(slot, entry, reason))
  }

  private hear(slot: number, entry: Slot<Snapshot>, message: FromWorker<Snapshot>): void {
    switch (message.type) {
      case 'member':
        entry.memberId = message.memberId
        break
      case 'report':
        entry.status = message.status
        this.options.reported(slot, message.metrics)
        if (message.id !== undefined) this.reports.get(message.id)?.()
        break
      case 'drained':
        entry.drained = true
        entry.memberId = undefined
        break
      case 'failed':
        entry.failure = message.text
        if (message.stopProcess) this.options.fatal(message.text)
    }
  }

  private async ended(slot: number, entry: Slot<Snapshot>, reason: string): Promise<void> {
    const { log, nowMs, buried } = this.options
    entry.thread = undefined
    entry.status = undefined
    buried(slot, entry.drained ? undefined : reason)
    this.noticeEnd()
    if (this.draining) return
    if (entry.drained) {
      this.spawn(slot)
      return
    }
    const livedMs = nowMs() - entry.startedAtMs
    entry.deaths = livedMs >= SOUND_LIFE_MS ? 1 : entry.deaths + 1
    const pauseMs = this.pauseMs(entry.deaths)
    log.error(
      { worker: slot, livedMs, pauseMs, reason: entry.failure ?? reason },
      'worker ended, another takes its place',
    )
    await this.leave(entry.memberId)
    await delay(pauseMs, undefined, { signal: this.stopped.signal }).catch(() => undefined)
    this.spawn(slot)
  }

  /** The first replacement comes soon; whatever keeps dying waits longer and longer. */
  private pauseMs(deaths: number): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1))
    return Math.round(most * (0.5 + this.options.random() / 2))
  }

  private async leave(memberId: string | undefined): Promise<void> {
    if (memberId === undefined) return
    const enough = new AbortController()
    const timeout = delay(LEAVE_TIMEOUT_MS, undefined, { signal: enough.signal })
    timeout.catch(() => undefined)
    const left = this.options.leaveGroup(memberId).catch((error) => {
      this.options.log.warn({ err: error }, 'a dead member stays until its session times out')
    })
    await Promise.race([left, timeout]).finally(() => enough.abort())
  }

  private noticeEnd(): void {
    if (this.slots.every(({ thread }) => thread === undefined)) this.allEnded?.()
  }
}
