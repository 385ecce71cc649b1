/** The entry of a worker thread: wires one group member to HDFS. */
import { parentPort, workerData } from 'node:worker_threads'
import { budgetOf, createWorkerContext, steadyNowMs } from './compose-context.ts'
import type { SinkConfig } from './config/schema.ts'
import { SinkError } from './core/errors.ts'
import type { Observer } from './core/observer.ts'
import { keyOf } from './core/record-batch.ts'
import { BoundedChunkPool } from './encoding/chunk-pool.ts'
import { createFileSystem } from './hdfs/file-system.ts'
import { createGroupMember } from './kafka/group-member.ts'
import { SilentLogEnds } from './sink/silent-log-ends.ts'
import { SinkWorker } from './sink/sink-worker.ts'
import type { FromWorker, ToWorker, WorkerStart, WorkerStatus } from './sink/worker-protocol.ts'
import { createLogger } from './telemetry/logger.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createMetricsObserver } from './telemetry/metrics-observer.ts'
import { setPartitionGauges } from './telemetry/partition-gauges.ts'
import { WorkerLog } from './telemetry/worker-activity.ts'
import type { WorkerReport } from './telemetry/worker-report.ts'

const REPORT_INTERVAL_MS = 1_000
const LOG_END_INTERVAL_MS = 30_000

const {
  config,
  secrets,
  slot,
  topics,
  clusterId,
  budget: shared,
} = workerData as WorkerStart<SinkConfig>
const { kafka, hdfs } = config
const port = parentPort
if (port === null) throw new Error('this is the entry of a worker thread')

/** For the status page. */
const workerLog = new WorkerLog(Date.now, secrets)
const log = createLogger({
  ...config.log,
  bindings: { worker: slot },
  onProblem: (level, data, text) => workerLog.problems.note(level, data, text, Date.now()),
})
const metrics = createMetrics()
const counting = workerLog.follow(createMetricsObserver(metrics, Date.now))
const stopped = new Map<string, WorkerStatus['stopped'][number]>()
/** HDFS operations that are being repeated now. */
const failingOps: string[] = []
const observer: Observer = {
  ...counting,
  trouble(component, op, state) {
    counting.trouble(component, op, state)
    if (component !== 'hdfs') return
    if (state === 'begins') failingOps.push(op)
    else failingOps.splice(failingOps.indexOf(op), 1)
  },
  stopped(at, reason, explanation) {
    stopped.set(keyOf(at), { ...at, reason, explanation })
    counting.stopped(at, reason, explanation)
  },
  released(at) {
    stopped.delete(keyOf(at))
    counting.released(at)
  },
  flushed(report) {
    counting.flushed(report)
    const { topic, partition, startOffset, endOffset, records, trigger, durationMs } = report
    const files = report.files.map(({ path }) => path)
    const data = { topic, partition, startOffset, endOffset, records, trigger, durationMs, files }
    log.info(data, 'flushed')
  },
}

const fs = createFileSystem({
  ...hdfs,
  logger: log,
  onRequest: (op, status, seconds) => {
    metrics.hdfsRequestDuration.observe({ op, status }, seconds)
  },
})
const { budget, fetchBytes } = budgetOf(config, shared, slot)
const ended = new AbortController()
const member = createGroupMember({
  ...kafka,
  groupId: kafka.group,
  topics,
  maxBytes: fetchBytes,
  logger: log,
})
const chunks = new BoundedChunkPool(() => budget.keepBytes)
const context = createWorkerContext({
  ...{ config, clusterId, fs, member, budget, chunks, observer, log },
  ended: ended.signal,
  partitions: () => worker.partitions.length,
  fatal,
})

let joined = false
let heardOfGroupMs = 0
let memberId: string | undefined
const worker = new SinkWorker(context, budget, {
  assigned: () => {
    joined = true
    void report(undefined)
  },
  heartbeat: (membership) => {
    heardOfGroupMs = performance.now()
    if (membership.memberId === memberId) return
    memberId = membership.memberId
    send({ type: 'member', memberId })
  },
})

let draining: Promise<void> | undefined
port.on('message', (message: ToWorker) => {
  if (message.type === 'report') void report(message.id)
  else draining ??= drain()
})
setInterval(() => {
  // Other workers may need what is kept here.
  chunks.trim()
  void report(undefined)
}, REPORT_INTERVAL_MS).unref()

const logEnds = new SilentLogEnds(member, (at, logEnd) => observer.highWatermark(at, logEnd))
const silent = () => worker.partitions.map(({ at }) => at).filter((at) => context.flow.isPaused(at))
setInterval(() => void logEnds.refresh(silent), LOG_END_INTERVAL_MS).unref()
member.start(worker).catch(fatal)

async function drain(): Promise<void> {
  joined = false
  await worker.drain()
  ended.abort()
  await member.stop()
  await report(undefined)
  send({ type: 'drained' })
  process.exit(0)
}

/** Loudly, and at once: whatever is in memory is still in Kafka. */
function fatal(error: unknown): void {
  if (draining !== undefined && error instanceof SinkError) return
  log.error({ err: error }, 'this worker cannot go on')
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const stopProcess = error instanceof SinkError && error.action === 'stop-process'
  send({ type: 'failed', text, stopProcess })
  process.exit(1)
}

/** Without an acknowledged heartbeat for a whole session it surely is no member any more. */
function hearsFromGroup(): boolean {
  return performance.now() - heardOfGroupMs < kafka.sessionTimeoutMs
}

let cutOff = false

/**
 * Fetches and heartbeats that fail stay inside kafkajs, and repeat no call of ours: without this a sink
 * that has lost Kafka would look well.
 */
function noteCutOff(now: boolean): void {
  if (now === cutOff || draining !== undefined) return
  cutOff = now
  counting.trouble('kafka', 'heartbeat', now ? 'begins' : 'ends')
}

async function report(id: number | undefined): Promise<void> {
  noteCutOff(!(joined && hearsFromGroup()))
  metrics.workers.set(1)
  metrics.memoryRoomBytes.set(budget.workerShareBytes)
  metrics.memoryHeldBytes.set(budget.heldBytes)
  metrics.memoryShortWorkers.set(context.flow.isMemoryShort ? 1 : 0)
  const looks = worker.partitions.map(({ at, view, openBytes, flushingBytes }) => ({
    ...{ at, view, paused: context.flow.isPaused(at), heldBytes: openBytes + flushingBytes },
  }))
  const partitions = workerLog.progress(looks, Date.now() - steadyNowMs())
  setPartitionGauges(
    metrics,
    looks.map(({ at, view, paused, heldBytes }, index) => ({
      ...at,
      paused,
      openFiles: view.flushes.reduce((sum, { files }) => sum + files, view.buffer.openFiles),
      bufferedRecords: partitions[index]?.bufferedRecords ?? 0,
      bufferedBytes: heldBytes,
      oldestBufferedMs: partitions[index]?.oldestMs ?? undefined,
    })),
  )
  const status: WorkerStatus = {
    joined: joined && hearsFromGroup(),
    assigned: looks.length,
    stopped: [...stopped.values()],
    hdfsProblem:
      failingOps.length === 0 ? undefined : `failing: ${[...new Set(failingOps)].join(', ')}`,
  }
  const snapshot = await metrics.registry.getMetricsAsJSON()
  const { joined: isMember } = status
  const activity = { isMember, partitions, ...workerLog.take(), nameNode: fs.nameNode }
  send({ type: 'report', id, metrics: { metrics: snapshot, activity }, status })
}

function send(message: FromWorker<WorkerReport>): void {
  port?.postMessage(message)
}
