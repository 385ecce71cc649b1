/**
 * `run --dry-run`: the sink itself, between a member that is in no group and an HDFS that is only in
 * memory. Of the real ones it only reads: journals, offsets, records, and whether a path is taken.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { budgetOf, createWorkerContext } from './compose-context.ts'
import { readPositions } from './compose-offsets.ts'
import { type Tools, withTools } from './compose-tools.ts'
import type { SinkConfig } from './config/schema.ts'
import { outlookOf } from './core/journal-view.ts'
import { MemoryBudget } from './core/memory-budget.ts'
import type { Observer } from './core/observer.ts'
import { journalRoot } from './core/path-template.ts'
import { explainStop } from './core/stop-reason.ts'
import { type DryRunEvent, type DryRunSummary, DryRunTotals } from './dry-run/events.ts'
import { LogMember, type PartToRead } from './dry-run/log-member.ts'
import { MemoryFileSystem } from './dry-run/memory-file-system.ts'
import { BoundedChunkPool } from './encoding/chunk-pool.ts'
import { createLogReader } from './kafka/log-reader.ts'
import { SinkWorker } from './sink/sink-worker.ts'
import { createLogger } from './telemetry/logger.ts'

const SETTLE_CHECK_MS = 20
const CANCEL_MS = 2_000

/**
 * From where the sink stands to where the logs end now, or until the signal aborts. Throws what
 * prevents it.
 */
export function dryRun(
  config: SinkConfig,
  signal: AbortSignal,
  report: (event: DryRunEvent) => void,
): Promise<DryRunSummary> {
  return withTools(config, async (tools) => {
    const { kafka } = config
    const logger = createLogger({ level: 'silent' })
    const log = createLogReader({ ...kafka, groupId: kafka.group, logger })
    const totals = new DryRunTotals()
    const tell = (event: DryRunEvent) => {
      totals.add(event)
      report(event)
    }
    try {
      const parts = await partsToRead(tools, tell)
      if (signal.aborted) return totals.summary(false)
      const member = new LogMember({
        log,
        parts,
        partitionCounts: tools.topics,
        maxFetchBytes: kafka.maxBytesPerPartition,
        repeat: (op, call) => tools.repeat('kafka', op, call),
      })
      return totals.summary(await rehearse(tools, member, signal, tell))
    } finally {
      await log.close().catch(() => undefined)
    }
  })
}

/** Where each partition goes on; what would stop is told, and left out. */
async function partsToRead(
  tools: Tools,
  tell: (event: DryRunEvent) => void,
): Promise<PartToRead[]> {
  const { group, startFrom, onRetentionGap } = tools.config.kafka
  const parts: PartToRead[] = []
  for (const position of await readPositions(tools, {})) {
    const { at, journal, log } = position
    const outlook = outlookOf(position, { startFrom, onRetentionGap })
    if (outlook.kind === 'stop') {
      const explanation = explainStop(outlook.stop, { at, group, journal })
      tell({ type: 'stop', ...at, reason: outlook.stop.reason, explanation })
      continue
    }
    const from = startOf(outlook, log.end)
    parts.push({ ...at, from, to: log.end })
    tell({ type: 'start', ...at, from, to: log.end })
  }
  return parts
}

/** `look-again` has been answered already: an outlook looks once. */
function startOf(outlook: Exclude<ReturnType<typeof outlookOf>, { kind: 'stop' }>, end: number) {
  if (outlook.kind === 'start') return outlook.at
  return outlook.kind === 'skip' ? outlook.to : end
}

/** Whether all was read. */
async function rehearse(
  tools: Tools,
  member: LogMember,
  signal: AbortSignal,
  tell: (event: DryRunEvent) => void,
): Promise<boolean> {
  const { promise: failed, reject: fatal } = Promise.withResolvers<never>()
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>()
  const ended = new AbortController()
  const worker = createWorker(tools, member, { ended: ended.signal, fatal, tell })
  signal.addEventListener('abort', () => cancel(), { once: true })
  if (signal.aborted) cancel()
  try {
    member.start(worker).catch(fatal)
    const done = member.finished.then(() => settled(worker, signal))
    await Promise.race([done, cancelled, failed])
    // What waits for HDFS would keep it from ending.
    const enough = signal.aborted ? [delay(CANCEL_MS, undefined, { ref: false })] : []
    await Promise.race([worker.drain(), failed, ...enough])
    return !signal.aborted
  } finally {
    await member.stop()
    ended.abort()
  }
}

/** Nothing is under way any more: a stop is told only when what comes before it is published. */
async function settled(worker: SinkWorker, signal: AbortSignal): Promise<void> {
  const isSettled = ({ view: { phase, flushes, intent } }: (typeof worker.partitions)[number]) =>
    phase.kind === 'stopped' ||
    (phase.kind === 'writing' &&
      phase.step === 'idle' &&
      flushes.length === 0 &&
      intent === undefined)
  while (!signal.aborted && !worker.partitions.every(isSettled)) await delay(SETTLE_CHECK_MS)
}

interface Hooks {
  readonly ended: AbortSignal
  readonly fatal: (error: unknown) => void
  readonly tell: (event: DryRunEvent) => void
}

/** As in compose-worker.ts, but for what it reads from and writes to. */
function createWorker(
  { config, fs: hdfs, clusterId }: Tools,
  member: LogMember,
  { ended, fatal, tell }: Hooks,
): SinkWorker {
  const fs = new MemoryFileSystem(hdfs, journalRoot(config.hdfs.root))
  const { budget } = budgetOf(config, MemoryBudget.share(1), 0)
  const chunks = new BoundedChunkPool(() => budget.keepBytes)
  const context = createWorkerContext({
    ...{ config, clusterId, fs, member, budget, chunks, ended, fatal },
    observer: observerOf(fs, member, tell),
    log: createLogger({ level: 'silent' }),
    partitions: () => worker.partitions.length,
  })
  const worker = new SinkWorker(context, budget, { assigned: () => {}, heartbeat: () => {} })
  return worker
}

function observerOf(
  fs: MemoryFileSystem,
  member: LogMember,
  tell: (event: DryRunEvent) => void,
): Observer {
  const nothing = () => {}
  return {
    recordsRead: nothing,
    highWatermark: nothing,
    committed: nothing,
    offsetCommit: nothing,
    retried: nothing,
    recovered: nothing,
    rebalanced: nothing,
    released: nothing,
    trouble(component, op, state) {
      tell({ type: 'trouble', component, op, state })
    },
    flushed({ durationMs: _, ...flush }) {
      // However many there are: nobody looks at them again.
      for (const { path } of flush.files) void fs.delete(path)
      tell({ type: 'flush', ...flush, isOpen: flush.trigger === 'shutdown' })
    },
    stopped(at, reason, explanation) {
      member.giveUp(at)
      tell({ type: 'stop', topic: at.topic, partition: at.partition, reason, explanation })
    },
  }
}
