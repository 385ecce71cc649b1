import type { Log } from '../../src/core/observer.ts'
import { Supervisor } from '../../src/sink/supervisor.ts'
import type { FromWorker, ToWorker } from '../../src/sink/worker-protocol.ts'
import { NO_LOG } from '../simulation/sim-process.ts'

export class FakeThread {
  readonly received: ToWorker[] = []
  terminated = false
  message: (message: FromWorker<string>) => void = () => {}
  exit: (reason: string) => void = () => {}

  send(message: ToWorker): void {
    this.received.push(message)
  }
  onMessage(listener: (message: FromWorker<string>) => void): void {
    this.message = listener
  }
  onExit(listener: (reason: string) => void): void {
    this.exit = listener
  }
  terminate(): void {
    this.terminated = true
  }

  /** As a worker that has flushed and committed everything. */
  endWell(): void {
    this.message({ type: 'drained' })
    this.exit('exit')
  }
}

/** A supervisor of fake threads, started, with everything that it does to the world written down. */
export class Supervised {
  /** In the order in which they were started. */
  readonly threads: FakeThread[] = []
  readonly happened: string[] = []
  readonly supervisor: Supervisor<string>
  /** What the coordinator does when a member is to leave. */
  leaving: () => Promise<void> = async () => {}
  /** 0 to 1. */
  chance = 1

  constructor(workers: number) {
    const { happened, threads } = this
    const log: Log = {
      ...NO_LOG,
      error: (data, text) => happened.push(`error ${JSON.stringify(data)} ${text}`),
    }
    this.supervisor = new Supervisor<string>({
      workers,
      spawn: (slot) => {
        const thread = new FakeThread()
        threads.push(thread)
        happened.push(`spawn ${slot}`)
        return thread
      },
      buried: (slot, reason) => happened.push(`bury ${slot}: ${reason ?? 'ended well'}`),
      renewDeadlineMs: 30_000,
      leaveGroup: (memberId) => {
        happened.push(`leave ${memberId}`)
        return this.leaving()
      },
      reported: (slot, metrics) => happened.push(`metrics ${slot}: ${metrics}`),
      fatal: (text) => happened.push(`fatal: ${text}`),
      log,
      nowMs: Date.now,
      random: () => this.chance,
    })
    this.supervisor.start()
  }

  get last(): FakeThread {
    return this.threads.at(-1) as FakeThread
  }

  /** Without what was logged. */
  get deeds(): string[] {
    return this.happened.filter((line) => !line.startsWith('error '))
  }

  get errors(): string[] {
    return this.happened.filter((line) => line.startsWith('error '))
  }
}
