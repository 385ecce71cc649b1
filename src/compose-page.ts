/** What the status page shows, from what the parts of the main thread know. */
import { keyOf } from './core/record-batch.ts'
import { judge } from './http/page/judge.ts'
import { type PartitionQuery, partitionPage } from './http/page/partition-page.ts'
import {
  STATUS_VERSION,
  type StatusCheck,
  type StatusDocument,
  type StatusPartition,
} from './http/page/status-document.ts'
import type { StoppedPartition } from './sink/worker-protocol.ts'
import type { Activity } from './telemetry/activity.ts'
import { BUCKET_MS } from './telemetry/history.ts'

export interface StatusSources {
  readonly nowMs: number
  readonly version: string
  readonly startedMs: number
  readonly group: string
  readonly budgetBytes: number
  /** Of flush.intervalMs. */
  readonly intervalMs: number
  /** Redacted. */
  readonly configuration: Readonly<Record<string, unknown>>
  readonly live: readonly StatusCheck[]
  readonly ready: readonly StatusCheck[]
  readonly stopped: readonly StoppedPartition[]
  readonly isDraining: boolean
  readonly activity: Activity
  readonly query: PartitionQuery
}

/** How long a flush may take, with all that it waits for, before somebody should look. */
const LATE_MS = 60_000

/** What GET /api/status answers, and the page shows. */
export function statusDocument(sources: StatusSources): StatusDocument {
  const { nowMs, activity, configuration, live, ready, isDraining } = sources
  const { version, group, startedMs, intervalMs } = sources
  const lateBeforeMs = nowMs - intervalMs - LATE_MS
  const partitions = withStops(activity.partitions, sources.stopped)
  const hasJoined = activity.hasJoined
  return {
    version: STATUS_VERSION,
    atMs: nowMs,
    sink: { version, node: process.versions.node, group, startedMs },
    ...judge({ checks: ready, live, isDraining, hasJoined, partitions, lateBeforeMs }),
    checks: ready,
    totals: totalsOf(sources, partitions),
    partitions: partitionPage(partitions, sources.query),
    files: activity.files,
    problems: activity.problems.recent,
    history: { bucketMs: BUCKET_MS, points: activity.history },
    nameNode: activity.nameNode ?? null,
    configuration,
  }
}

function totalsOf(
  { activity, budgetBytes }: StatusSources,
  partitions: readonly StatusPartition[],
): StatusDocument['totals'] {
  const countOf = (state: StatusPartition['state']) =>
    partitions.filter((each) => each.state === state).length
  const { writtenRecords, writtenBytes } = activity.total
  return {
    partitions: partitions.length,
    stopped: countOf('stopped'),
    paused: countOf('paused'),
    lagRecords: activity.lagRecords,
    bufferedRecords: partitions.reduce((sum, each) => sum + each.bufferedRecords, 0),
    bufferedBytes: partitions.reduce((sum, each) => sum + each.bufferedBytes, 0),
    budgetBytes,
    writtenRecords,
    writtenBytes,
  }
}

function withStops(
  partitions: Activity['partitions'],
  stopped: readonly StoppedPartition[],
): readonly StatusPartition[] {
  const stops = new Map(stopped.map((each) => [keyOf(each), each]))
  return partitions.map((each) => {
    const stop = stops.get(keyOf(each))
    const { reason = null, explanation = null } = stop ?? {}
    return { ...each, state: stop === undefined ? each.state : 'stopped', reason, explanation }
  })
}
