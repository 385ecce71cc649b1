/** The main thread: the one place where its parts are wired. */
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { serveHttp } from './compose-http.ts'
import { secretsOf } from './config/print.ts'
import { workersWithinBudget } from './config/rules.ts'
import type { SinkConfig } from './config/schema.ts'
import { KafkaUnavailableError, UnknownTopicError } from './core/errors.ts'
import { MemoryBudget } from './core/memory-budget.ts'
import type { Observer } from './core/observer.ts'
import { createGroupAdmin, type GroupAdmin } from './kafka/group-admin.ts'
import { retryUntilDone } from './sink/retry.ts'
import { Supervisor, type WorkerThread } from './sink/supervisor.ts'
import { watchTopics } from './sink/topic-watch.ts'
import type { FromWorker, WorkerStart } from './sink/worker-protocol.ts'
import { Activity, TICK_MS } from './telemetry/activity.ts'
import { WorkerMetrics } from './telemetry/aggregate.ts'
import { createLogger, type Logger } from './telemetry/logger.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { createMetricsObserver } from './telemetry/metrics-observer.ts'
import { createProcessMetrics } from './telemetry/process-metrics.ts'
import type { WorkerReport } from './telemetry/worker-report.ts'

/** The workers' entry beside this file, in the sources as in the build. */
const WORKER_ENTRY = new URL(`./compose-worker${extname(import.meta.url)}`, import.meta.url)

/** A topic that was created a moment ago may not be known to every broker. */
const TOPIC_PATIENCE_MS = 30_000

/**
 * Of a worker's heap. Records are not in it: what is, is short-lived. Nothing near the bound of old
 * objects is ever needed, but V8 lets garbage grow in proportion to it.
 */
const WORKER_HEAP = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 512 }

const WORKER_DEATHS = ['error', 'exit', 'out-of-memory']

/** What the parts of the main thread share. */
interface Main {
  readonly config: SinkConfig
  readonly log: Logger
  readonly metrics: Metrics
  readonly workerMetrics: WorkerMetrics
  readonly activity: Activity
  readonly version: string
  readonly observer: Observer
  readonly admin: GroupAdmin
  /** Aborts when the sink is told to end, or when nothing can go on. */
  readonly ending: AbortSignal
  readonly giveUp: (reason: string) => void
}

interface Cluster {
  readonly clusterId: string
  /** Partition counts. */
  readonly topics: ReadonlyMap<string, number>
}

/**
 * Runs the sink until `signal` aborts, or until nothing can go on. Resolves with the exit code: 0
 * when everything read was published and committed in time. Throws what prevents its start.
 */
export async function runSink(
  config: SinkConfig,
  signal: AbortSignal,
  version: string,
): Promise<number> {
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])
  const main = createMain(config, version, ending, (reason) => {
    main.log.fatal({ reason }, 'nothing can go on')
    failed.abort()
  })
  main.metrics.buildInfo.set({ version, node: process.versions.node }, 1)
  main.metrics.memoryBudgetBytes.set(config.memory.budgetBytes)
  main.metrics.flushInterval.set(config.flush.intervalMs / 1000)
  // From 0 on, so that the first death of a worker is an increase.
  for (const reason of WORKER_DEATHS) main.metrics.consumerRestarts.inc({ reason }, 0)
  const supervision: { current: Supervisor<WorkerReport> | undefined } = { current: undefined }
  const server = await serveHttp({ ...main, supervisor: () => supervision.current })
  const ticking = setInterval(() => main.activity.tick(), TICK_MS)
  try {
    const cluster = await meetKafka(main)
    if (cluster === undefined) return failed.signal.aborted ? 1 : 0
    const topics = [...cluster.topics.keys()]
    supervision.current = supervise(main, cluster, topics)
    supervision.current.start()
    await untilTheEnd(main, topics, supervision.current)
    const inTime = await supervision.current.drain(config.shutdown.deadlineMs)
    if (inTime) main.log.info({}, 'stopped: all that was read is published and committed')
    else main.log.error({}, 'stopped at the deadline: what was not published is still in Kafka')
    return inTime && !failed.signal.aborted ? 0 : 1
  } finally {
    clearInterval(ticking)
    await main.admin.close().catch((error) => main.log.debug({ err: error }, 'closing'))
    await server?.close()
  }
}

function createMain(
  config: SinkConfig,
  version: string,
  ending: AbortSignal,
  giveUp: (reason: string) => void,
): Main {
  const { kafka } = config
  const activity = new Activity(Date.now, secretsOf(config))
  const log = createLogger({
    ...config.log,
    onProblem: (level, data, text) => activity.problems.note(level, data, text, Date.now()),
  })
  const metrics = createMetrics()
  return {
    config,
    log,
    metrics,
    workerMetrics: new WorkerMetrics(metrics.registry, kafka.group, createProcessMetrics()),
    activity,
    version,
    observer: createMetricsObserver(metrics, Date.now),
    admin: createGroupAdmin({ ...kafka, groupId: kafka.group, logger: log }),
    ending,
    giveUp,
  }
}

/** Waits for Kafka and for the topics; undefined when told to end meanwhile. */
async function meetKafka(main: Main): Promise<Cluster | undefined> {
  const { admin, ending, log } = main
  let patienceEndsMs: number | undefined
  const meet = async (): Promise<Cluster> => {
    const clusterId = await admin.clusterId()
    patienceEndsMs ??= Date.now() + TOPIC_PATIENCE_MS
    const topics = await admin.resolveTopics(wantedTopics(main.config)).catch((error) => {
      if (!(error instanceof UnknownTopicError) || Date.now() > (patienceEndsMs ?? 0)) throw error
      throw new KafkaUnavailableError('finding topics', error.message, { cause: error })
    })
    if (topics.size > 0) return { clusterId, topics }
    throw new KafkaUnavailableError('finding topics', 'no topic matches the pattern yet')
  }
  try {
    const met = retryUntilDone('kafka', 'find-topics', meet, main, ending)
    // kafkajs goes on with an attempt that is under way: nobody waits for that.
    return await Promise.race([met, aborted(ending)])
  } catch (error) {
    if (!ending.aborted) throw error
    log.info({}, 'stopped before Kafka was reached')
    return undefined
  }
}

function wantedTopics({ kafka }: SinkConfig): readonly string[] | RegExp {
  return kafka.topics ?? new RegExp(kafka.topicPattern ?? '')
}

function supervise(main: Main, cluster: Cluster, topics: string[]): Supervisor<WorkerReport> {
  const { config, log, admin, metrics, workerMetrics, activity, ending } = main
  const { clusterId } = cluster
  const workers = countWorkers(config, cluster.topics)
  const budget = MemoryBudget.share(workers)
  log.info({ topics, workers, clusterId }, 'starting')
  return new Supervisor<WorkerReport>({
    workers,
    spawn: (slot) => {
      activity.started(slot)
      const start = { config, secrets: secretsOf(config), slot, topics, clusterId, budget }
      return spawnWorker(start, log)
    },
    buried: (slot, reason) => {
      new MemoryBudget(config.memory.budgetBytes, budget, slot).clear()
      workerMetrics.retire(slot)
      activity.retire(slot)
      if (reason !== undefined && !ending.aborted) metrics.consumerRestarts.inc({ reason })
    },
    renewDeadlineMs: config.shutdown.deadlineMs,
    leaveGroup: (memberId) => admin.leaveGroup(memberId),
    reported: (slot, report) => {
      workerMetrics.update(slot, report.metrics)
      activity.update(slot, report.activity)
    },
    fatal: main.giveUp,
    log,
    nowMs: Date.now,
    random: Math.random,
  })
}

/** Half the cores, the partitions, or the shares of the memory budget, whichever is least. */
function countWorkers(config: SinkConfig, topics: ReadonlyMap<string, number>): number {
  if (config.workers !== 'auto') return config.workers
  const partitions = [...topics.values()].reduce((sum, count) => sum + count, 0)
  const cores = Math.ceil(availableParallelism() / 2)
  return Math.max(1, Math.min(cores, partitions, workersWithinBudget(config)))
}

/** Resolves when the sink is told to end; until then follows the topics that match. */
async function untilTheEnd(
  { admin, config, ending, log }: Main,
  topics: string[],
  supervisor: Supervisor<WorkerReport>,
): Promise<void> {
  if (config.kafka.topicPattern === undefined) {
    await aborted(ending).catch(() => undefined)
    return
  }
  await watchTopics(
    {
      resolve: () => admin.resolveTopics(wantedTopics(config)),
      everyMs: config.kafka.topicRefreshMs,
      changed: (now) => {
        topics.splice(0, topics.length, ...now)
        supervisor.renew()
      },
      signal: ending,
      log,
    },
    topics,
  )
}

function spawnWorker(start: WorkerStart<SinkConfig>, log: Logger): WorkerThread<WorkerReport> {
  const thread = new Worker(WORKER_ENTRY, {
    workerData: start,
    name: `worker-${start.slot}`,
    resourceLimits: WORKER_HEAP,
  })
  let reason = 'exit'
  thread.on('error', (error: Error & { code?: string }) => {
    reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out-of-memory' : 'error'
    log.error({ err: error, worker: start.slot }, 'a worker crashed')
  })
  return {
    send: (message) => thread.postMessage(message),
    onMessage: (listener) =>
      thread.on('message', (message: FromWorker<WorkerReport>) => listener(message)),
    onExit: (listener) => thread.once('exit', () => listener(reason)),
    terminate: () => void thread.terminate(),
  }
}

/** Rejects when the signal aborts, or has. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
