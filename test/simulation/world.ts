import type { WorldAction, WorldView } from './actions.ts'
import { BrokenPromiseError } from './broken.ts'
import { drained, type VirtualClock } from './clock.ts'
import { Group } from './group.ts'
import { JOURNALS, Ledger, OUTPUT } from './ledger.ts'
import { Life } from './life.ts'
import type { Random } from './random.ts'
import { SimKafka } from './sim-kafka.ts'
import { SimNameNodes } from './sim-name-nodes.ts'
import { SimSink, type SimThread } from './sim-sink.ts'
import { SteppedSchedule, type Waiting } from './stepped-schedule.ts'
import { Trace } from './trace.ts'

export interface WorldOptions {
  readonly sinks: number
  /** Of each sink. */
  readonly workers: number
  readonly partitions: number
  /** Of each sink. */
  readonly budgetBytes: number
  /** 1: whatever a fetch brings goes to HDFS at once. */
  readonly segmentBytes: number
  readonly nameNodes: number
  readonly maxUploads: number
  readonly startFrom: 'earliest' | 'latest'
  readonly onRetentionGap: 'stop' | 'skip'
  /** Things may be done that rightly stop a partition. */
  readonly mayStop: boolean
  /** HDFS takes no uploads of this partition, until all others are complete at the end. */
  readonly refusedPartition?: number
  /** How much happens to the servers, of 1,000; 25 where nothing is said. */
  readonly serverWeight?: number
  readonly newId?: (who: string, number: number) => string
}

/** A fetch of a worker may bring so many records. */
const FETCHED_RECORDS = 10
/** What one fetch may take beyond the budget: each file that it opens begins with a chunk. */
const BYTES_OF_ONE_FETCH = 3 * 4_096
/** Rounds without faults after which everything must be done. */
const MAX_CALM_ROUNDS = 600
const STOP_DEADLINE_MS = 60_000

/** Sinks, one topic, one group, simulated servers: whatever can happen is a method. */
export class World {
  readonly trace = new Trace()
  readonly hdfs: SimNameNodes
  readonly kafka: SimKafka
  readonly schedule: SteppedSchedule
  readonly group: Group
  readonly ledger: Ledger
  readonly sinks: readonly SimSink[]
  readonly random: Random
  /** Decides instead of chance whether a call that a dead caller had sent is executed. */
  survives: (() => boolean) | undefined
  readonly options: WorldOptions
  private readonly clock: VirtualClock
  private readonly problems: unknown[] = []

  constructor(options: WorldOptions, random: Random, clock: VirtualClock) {
    this.options = options
    this.random = random
    this.clock = clock
    const { trace } = this
    const hdfs = new SimNameNodes(['nn1', 'nn2'].slice(0, options.nameNodes))
    this.hdfs = hdfs
    const { refusedPartition: refused } = options
    if (refused !== undefined) hdfs.fullDirectory = `${JOURNALS}/${refused}`
    const kafka = new SimKafka('t', options.partitions)
    this.kafka = kafka
    this.schedule = new SteppedSchedule(random, trace)
    this.group = new Group(kafka, () => clock.nowMs, random)
    this.ledger = new Ledger({
      hdfs,
      kafka,
      directory: OUTPUT,
      startFrom: options.startFrom,
    })
    const { schedule, group, ledger } = this
    hdfs.beforeUser = () => ledger.check()
    kafka.onRecord = (partition, offset) => ledger.produced(partition, offset)
    kafka.onRemoved = (partition, offset) => ledger.removed(partition, offset)
    this.sinks = ['a', 'b', 'c', 'd'].slice(0, options.sinks).map(
      (name) =>
        new SimSink({
          ...{ name, hdfs, kafka, schedule, group },
          workers: options.workers,
          budgetBytes: options.budgetBytes,
          segmentBytes: options.segmentBytes,
          settings: {
            maxUploads: options.maxUploads,
            // Longer than any leader of the simulation reports an end that is too low.
            lookAgainMs: 60_000,
            startFrom: options.startFrom,
            onRetentionGap: options.onRetentionGap,
          },
          ...(options.newId === undefined ? {} : { newId: options.newId }),
          survives: () => this.survives?.() ?? random.chance(0.5),
          fatal: (error) => this.problems.push(error),
          observer: {
            stopped: ({ partition }, reason, advice) =>
              this.stopped(Life.current?.who ?? name, partition, reason, advice),
            flushed: () => trace.count('flushes'),
          },
        }),
    )
  }

  get threads(): SimThread[] {
    return this.sinks.flatMap(({ threads }) => [...threads])
  }

  /** As those see it who do something to the servers. */
  private get view(): WorldView {
    const { hdfs, kafka, ledger: oracle } = this
    const { mayStop, onRetentionGap } = this.options
    return { hdfs, kafka, oracle, mayStop, onRetentionGap }
  }

  // ------------------------------------------------------------ what can happen

  start(): void {
    for (const sink of this.sinks) if (!sink.isUp) this.startSink(sink)
  }

  startSink(sink: SimSink): void {
    this.say('started', sink.name)
    sink.start()
  }

  release(waiting: Waiting | undefined): boolean {
    if (waiting === undefined) return false
    this.schedule.release(waiting)
    return true
  }

  produce(partition: number, count: number): void {
    this.kafka.produce(partition, count)
    this.trace.count('records produced', count)
  }

  /** Something that happens to the servers; false: not possible now. */
  act(action: WorldAction): boolean {
    const happened = action.act(this.view, this.random)
    if (happened) this.say(action.name, 'the servers')
    return happened
  }

  fetch(thread: SimThread, most: number): void {
    if (!thread.life.isRunning) return
    const { member } = thread.process
    for (const partition of member.readable) member.fetch(partition, most)
  }

  pass(ms: number): void {
    this.clock.advance(ms)
  }

  crashWorker(thread: SimThread): void {
    this.say('worker killed', thread.life.who)
    this.sinks.find(({ threads }) => threads.includes(thread))?.crashWorker(thread)
  }

  crashSink(sink: SimSink): void {
    this.say('process killed', sink.name)
    sink.crash()
  }

  stallWorker(thread: SimThread): void {
    this.say('worker stalled', thread.life.who)
    thread.life.stall()
  }

  stallSink(sink: SimSink): void {
    this.say('process stalled', sink.name)
    sink.stall()
  }

  wake(sink: SimSink): void {
    this.trace.say(`${sink.name} goes on`)
    sink.wake()
  }

  /** SIGTERM: must end in good order if it has the time. */
  stopSink(sink: SimSink): void {
    this.say('process stopped', sink.name)
    void sink.stop(STOP_DEADLINE_MS)
  }

  /** Counts it, and writes it into the trace. */
  say(what: string, who: string): void {
    this.trace.count(what)
    this.trace.say(`${what}: ${who}`)
  }

  // ------------------------------------------------------------ steps

  /** Lets everything that can go on do so, and looks at the outcome. */
  async settle(): Promise<void> {
    await drained()
    this.trace.count('steps')
    this.ledger.check()
    this.checkMemory()
    const [problem] = this.problems
    if (problem === undefined) return
    if (problem instanceof BrokenPromiseError) throw problem
    throw new BrokenPromiseError('fatal', `a worker could not go on: ${describe(problem)}`)
  }

  /** No more faults: everything must arrive, and every sink must be able to end. */
  async calm(serversWell: (view: WorldView) => void): Promise<void> {
    this.schedule.faults = 0
    serversWell(this.view)
    for (const sink of this.sinks) sink.wake()
    await this.settle()
    this.start()
    await this.othersComplete()
    const done = (): boolean => this.ledger.isComplete && this.schedule.pending === 0
    await this.until(done, 'missing', () => this.ledger.missing.join('; '))
    const ends = this.sinks.map((sink) => sink.stop(STOP_DEADLINE_MS))
    const left = new Set(this.sinks.map(({ name }) => name))
    for (const [i, end] of ends.entries()) {
      const { name } = this.sinks[i] as SimSink
      void end.then((good) => good && left.delete(name))
    }
    await this.until(
      () => left.size === 0,
      'stuck',
      () => `${[...left].join()} did not end`,
    )
  }

  /** Writes down what is only known at the end. */
  finish(): void {
    const { trace, group, ledger } = this
    trace.count('rebalances', group.rebalances)
    trace.count('sessions expired', group.expired)
    trace.count('files', ledger.visibleFiles)
    trace.count('records written', ledger.visibleRecords)
  }

  /** One partition that is refused for ever must not hold up the others. */
  private async othersComplete(): Promise<void> {
    const { refusedPartition: refused } = this.options
    if (refused === undefined) return
    const missing = (): string[] =>
      this.ledger.missing.filter((text) => !text.startsWith(`${refused}: `))
    await this.until(
      () => missing().length === 0,
      'missing',
      () => missing().join('; '),
    )
    this.hdfs.fullDirectory = undefined
  }

  private async until(
    done: () => boolean,
    problem: 'missing' | 'stuck',
    what: () => string,
  ): Promise<void> {
    for (let round = 0; round < MAX_CALM_ROUNDS; round++) {
      await this.calmRound()
      if (done()) return
    }
    const { pending } = this.schedule
    throw new BrokenPromiseError(problem, `${what()}, ${pending} calls pending`)
  }

  private async calmRound(): Promise<void> {
    // Also what nobody is there any more to be told of.
    this.hdfs.sync(this.hdfs.unsynced)
    for (const waiting of this.schedule.ready.slice(0, 8)) {
      this.schedule.release(waiting)
      await this.settle()
    }
    for (const sink of this.sinks) if (!sink.isUp) this.startSink(sink)
    for (const thread of this.threads) this.fetch(thread, FETCHED_RECORDS)
    this.group.heartbeats()
    if (this.group.isDue) this.group.rebalance()
    this.pass(this.schedule.pending === 0 ? 800 : 50)
    await this.settle()
  }

  private stopped(who: string, partition: number, reason: string, advice: string): void {
    this.trace.say(`${who} stopped ${partition}: ${reason}`)
    // A false alarm: Kafka's offset is its successor's, who goes on.
    const zombie = !this.group.isMember(who)
    this.trace.count(zombie ? 'stops of zombies' : 'stops')
    try {
      this.ledger.advised(partition, reason, advice)
      if (!zombie) this.ledger.stopped(partition, reason)
    } catch (error) {
      this.problems.push(error)
    }
  }

  private checkMemory(): void {
    for (const { name, heldBytes, roomBytes } of this.sinks) {
      if (heldBytes <= roomBytes + this.options.workers * BYTES_OF_ONE_FETCH) continue
      throw new BrokenPromiseError('memory', `${name} holds ${heldBytes} bytes of ${roomBytes}`)
    }
  }
}

function describe(problem: unknown): string {
  return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)
}
