import { Life } from './life.ts'
import type { Random } from './random.ts'
import type { Fate, PortCall, Schedule } from './schedule.ts'
import type { Trace } from './trace.ts'

const FAULT_NAMES: Readonly<Record<Exclude<Fate, 'done'>, string>> = {
  'not-done': 'connection lost before the effect',
  'reply-lost': 'answer lost after the effect',
  late: 'executed after its sender gave up',
  cut: 'upload cut in half',
}

export interface Waiting {
  readonly call: PortCall
  /** A call on its way to a server, or an answer on its way to the caller. */
  readonly stage: 'call' | 'answer'
  readonly life: Life | undefined
  readonly release: () => void
}

/**
 * Holds every call, and every answer, until it is told to let one of them go. Who is dead gets no
 * answer; who stands still gets it later, while what it has sent may be executed. What somebody had
 * sent before dying is never executed, or is executed at any time later.
 */
export class SteppedSchedule implements Schedule {
  /** The share of the calls that goes wrong. */
  faults = 0
  /** Decides instead of chance. */
  fate: ((call: PortCall) => Fate) | undefined
  private readonly random: Random
  private readonly trace: Trace
  private waiting: Waiting[] = []

  constructor(random: Random, trace: Trace) {
    this.random = random
    this.trace = trace
  }

  get pending(): number {
    return this.waiting.length
  }

  /** What could go on now, oldest first. */
  get ready(): readonly Waiting[] {
    return this.waiting.filter(({ stage, life }) => stage === 'call' || !life?.isStalled)
  }

  async arrive(call: PortCall): Promise<Fate> {
    await this.wait(call, 'call')
    const fate = this.fate?.(call) ?? (this.random.chance(this.faults) ? this.fault(call) : 'done')
    this.trace.say(`${call.who} ${call.op} ${call.subject} ${fate}`)
    this.trace.count('calls')
    if (fate !== 'done') this.trace.count(FAULT_NAMES[fate])
    return fate
  }

  reply(call: PortCall): Promise<void> {
    return this.wait(call, 'answer')
  }

  release(chosen: Waiting): void {
    const index = this.waiting.indexOf(chosen)
    // Its sender may have died since it was chosen.
    if (index < 0) return
    this.waiting.splice(index, 1)
    const { call, stage, life } = chosen
    if (stage === 'answer') this.trace.say(`${call.who} ${call.op} answered`)
    else if (life?.isDead) this.trace.count('executed after the death of its sender')
    chosen.release()
  }

  /** Forgets what waits for this one; `survives`: a call that will be executed all the same. */
  bury(life: Life, survives: (call: PortCall) => boolean): void {
    this.waiting = this.waiting.filter(
      (one) =>
        one.life !== life || (one.stage === 'call' && one.call.changes && survives(one.call)),
    )
  }

  private wait(call: PortCall, stage: Waiting['stage']): Promise<void> {
    const life = Life.current
    return new Promise((release) => {
      // Nobody is left to hear the answer.
      if (stage === 'answer' && life?.isDead) return
      this.waiting.push({ call, stage, life, release })
    })
  }

  private fault({ op, changes }: PortCall): Fate {
    if (!changes) return 'not-done'
    if (op === 'CREATE') return this.random.pick(['not-done', 'reply-lost', 'late', 'cut'])
    return this.random.pick(['not-done', 'reply-lost', 'late'])
  }
}
