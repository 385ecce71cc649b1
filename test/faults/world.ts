import type { Stack } from '../../stack/index.ts'
import { becomesTrue } from '../../stack/wait.ts'
import { auditOf } from '../support/checker-audit.ts'
import { journalEnds, unpublished } from '../support/checker-journal.ts'
import { OutputWatch } from '../support/checker-watch.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets, logEnds } from '../support/ledger-kafka.ts'
import { type Forget, whenDone } from '../support/scope.ts'
import { type Exit, SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { FaultProxy } from './fault-proxy.ts'
import { Producing } from './producing.ts'

export interface WorldOptions {
  /** Default 3. */
  readonly partitions?: number
  /** Sinks to begin with. Default 1. */
  readonly sinks?: number
  readonly settings?: Partial<SinkSettings>
  /** Default 300. */
  readonly recordsPerSecond?: number
  /** The records' timestamps are spread over this many days. */
  readonly days?: number
}

export interface StartOptions {
  /** `commit:after=kill@2`, see failpoints.ts. */
  readonly failpoints?: string
  readonly through?: 'proxy'
  readonly settings?: Partial<SinkSettings>
}

/** What the audit found. */
export interface Verdict {
  readonly records: number
  readonly files: number
  readonly lost: number
  readonly duplicated: number
  /** In words; empty when all is as it should be. */
  readonly problems: readonly string[]
}

const CAUGHT_UP_TIMEOUT_MS = 60_000
/** Times the above: a world whose HDFS was away for minutes has thousands of tiny segments. */
const LONGEST_CATCH_UP = 4
const SWEPT_TIMEOUT_MS = 20_000
const POLL_MS = 20
/** Then the audit says what is missing. */
const TOLD_TIMEOUT_MS = 10_000
const FAILPOINTS = './test/faults/failpoints.ts'

/** Less than most files have. */
const SMALL_SEGMENT_BYTES = 2_000
/** A DataNode that waits for a frozen NameNode is slow enough with one upload a file. */
const MiB = 1_048_576

/** Long enough that a busy machine alone does not end it. */
export const PATIENT_SESSION = { sessionTimeoutMs: 10_000, heartbeatIntervalMs: 1_000 }

/** Short rotation and sessions: much happens in little time. */
function quickSettings(more: Partial<SinkSettings>, segmentBytes: number): SinkSettings {
  return newSettings('faults', {
    flush: { records: 500, intervalMs: 300 },
    ...more,
    // Most files go to HDFS in parts.
    memory: { segmentBytes, ...more.memory },
    kafka: { sessionTimeoutMs: 2_000, heartbeatIntervalMs: 300, ...more.kafka },
    // By default an upload may stand still for a minute.
    hdfs: { requestTimeoutMs: 3_000, uploadIdleTimeoutMs: 2_000, ...more.hdfs },
  })
}

/**
 * A topic that somebody produces to all the time, sinks that read it, and a reader who watches what
 * they write. Faults strike it; in the end every record must be there once.
 */
export class World {
  readonly stack: Stack
  readonly settings: SinkSettings
  readonly ledger: Ledger
  readonly producing: Producing
  readonly watch: OutputWatch
  readonly proxy: FaultProxy
  /** Directories that published files were moved to: the audit looks there too. */
  readonly elsewhere: string[] = []
  readonly #sinks = new Set<SinkProcess>()
  #forget: Forget = () => undefined

  private constructor(
    stack: Stack,
    settings: SinkSettings,
    parts: Pick<World, 'ledger' | 'producing' | 'watch' | 'proxy'>,
  ) {
    this.stack = stack
    this.settings = settings
    this.ledger = parts.ledger
    this.producing = parts.producing
    this.watch = parts.watch
    this.proxy = parts.proxy
  }

  static async open(stack: Stack, options: WorldOptions = {}): Promise<World> {
    const isPair = stack.info.webhdfsUrls.length > 1
    const settings = quickSettings(options.settings ?? {}, isPair ? MiB : SMALL_SEGMENT_BYTES)
    const { partitions = 3, sinks = 1, recordsPerSecond = 300, days } = options
    const ledgerOptions = { patient: true, ...(days === undefined ? {} : { days }) }
    const ledger = await Ledger.open(stack.info, settings.topic, partitions, ledgerOptions)
    const proxy = await FaultProxy.start(stack.info)
    const forget = whenDone(() => proxy.close())
    const output = `${settings.root}/${settings.topic}`
    const watch = new OutputWatch(stack.info, output, { patient: true })
    const producing = new Producing(ledger, recordsPerSecond)
    const world = new World(stack, settings, { ledger, producing, watch, proxy })
    world.#forget = forget
    try {
      await Promise.all(Array.from({ length: sinks }, () => world.startSink()))
    } catch (error) {
      await world.close()
      throw error
    }
    return world
  }

  /** Those that run now. */
  get sinks(): readonly SinkProcess[] {
    return [...this.#sinks].filter(({ hasEnded }) => !hasEnded)
  }

  /** Ready when it resolves, unless a failpoint has ended it before. */
  async startSink(options: StartOptions = {}): Promise<SinkProcess> {
    const sink = this.spawnSink(options)
    try {
      await sink.awaitReady()
    } catch (error) {
      if (options.failpoints === undefined || !sink.hasEnded) throw error
    }
    return sink
  }

  /** One that is not waited for. */
  spawnSink({ failpoints, through, settings = {} }: StartOptions = {}): SinkProcess {
    const info = through === 'proxy' ? this.proxy.through(this.stack.info) : this.stack.info
    const options =
      failpoints === undefined
        ? {}
        : {
            nodeFlags: ['--import', FAILPOINTS],
            env: { KAFKA_HDFS_SINK_FAILPOINTS: failpoints },
          }
    const sink = new SinkProcess(info, { ...this.settings, ...settings }, options)
    this.#sinks.add(sink)
    void sink.exit.then(() => this.#sinks.delete(sink))
    return sink
  }

  /** In good order. */
  async stopSink(sink: SinkProcess): Promise<void> {
    const exit = await sink.stop()
    if (exit.code !== 0) throw new UncleanEndError(sink, exit)
  }

  async killSink(sink: SinkProcess): Promise<void> {
    sink.kill('SIGKILL')
    await sink.exit
  }

  async produce(count: number): Promise<void> {
    await this.producing.alone(() => this.ledger.produce(count))
  }

  /**
   * Everything that was produced before is in the journals. How long that took, in ms. After an outage
   * much has to be caught up with: it may take long, but not without any progress.
   */
  async caughtUp(
    timeoutMs: number = CAUGHT_UP_TIMEOUT_MS,
    settings: SinkSettings = this.settings,
  ): Promise<number> {
    const { stack, ledger } = this
    const startedMs = performance.now()
    const wanted = ledger.entries.map((entries) => (entries.at(-1)?.offset ?? -1) + 1)
    let ends: (number | undefined)[] = []
    let progressMs = startedMs
    let isThere = false
    const isOver = async (): Promise<boolean> => {
      const before = String(ends)
      ends = await journalEnds(stack.info, settings, wanted.length)
      if (String(ends) !== before) progressMs = performance.now()
      isThere = wanted.every((end, partition) => end === 0 || (ends[partition] ?? 0) >= end)
      return isThere || performance.now() - progressMs > timeoutMs
    }
    const longestMs = LONGEST_CATCH_UP * timeoutMs
    await becomesTrue(isOver, { timeoutMs: longestMs, intervalMs: POLL_MS })
    if (!isThere) {
      const text =
        `expected the journals to reach ${wanted} within ${longestMs} ms, moving at least every ` +
        `${timeoutMs} ms, found ${ends}`
      throw new Error([text, ...this.#describeSinks()].join('\n'))
    }
    return performance.now() - startedMs
  }

  /** Ends producer and sinks in good order, and compares what is in HDFS with what was produced. */
  async finish(): Promise<Verdict> {
    await this.producing.end()
    if (this.sinks.length === 0) await this.startSink()
    await this.caughtUp()
    await this.groupIsTold()
    await Promise.all(this.sinks.map((sink) => this.stopSink(sink)))
    await this.#sweep()
    const watched = await this.watch.finish()
    const { settings, ledger, elsewhere } = this
    const audit = await auditOf(this.stack.info, { ...settings, ledger, elsewhere })
    await this.close()
    return { ...audit, problems: [...watched.problems, ...audit.problems] }
  }

  /** An upload that was given up may have been finished later: the next claim clears it away. */
  async #sweep(): Promise<void> {
    const { stack, settings, ledger } = this
    const isSwept = async () =>
      (await unpublished(stack.info, settings, ledger.partitions)).length === 0
    if (await isSwept()) return
    const sink = await this.startSink()
    await becomesTrue(isSwept, { timeoutMs: SWEPT_TIMEOUT_MS })
    await this.stopSink(sink)
  }

  /** Ends all that is left, as it is. */
  async close(): Promise<void> {
    await this.producing.end().catch(() => undefined)
    await Promise.all([...this.#sinks].map((sink) => this.killSink(sink)))
    await this.watch.abandon()
    this.#forget()
    await this.proxy.close()
    await this.ledger.close()
  }

  /** After the journals: a sink that is stopped in between may leave the group behind. */
  async groupIsTold(): Promise<void> {
    const { stack, settings } = this
    const isTold = async () => {
      const committed = await committedOffsets(stack.info, settings.group, settings.topic)
      return committed.join() === (await logEnds(stack.info, settings.topic)).join()
    }
    await becomesTrue(isTold, { timeoutMs: TOLD_TIMEOUT_MS })
  }

  #describeSinks(): string[] {
    return this.sinks.map((sink) => sink.describe())
  }
}

/** A sink that was asked to stop did not end in good order. */
export class UncleanEndError extends Error {
  readonly exit: Exit
  constructor(sink: SinkProcess, exit: Exit) {
    super(
      `expected exit code 0 of sink ${sink.pid}, found ${exit.signal ?? exit.code}\n${sink.describe()}`,
    )
    this.name = 'UncleanEndError'
    this.exit = exit
  }
}
