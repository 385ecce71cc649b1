import type { Random } from './random.ts'
import type { Fate, PortCall, Schedule } from './schedule.ts'

interface Waiting {
  readonly call: PortCall
  readonly release: () => void
}

/**
 * Holds every call, and every answer, until it is told to let one of them go: the order is the
 * seed's. While `faults` is above 0 that share of the calls goes wrong.
 */
export class SeededSchedule implements Schedule {
  faults = 0
  /** What happened, one line a call: equal for equal seeds. */
  readonly trace: string[] = []
  private readonly random: Random
  private waiting: Waiting[] = []

  constructor(random: Random) {
    this.random = random
  }

  get pending(): number {
    return this.waiting.length
  }

  async arrive(call: PortCall): Promise<Fate> {
    await this.wait(call)
    const fate = this.random.chance(this.faults) ? this.fault(call) : 'done'
    this.trace.push(`${call.who} ${call.op} ${call.subject} ${fate}`)
    return fate
  }

  reply(call: PortCall): Promise<void> {
    return this.wait(call)
  }

  /** Lets one go; false when nothing waits. `held` are callers that stand still for now. */
  releaseOne(held: ReadonlySet<string> = new Set()): boolean {
    const free = this.waiting.filter(({ call }) => !held.has(call.who))
    if (free.length === 0) return false
    const chosen = this.random.pick(free)
    this.waiting.splice(this.waiting.indexOf(chosen), 1)
    chosen.release()
    return true
  }

  private wait(call: PortCall): Promise<void> {
    return new Promise((release) => this.waiting.push({ call, release }))
  }

  private fault({ op, changes }: PortCall): Fate {
    if (!changes) return 'not-done'
    if (op === 'CREATE') return this.random.pick(['not-done', 'reply-lost', 'late', 'cut'])
    return this.random.pick(['not-done', 'reply-lost', 'late'])
  }
}
