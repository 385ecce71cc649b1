import { KafkaUnavailableError } from '../../src/core/errors.ts'
import { MemoryBudget } from '../../src/core/memory-budget.ts'
import type { GroupHandlers, Membership } from '../../src/core/ports.ts'
import type { SinkWorker } from '../../src/sink/sink-worker.ts'
import { Supervisor, type WorkerThread } from '../../src/sink/supervisor.ts'
import type { FromWorker, ToWorker } from '../../src/sink/worker-protocol.ts'
import type { Group } from './group.ts'
import { Life } from './life.ts'
import { type PortCall, throughSeam } from './schedule.ts'
import { createProcess, NO_LOG, type ProcessOptions, type SimProcess } from './sim-process.ts'
import type { SteppedSchedule } from './stepped-schedule.ts'

export interface SinkOptions extends Omit<ProcessOptions, 'who' | 'schedule' | 'budget' | 'fatal'> {
  /** A letter. */
  readonly name: string
  readonly workers: number
  readonly budgetBytes: number
  readonly schedule: SteppedSchedule
  readonly group: Group
  /** Whether a call that a dead caller had sent is executed all the same. */
  readonly survives: (call: PortCall) => boolean
  /** What no worker may meet. */
  readonly fatal: (error: unknown) => void
}

/** One sink as its users start it: the real supervisor, and workers that may die one by one. */
export class SimSink {
  readonly name: string
  private readonly options: SinkOptions
  private incarnation = 0
  private spawned = 0
  private main: Life
  private supervisor: Supervisor<undefined> | undefined
  private shared = MemoryBudget.share(1)
  private running: SimThread[] = []

  constructor(options: SinkOptions) {
    this.options = options
    this.name = options.name
    this.main = new Life(options.name)
  }

  get isUp(): boolean {
    return this.supervisor !== undefined
  }

  get isStalled(): boolean {
    return this.main.isStalled
  }

  /** Its workers that have not ended. */
  get threads(): readonly SimThread[] {
    return this.running
  }

  /** What all of its workers count as held. */
  get heldBytes(): number {
    return this.budgetOf(0).usedBytes
  }

  /** What records may hold. */
  get roomBytes(): number {
    return this.budgetOf(0).roomBytes
  }

  start(): void {
    const { workers, schedule, group } = this.options
    this.incarnation += 1
    const main = new Life(`${this.name}${this.incarnation}`)
    this.main = main
    this.shared = MemoryBudget.share(workers)
    const { shared } = this
    this.supervisor = new Supervisor<undefined>({
      workers,
      spawn: (slot) => this.spawn(main, slot),
      buried: (slot) => new MemoryBudget(this.options.budgetBytes, shared, slot).clear(),
      renewDeadlineMs: 30_000,
      leaveGroup: (memberId) =>
        throughSeam(() => group.leave(memberId), {
          schedule,
          call: { who: main.who, port: 'kafka', op: 'leave', subject: memberId, changes: true },
          lost: (kind) => new KafkaUnavailableError('leave', kind),
        }),
      reported: () => {},
      fatal: (text) => this.options.fatal(new Error(text)),
      log: NO_LOG,
      nowMs: Date.now,
      random: Math.random,
    })
    const { supervisor } = this
    main.run(() => supervisor.start())
  }

  /** kill -9 of the process: all of it is gone at once. */
  crash(): void {
    this.supervisor = undefined
    for (const thread of [...this.running]) this.bury(thread)
    this.end(this.main)
  }

  /** One worker dies; the process goes on and will replace it. */
  crashWorker(thread: SimThread, reason = 'error'): void {
    if (!this.bury(thread)) return
    thread.main.deliver(() => thread.exited(reason))
  }

  /** SIGSTOP. */
  stall(): void {
    this.main.stall()
    for (const { life } of this.running) life.stall()
  }

  /** SIGCONT, also for workers that stood still alone. */
  wake(): void {
    this.main.wake()
    for (const { life } of [...this.running]) life.wake()
  }

  /** SIGTERM; false when something was left at the deadline. */
  async stop(deadlineMs: number): Promise<boolean> {
    const { supervisor, main } = this
    if (supervisor === undefined) return true
    const good = await main.run(() => supervisor.drain(deadlineMs))
    if (this.supervisor !== supervisor) return true
    this.crash()
    return good
  }

  private budgetOf(slot: number): MemoryBudget {
    return new MemoryBudget(this.options.budgetBytes, this.shared, slot)
  }

  private spawn(main: Life, slot: number): SimThread {
    this.spawned += 1
    const who = `${main.who}w${this.spawned}n`
    const budget = this.budgetOf(slot)
    const thread: SimThread = new SimThread(who, main, {
      ended: (reason) => this.crashWorker(thread, reason),
      left: () => this.options.group.leave(who),
    })
    thread.begin({ ...this.options, who, budget, fatal: (error) => this.options.fatal(error) })
    this.running.push(thread)
    this.options.group.join(thread.process.member, thread.life)
    return thread
  }

  private bury(thread: SimThread): boolean {
    const index = this.running.indexOf(thread)
    if (index < 0) return false
    this.running.splice(index, 1)
    this.end(thread.life)
    return true
  }

  private end(life: Life): void {
    life.kill()
    this.options.schedule.bury(life, this.options.survives)
  }
}

interface ThreadEvents {
  ended(reason: string): void
  left(): void
}

/** A worker thread: what compose-worker.ts does around the worker. */
export class SimThread implements WorkerThread<undefined> {
  readonly life: Life
  readonly main: Life
  process!: SimProcess
  private readonly events: ThreadEvents
  private listener: (message: FromWorker<undefined>) => void = () => {}
  private memberId: string | undefined
  exited: (reason: string) => void = () => {}

  constructor(who: string, main: Life, events: ThreadEvents) {
    this.life = new Life(who)
    this.main = main
    this.events = events
  }

  begin(options: ProcessOptions): void {
    const heartbeat = (membership: Membership): void => this.joined(membership)
    const fatal = (error: unknown): void => {
      options.fatal?.(error)
      this.events.ended('exit')
    }
    const handlers = (worker: SinkWorker): GroupHandlers => guarded(worker, this.life)
    this.process = this.life.run(() =>
      createProcess({ ...options, fatal, handlers, hooks: { heartbeat } }),
    )
  }

  send(message: ToWorker): void {
    if (message.type === 'drain') this.life.deliver(() => void this.drain())
  }

  onMessage(listener: (message: FromWorker<undefined>) => void): void {
    this.listener = listener
  }

  onExit(listener: (reason: string) => void): void {
    this.exited = listener
  }

  terminate(): void {
    this.events.ended('terminated')
  }

  private joined({ memberId }: Membership): void {
    if (this.memberId === memberId) return
    this.memberId = memberId
    this.tell({ type: 'member', memberId })
  }

  private async drain(): Promise<void> {
    await this.process.worker.drain()
    await this.process.member.stop()
    this.events.left()
    this.tell({ type: 'drained' })
    this.events.ended('exit')
  }

  private tell(message: FromWorker<undefined>): void {
    this.main.deliver(() => this.listener(message))
  }
}

/** The group's word reaches a worker only while it runs. */
function guarded(worker: SinkWorker, life: Life): GroupHandlers {
  return {
    assigned: (epoch, partitions) => life.deliver(() => worker.assigned(epoch, partitions)),
    revoking: async () => life.deliver(() => void worker.revoking()),
    heartbeat: (membership) => life.deliver(() => worker.heartbeat(membership)),
    records: (fetched) => life.deliver(() => worker.records(fetched)),
    outOfRange: (at) => life.deliver(() => worker.outOfRange(at)),
    crashed: (error) => life.deliver(() => worker.crashed(error)),
  }
}
