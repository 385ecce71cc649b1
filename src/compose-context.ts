import { randomUUID } from 'node:crypto'
import { memoryShares } from './config/memory-shares.ts'
import { pathTemplateOf } from './config/rules.ts'
import type { SinkConfig } from './config/schema.ts'
import { MemoryBudget } from './core/memory-budget.ts'
import type { Log, Observer } from './core/observer.ts'
import type { FileSystem, GroupMember } from './core/ports.ts'
import { RecordCursor } from './core/record-cursor.ts'
import { MOST_OPEN_FILES } from './core/rotation.ts'
import type { ChunkPool } from './encoding/chunk-pool.ts'
import { createOutputFormat } from './encoding/output-format.ts'
import { FlowControl } from './sink/flow-control.ts'
import { KnownDirectories } from './sink/journal-store.ts'
import { OffsetCommitter } from './sink/offset-committer.ts'
import { UploadTurns } from './sink/upload-turns.ts'
import type { WorkerContext } from './sink/worker-context.ts'

const MAX_UPLOADS_PER_PARTITION = 4

/**
 * As Date.now at the start, and never set back or forward after it: a file ends when its time is over,
 * whatever becomes of the clock.
 */
export const steadyNowMs = (): number => performance.timeOrigin + performance.now()
const LOOK_AGAIN_MS = 10_000

/** What is different for a worker and for a rehearsal. */
export interface ContextParts {
  readonly config: SinkConfig
  readonly clusterId: string
  readonly fs: FileSystem
  readonly member: GroupMember
  readonly budget: MemoryBudget
  /** For the bytes of files. */
  readonly chunks: ChunkPool
  readonly observer: Observer
  readonly log: Log
  /** Fires when nothing is to be told to Kafka any more. */
  readonly ended: AbortSignal
  /** Partitions that are assigned now. */
  readonly partitions: () => number
  readonly fatal: (error: unknown) => void
}

/** `shared` has a slot for each worker; this one's is `slot`. */
export function budgetOf(
  { memory }: SinkConfig,
  shared: SharedArrayBuffer,
  slot: number,
): { budget: MemoryBudget; fetchBytes: number } {
  const workers = MemoryBudget.slotsOf(shared)
  const { recordsBytes, fetchBytes } = memoryShares(memory.budgetBytes, workers)
  return { budget: new MemoryBudget(recordsBytes, shared, slot), fetchBytes }
}

export function createWorkerContext(parts: ContextParts): WorkerContext {
  const { config, member, budget, chunks, observer, log, ended, partitions, ...given } = parts
  const { kafka, hdfs, flush, memory } = config
  const { records, bytes, intervalMs } = flush
  return {
    ...given,
    member,
    flow: new FlowControl(member),
    committer: new OffsetCommitter(member, { observer, log }, ended),
    uploads: new UploadTurns(hdfs.uploadsInFlight),
    knownDirectories: new KnownDirectories(),
    format: createOutputFormat(config.format, chunks),
    template: pathTemplateOf(config),
    cursor: new RecordCursor(),
    root: hdfs.root,
    settings: {
      rotation: { records, bytes, intervalMs, openFiles: MOST_OPEN_FILES },
      startFrom: kafka.startFrom,
      onRetentionGap: kafka.onRetentionGap,
      maxUploads: MAX_UPLOADS_PER_PARTITION,
      lookAgainMs: LOOK_AGAIN_MS,
    },
    segmentBytes: memory.segmentBytes,
    group: kafka.group,
    observer,
    log,
    nowMs: steadyNowMs,
    newId: () => randomUUID().replaceAll('-', ''),
    account: (held) => budget.add(held),
    shareBytes: () => budget.workerShareBytes / Math.max(1, partitions()),
  }
}
