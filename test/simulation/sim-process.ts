import { MemoryBudget } from '../../src/core/memory-budget.ts'
import type { Log, Observer } from '../../src/core/observer.ts'
import { type PathTemplate, parsePathTemplate } from '../../src/core/path-template.ts'
import type { GroupHandlers } from '../../src/core/ports.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import type { RotationPolicy } from '../../src/core/rotation.ts'
import { createOutputFormat } from '../../src/encoding/output-format.ts'
import { FlowControl } from '../../src/sink/flow-control.ts'
import { KnownDirectories } from '../../src/sink/journal-store.ts'
import { OffsetCommitter } from '../../src/sink/offset-committer.ts'
import { SinkWorker, type WorkerHooks } from '../../src/sink/sink-worker.ts'
import { UploadTurns } from '../../src/sink/upload-turns.ts'
import type { WorkerContext } from '../../src/sink/worker-context.ts'
import type { Schedule } from './schedule.ts'
import { SimFileSystem } from './sim-file-system.ts'
import type { SimHdfs } from './sim-hdfs.ts'
import type { SimKafka } from './sim-kafka.ts'
import { SimMember } from './sim-member.ts'
import type { NameNodeService } from './sim-name-nodes.ts'

export interface ProcessOptions {
  readonly who: string
  readonly hdfs: SimHdfs | NameNodeService
  readonly kafka: SimKafka
  readonly schedule: Schedule
  readonly settings?: Partial<WorkerContext['settings']>
  readonly rotation?: Partial<RotationPolicy>
  readonly observer?: Partial<Observer>
  readonly log?: Partial<Log>
  readonly template?: string
  readonly budgetBytes?: number
  readonly segmentBytes?: number
  readonly budget?: MemoryBudget
  readonly nowMs?: () => number
  readonly hooks?: Partial<WorkerHooks>
  /** The worker as its member calls it. */
  readonly handlers?: (worker: SinkWorker) => GroupHandlers
  readonly fatal?: (error: unknown) => void
  /** Never the same twice, but for a test of what happens otherwise. */
  readonly newId?: (who: string, number: number) => string
}

/** One sink process on simulated servers: everything between the ports is the real thing. */
export interface SimProcess {
  readonly who: string
  readonly member: SimMember
  readonly worker: SinkWorker
  readonly context: WorkerContext
  readonly budget: MemoryBudget
  /** What the worker could not survive. */
  readonly fatal: unknown[]
}

export const NO_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} }

export const NO_OBSERVER: Observer = {
  recordsRead() {},
  highWatermark() {},
  committed() {},
  flushed() {},
  offsetCommit() {},
  retried() {},
  trouble() {},
  recovered() {},
  stopped() {},
  rebalanced() {},
  released() {},
}

export function createProcess(options: ProcessOptions): SimProcess {
  const { who, kafka, schedule } = options
  const member = new SimMember(kafka, who, schedule)
  const budget =
    options.budget ??
    new MemoryBudget(options.budgetBytes ?? Number.MAX_SAFE_INTEGER, MemoryBudget.share(1), 0)
  const fatal: unknown[] = []
  const context = createContext(options, member, budget, fatal)
  const worker = new SinkWorker(context, budget, {
    assigned() {},
    heartbeat() {},
    ...options.hooks,
  })
  void member.start(options.handlers?.(worker) ?? worker)
  return { who, member, worker, context, budget, fatal }
}

const templates = new Map<string, PathTemplate>()

/** Parsed once: a run of the simulation starts many workers. */
function templateOf(source: string): PathTemplate {
  const options = { root: '/', timeZone: 'UTC', extension: 'txt' }
  const parsed = templates.get(source) ?? parsePathTemplate(source, options)
  templates.set(source, parsed)
  return parsed
}

function uniqueId(who: string, number: number): string {
  return `${who}${number}`
}

function createContext(
  options: ProcessOptions,
  member: SimMember,
  budget: MemoryBudget,
  fatal: unknown[],
): WorkerContext {
  const { who, hdfs, schedule } = options
  const observer = { ...NO_OBSERVER, ...options.observer }
  const log = { ...NO_LOG, ...options.log }
  const rotation = { records: 5, bytes: 1e9, intervalMs: 1_000, openFiles: 100 }
  let ids = 0
  return {
    fs: new SimFileSystem(hdfs, who, schedule),
    member,
    flow: new FlowControl(member),
    committer: new OffsetCommitter(member, { observer, log }, new AbortController().signal),
    uploads: new UploadTurns(4),
    knownDirectories: new KnownDirectories(),
    format: createOutputFormat({ type: 'text', lineBreaks: 'refuse', compression: 'none' }),
    template: templateOf(options.template ?? '/data/{topic}-{partition}-{startOffset}.txt'),
    cursor: new RecordCursor(),
    root: '/',
    settings: {
      rotation: { ...rotation, ...options.rotation },
      startFrom: 'earliest',
      onRetentionGap: 'stop',
      maxUploads: 3,
      lookAgainMs: 5_000,
      ...options.settings,
    },
    segmentBytes: options.segmentBytes ?? Number.MAX_SAFE_INTEGER,
    clusterId: 'sim-cluster',
    group: 'sim-group',
    observer,
    log,
    nowMs: options.nowMs ?? Date.now,
    newId: () => (options.newId ?? uniqueId)(who, ids++),
    account: (bytes) => budget.add(bytes),
    shareBytes: () => budget.workerShareBytes / (options.kafka.partitions || 1),
    fatal: (error) => {
      fatal.push(error)
      options.fatal?.(error)
    },
  }
}
