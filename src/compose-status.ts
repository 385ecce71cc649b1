/** `status`: how each partition stands, from journal, group and log, and from a sink that runs. */
import { lastFiles, type PublishedFile } from './audit/partition-files.ts'
import { readPositions, showPosition } from './compose-offsets.ts'
import type { Selection, Tools } from './compose-tools.ts'
import { outlookOf } from './core/journal-view.ts'
import { parsePathPattern } from './core/path-pattern.ts'
import { keyOf, type TopicPartition } from './core/record-batch.ts'
import { explainStop } from './core/stop-reason.ts'
import { type RunningSink, runningSink } from './http/running-sink.ts'
import type { PartitionPosition } from './sink/partition-position.ts'

export interface StatusOptions {
  readonly selection: Selection
  /** Of a running sink; its own from the configuration unless given. */
  readonly url: string | undefined
  /** Look for the last file of each partition, by listing all directories. */
  readonly files: boolean
}

export interface Status {
  readonly group: string
  readonly sink: RunningSink
  readonly partitions: readonly PartitionStatus[]
}

export interface PartitionStatus extends TopicPartition {
  /**
   * `stopped`: the running sink says so. `would-stop`: a sink that is assigned it will stop it.
   * `new`: nothing is written yet.
   */
  readonly state: 'ok' | 'new' | 'stopped' | 'would-stop'
  /** Of a stop. */
  readonly reason: string | null
  /** What was found and what resolves it. */
  readonly explanation: string | null
  readonly journal: { readonly end: number; readonly seq: number; readonly writer: string } | null
  readonly committed: { readonly offset: number; readonly ours: boolean } | null
  readonly log: { readonly start: number; readonly end: number }
  /** Offsets that are not written yet; null where it is not known from where on. */
  readonly lag: number | null
  /** null where it was not looked for, or there is none. */
  readonly lastFile: string | null
  /** The offset of its last record; null where neither its name nor its stamp tells. */
  readonly lastFileEnd: number | null
}

const TIMEOUT_MS = 3_000

export async function readStatus(tools: Tools, options: StatusOptions): Promise<Status> {
  const { config } = tools
  const positions = await readPositions(tools, options.selection)
  const sink = await runningSink(options.url ?? urlOf(config.http), config.kafka.group, TIMEOUT_MS)
  const files = options.files
    ? await lastFilesOf(tools, positions)
    : new Map<string, PublishedFile>()
  const { group, startFrom, onRetentionGap } = config.kafka
  const partitions = positions.map((position): PartitionStatus => {
    const outlook = outlookOf(position, { startFrom, onRetentionGap })
    const { at, journal } = position
    const stopped = sink.stopped.find(
      ({ topic, partition }) => topic === at.topic && partition === at.partition,
    )
    const facts = { ...factsOf(position), ...lastFileIn(files, at) }
    if (stopped !== undefined) {
      const { reason, explanation } = stopped
      return { ...at, state: 'stopped', reason, explanation, ...facts }
    }
    if (outlook.kind === 'stop') {
      const explanation = explainStop(outlook.stop, { at, group, journal })
      return { ...at, state: 'would-stop', reason: outlook.stop.reason, explanation, ...facts }
    }
    const state = position.state.kind === 'none' ? 'new' : 'ok'
    return { ...at, state, reason: null, explanation: null, ...facts }
  })
  return { group, sink, partitions }
}

function factsOf(
  position: PartitionPosition,
): Pick<PartitionStatus, 'journal' | 'committed' | 'log' | 'lag'> {
  const { journal, group: committed, log } = showPosition(position)
  const from = journal?.end ?? committed?.offset
  return { journal, committed, log, lag: from === undefined ? null : Math.max(0, log.end - from) }
}

/** By topic and partition. */
async function lastFilesOf(
  { config: { hdfs }, fs, repeat }: Tools,
  positions: readonly PartitionPosition[],
): Promise<Map<string, PublishedFile>> {
  const last = new Map<string, PublishedFile>()
  for (const [topic, own] of Map.groupBy(positions, ({ at }) => at.topic)) {
    const pattern = parsePathPattern(hdfs.path, topic, hdfs)
    const partitions = new Set(own.map(({ at }) => at.partition))
    const found = await repeat('hdfs', 'find-files', () => lastFiles(fs, pattern, partitions))
    for (const [partition, file] of found) last.set(keyOf({ topic, partition }), file)
  }
  return last
}

function lastFileIn(
  files: ReadonlyMap<string, PublishedFile>,
  at: TopicPartition,
): Pick<PartitionStatus, 'lastFile' | 'lastFileEnd'> {
  const file = files.get(keyOf(at))
  return { lastFile: file?.path ?? null, lastFileEnd: file?.isEnd ? file.offset : null }
}

/** Where a sink of this configuration would answer on this machine; undefined where it would not. */
function urlOf({ host, port }: Tools['config']['http']): string | undefined {
  if (port === null || port === 0) return undefined
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
