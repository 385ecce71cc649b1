import { Choices } from './choices.ts'
import { installClock } from './clock.ts'
import { JOURNALS } from './ledger.ts'
import { type Outcome, outcomeOf } from './run.ts'
import type { SimSink, SimThread } from './sim-sink.ts'
import type { Waiting } from './stepped-schedule.ts'
import { World } from './world.ts'

/*
 * A small workload on which everything goes on in the order in which it was sent: one partition is
 * founded, claimed, written in segments, and moved to a second sink in the midst of a flush. Every
 * call and every answer is a step, and at each of them whoever is concerned is struck: before a call
 * arrives, or between its effect and its answer.
 */

/** Where whoever is concerned by the next call or answer is struck, and how. */
export interface Strike {
  readonly step: number
  readonly kind: StrikeKind
}

/**
 * - `late`: the call that was on its way is executed when `LATE_STEPS` others went on
 * - `late and lost`: it is executed when the successor has claimed, and lost in a failover when Kafka
 *   was told
 * - a stall ends after `STALL_STEPS`, when the successor is at work; a long one after everything
 * - a user moves the journal's directory, and back before anybody has to find it: whoever claimed it
 *   must not notice
 */
export type StrikeKind =
  | 'worker killed'
  | 'worker killed, late'
  | 'process killed'
  | 'process killed, late'
  | 'process killed, late and lost'
  | 'process stalled'
  | 'process stalled for long'
  | 'journal moved for a while'

export const STRIKES: readonly StrikeKind[] = [
  'process killed',
  'process killed, late',
  'worker killed',
  'worker killed, late',
  'process stalled',
  'process stalled for long',
]
/** What is no crash or stall of a process. */
export const SPECIAL_STRIKES: readonly StrikeKind[] = [
  'process killed, late and lost',
  'journal moved for a while',
]

const LATE_STEPS = 14
const STALL_STEPS = 25
const MOVED_STEPS = 12
const OPTIONS = {
  sinks: 2,
  workers: 1,
  partitions: 1,
  budgetBytes: 1e9,
  segmentBytes: 1,
  nameNodes: 2,
  maxUploads: 2,
  startFrom: 'earliest',
  onRetentionGap: 'stop',
  mayStop: false,
} as const

type Deed = (world: World) => void

const rebalance: Deed = ({ group }) => group.rebalance({ first: 0 })
const moveToSecond: Deed = ({ group }) => group.rebalance({ first: 1 })
const heartbeats: Deed = ({ group }) => group.heartbeats()
const produce =
  (count: number): Deed =>
  (world) =>
    world.produce(0, count)
/** Files have five records: what comes first goes to HDFS as a segment. */
const fetch: Deed = (world) => {
  for (const records of [3, 2]) {
    for (const thread of world.threads) world.fetch(thread, records)
  }
}
/** The session of whoever is silent ends, and the others share its partitions. */
const failOver: readonly Deed[] = [
  heartbeats,
  (world) => world.pass(1_600),
  heartbeats,
  (world) => world.pass(1_600),
  heartbeats,
  rebalance,
  rebalance,
  heartbeats,
]
const WORKLOAD: readonly Deed[] = [
  ...[rebalance, rebalance, heartbeats],
  ...[produce(10), fetch, fetch],
  ...[produce(3), fetch, heartbeats],
  // What is buffered is flushed while the partition moves.
  ...[rebalance, moveToSecond, heartbeats],
  ...[produce(5), fetch, (world: World) => world.pass(1_000), heartbeats],
]

/** Reads what a failure names, such as `[{"step":17,"kind":"process killed"}]`. */
export function strikesOf(text: string): Strike[] {
  const strikes: unknown = JSON.parse(text)
  const kinds = [...STRIKES, ...SPECIAL_STRIKES]
  if (Array.isArray(strikes) && strikes.every(({ kind }) => kinds.includes(kind))) return strikes
  throw new RangeError(`--strikes takes [{"step":S,"kind":K}, ...], K one of ${kinds.join(', ')}`)
}

/** Runs the workload once, with these strikes in the order of their steps. */
export async function runStruck(strikes: readonly Strike[]): Promise<Outcome> {
  const clock = installClock(() => 0.5)
  // HDFS joins files only by their names: whoever moves a journal is noticed then.
  const moves = strikes.some(({ kind }) => kind === 'journal moved for a while')
  const options = moves ? { ...OPTIONS, segmentBytes: 1e9 } : OPTIONS
  const world = new World(options, Choices.recorded([]), clock)
  const struck = new StruckRun(world, strikes)
  try {
    return await outcomeOf({ strikes }, world, [], () => struck.run())
  } finally {
    clock.uninstall()
  }
}

class StruckRun {
  private readonly world: World
  private readonly strikes: Strike[]
  private readonly deeds = [...WORKLOAD]
  /** Deeds of the world that are due at a step. */
  private readonly due = new Map<number, () => void>()
  private readonly lateUntil = new Map<unknown, number>()
  private step = 0
  /** What hears of every call and answer that went on. */
  private heard: (went: Waiting) => void = () => {}
  private moveBack: (() => void) | undefined

  constructor(world: World, strikes: readonly Strike[]) {
    this.world = world
    this.strikes = [...strikes]
  }

  async run(): Promise<void> {
    const { world } = this
    world.start()
    while (this.goOn()) await world.settle()
    world.trace.count('call steps', this.step)
    await world.calm(() => {})
  }

  /** false when there is nothing left to do. */
  private goOn(): boolean {
    const next = this.world.schedule.ready.find(({ life }) => !this.isHeld(life))
    if (next === undefined) {
      const deed = this.deeds.shift()
      if (deed === rebalance) this.moveBack?.()
      deed?.(this.world)
      return deed !== undefined
    }
    if (this.strikes[0]?.step === this.step) this.strike(this.strikes.shift() as Strike, next)
    else {
      this.world.release(next)
      this.heard(next)
    }
    this.due.get(this.step)?.()
    this.step += 1
    return true
  }

  private isHeld(life: Waiting['life']): boolean {
    return (this.lateUntil.get(life) ?? 0) > this.step
  }

  private strike({ kind }: Strike, { call, life }: Waiting): void {
    const { world } = this
    if (kind === 'journal moved for a while') {
      this.moveJournal()
      return
    }
    const sink = world.sinks.find(({ name }) => call.who.startsWith(name))
    if (sink === undefined || !sink.isUp) return
    world.survives = () => kind.includes('late')
    if (kind === 'process killed, late and lost') this.holdAndLose(life)
    else if (kind.endsWith('late')) this.lateUntil.set(life, this.step + LATE_STEPS)
    if (kind.startsWith('worker')) this.killWorker(sink.threads.find((one) => one.life === life))
    else if (kind.startsWith('process killed')) world.crashSink(sink)
    else this.stall(sink, kind === 'process stalled' ? STALL_STEPS : undefined)
    this.deeds.unshift(...failOver)
  }

  private holdAndLose(life: Waiting['life']): void {
    const { hdfs } = this.world
    this.lateUntil.set(life, Number.POSITIVE_INFINITY)
    this.heard = ({ call, stage, life: by }) => {
      if (by === life) return
      const isClaimed = call.op === 'RENAME' && call.subject.includes('/head.')
      if (isClaimed && stage === 'answer') this.lateUntil.delete(life)
      if (call.op !== 'commit' || stage !== 'call') return
      this.heard = () => {}
      if (hdfs.depose('down', 0)) hdfs.activate('nn2')
    }
  }

  private moveJournal(): void {
    const { hdfs, group } = this.world
    const elsewhere = '/moved'
    const claimed = hdfs.list(`${JOURNALS}/0`)?.some(({ name }) => /^head\.[^0]/.test(name))
    if (claimed !== true || group.rebalances > 1) return
    hdfs.byUser((files) => files.rename(`${JOURNALS}/0`, elsewhere))
    this.moveBack = () => {
      this.moveBack = undefined
      hdfs.byUser((files) => files.rename(elsewhere, `${JOURNALS}/0`))
    }
    this.due.set(this.step + MOVED_STEPS, () => this.moveBack?.())
  }

  private killWorker(thread: SimThread | undefined): void {
    if (thread !== undefined) this.world.crashWorker(thread)
  }

  private stall(sink: SimSink, steps: number | undefined): void {
    this.world.stallSink(sink)
    if (steps !== undefined) this.due.set(this.step + steps, () => this.world.wake(sink))
  }
}

/** The number of steps at which somebody can be struck, after these strikes. */
export async function stepsAfter(strikes: readonly Strike[]): Promise<number> {
  return (await runStruck(strikes)).counts['call steps'] ?? 0
}

/** Every strike at every step of the workload. */
export async function singles(kinds: readonly StrikeKind[] = STRIKES): Promise<Strike[][]> {
  const steps = await stepsAfter([])
  return kinds.flatMap((kind) => Array.from({ length: steps }, (_, step) => [{ step, kind }]))
}

/** Runs a strike, and every second one of these kinds at each `stride`-th step after it. */
export async function* pairsAfter(
  first: Strike,
  kinds: readonly StrikeKind[],
  stride = 1,
): AsyncGenerator<Outcome> {
  const steps = await stepsAfter([first])
  for (const kind of kinds) {
    for (let step = first.step + 1; step < steps; step += stride) {
      yield await runStruck([first, { step, kind }])
    }
  }
}
