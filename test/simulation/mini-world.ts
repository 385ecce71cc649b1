import { vi } from 'vitest'
import { Ledger } from './ledger.ts'
import { type Random, seededRandom } from './random.ts'
import { SeededSchedule } from './seeded-schedule.ts'
import { SimHdfs } from './sim-hdfs.ts'
import { SimKafka } from './sim-kafka.ts'
import { createProcess, type SimProcess } from './sim-process.ts'

/*
 * A few processes, one topic, one seed. Everything that can happen is an action; the seed chooses.
 * Needs fake timers, and node:timers/promises replaced by support/delay.ts.
 */

export interface WorldOptions {
  readonly seed: number
  readonly processes?: number
  readonly partitions?: number
  readonly actions?: number
  /** Share of the calls that go wrong. */
  readonly faults?: number
}

/** Rounds without faults after which everything must be done. */
const MAX_CALM_ROUNDS = 400

class World {
  readonly schedule: SeededSchedule
  readonly ledger: Ledger
  private readonly random: Random
  private readonly hdfs = new SimHdfs()
  private readonly kafka: SimKafka
  private readonly processes: SimProcess[]
  /** Processes that stand still: nothing they sent or expect moves. */
  private readonly stalled = new Set<string>()

  constructor(options: WorldOptions) {
    this.random = seededRandom(options.seed)
    this.schedule = new SeededSchedule(this.random)
    this.kafka = new SimKafka('t', options.partitions ?? 1)
    this.ledger = new Ledger(this.hdfs, this.kafka, '/data')
    vi.spyOn(Math, 'random').mockImplementation(() => this.random.int(1_000) / 1_000)
    const { hdfs, kafka, schedule } = this
    this.processes = ['a', 'b', 'c']
      .slice(0, options.processes ?? 3)
      .map((who) => createProcess({ who, hdfs, kafka, schedule, settings: { maxUploads: 2 } }))
  }

  async stormy(actions: number, faults: number): Promise<void> {
    this.schedule.faults = faults
    for (let i = 0; i < actions; i++) {
      this.act()
      await this.settle()
    }
  }

  /** No more faults: everything must arrive, and every process must be able to end. */
  async calm(): Promise<void> {
    this.schedule.faults = 0
    this.stalled.clear()
    if (this.kafka.isRebalancing) this.kafka.completeRebalance()
    this.kafka.beginRebalance(this.processes.map(({ member }) => member))
    this.kafka.completeRebalance(this.random.int(8))
    await this.until(() => this.ledger.complete && this.schedule.pending === 0, 'arrive')
    let ended = 0
    for (const { worker } of this.processes) void worker.drain().then(() => ended++)
    await this.until(() => ended === this.processes.length, 'end')
  }

  private async until(done: () => boolean, what: string): Promise<void> {
    for (let round = 0; round < MAX_CALM_ROUNDS; round++) {
      for (let i = 0; i < 5; i++) if (this.schedule.releaseOne()) await this.settle()
      for (const { member } of this.processes) {
        for (const partition of member.readable) member.fetch(partition, 10)
      }
      this.kafka.heartbeats()
      vi.advanceTimersByTime(400)
      await this.settle()
      if (done()) return
    }
    const { missing } = this.ledger
    throw new Error(`not everything did ${what} (${missing}, ${this.schedule.pending} pending)`)
  }

  private act(): void {
    const { random } = this
    const dice = random.int(100)
    if (dice < 80) this.schedule.releaseOne(this.stalled)
    else if (dice < 86) this.fetch()
    else if (dice < 88) this.kafka.produce(random.int(this.kafka.partitions), 1 + random.int(4))
    else if (dice < 92) vi.advanceTimersByTime(1 + random.int(700))
    else if (dice < 97) this.kafka.heartbeats()
    else if (random.chance(0.3)) this.rebalance()
    else if (random.chance(0.2)) this.stallOrWake()
  }

  private fetch(): void {
    const { member, who } = this.random.pick(this.processes)
    if (this.stalled.has(who) || member.readable.length === 0) return
    member.fetch(this.random.pick(member.readable), 1 + this.random.int(4))
  }

  /** Those who are left out go on as zombies. */
  private rebalance(): void {
    const { kafka, random } = this
    if (kafka.isRebalancing) {
      kafka.completeRebalance(random.int(8))
      return
    }
    const awake = this.processes.filter(({ who }) => !this.stalled.has(who))
    const present = awake.filter(() => random.chance(0.6))
    if (present.length > 0) kafka.beginRebalance(present.map(({ member }) => member))
  }

  private stallOrWake(): void {
    const { who } = this.random.pick(this.processes)
    if (!this.stalled.delete(who)) this.stalled.add(who)
  }

  /** Lets everything that can go on do so, and looks at the outcome. */
  private async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.ledger.check()
    const broken = this.processes.flatMap(({ fatal }) => fatal)
    if (broken.length > 0) throw broken[0]
  }
}

/** Runs one seed to its end; throws, with the seed and the last calls, when a promise is broken. */
export async function runWorld(options: WorldOptions): Promise<readonly string[]> {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    now: 0,
  })
  const world = new World(options)
  try {
    await world.stormy(options.actions ?? 900, options.faults ?? 0.06)
    await world.calm()
    return world.schedule.trace
  } catch (error) {
    const last = world.schedule.trace.slice(-25).join('\n  ')
    throw new Error(`seed ${options.seed}: ${error}. The last calls were:\n  ${last}`, {
      cause: error,
    })
  } finally {
    vi.useRealTimers()
    vi.restoreAllMocks()
  }
}
