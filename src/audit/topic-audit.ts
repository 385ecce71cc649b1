import { topicDirectory } from '../core/journal.ts'
import type { AuditContext } from './context.ts'
import { type CheckedFile, checkFile } from './file-check.ts'
import { mapInOrder, piecesOf } from './in-order.ts'
import { type Baseline, readBaseline, readJournal } from './journal-audit.ts'
import { PartitionSweep, type PartitionTotals } from './partition-sweep.ts'
import { patiently } from './patience.ts'
import { TopicFiles } from './topic-files.ts'

/** One partition, as --json has it. */
export interface PartitionReport extends PartitionTotals {
  readonly topic: string
  readonly partition: number
  /** Where the journal begins and ends; null where it does not say, or is not there. */
  readonly journalStart: number | null
  readonly journalEnd: number | null
  readonly groupOffset: number | null
  readonly logStart: number
  readonly logEnd: number
  /** Offsets in Kafka that are not written yet. */
  readonly lagOffsets: number
  /** Files beyond the journal's end as it was when the audit began; not judged. */
  readonly newerFiles: number
  readonly problems: number
}

const JOURNALS_AT_ONCE = 8
const FILES_AT_ONCE = 8
const FILES_PER_PIECE = 64

/** All about one topic; what is wrong is added to the findings. */
export async function auditTopic(
  context: AuditContext,
  topic: string,
  partitionCount: number,
): Promise<PartitionReport[]> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
  const baselines = await mapInOrder(partitions, JOURNALS_AT_ONCE, (partition) =>
    readBaseline(context, { topic, partition }),
  )
  await findLostPartitions(context, topic, partitionCount)
  const pattern = context.patternOf(topic)
  const isCompacted = await patiently(() => context.log.isCompacted(topic))
  const byPartition = new Map(baselines.map((baseline) => [baseline.at.partition, baseline]))
  const files = new TopicFiles(context, topic, pattern, byPartition)
  const sweeps = baselines.map(
    (baseline) => new PartitionSweep(context, pattern, baseline, isCompacted),
  )
  await sweepAll(context, topic, files, sweeps)
  for (const baseline of baselines) await judgeNewer(context, baseline, files)
  return baselines.map((baseline, i) => reportOf(context, baseline, files, sweeps[i]))
}

async function sweepAll(
  context: AuditContext,
  topic: string,
  files: TopicFiles,
  sweeps: readonly PartitionSweep[],
): Promise<void> {
  let current = 0
  let checked = 0
  const finishBefore = async (partition: number) => {
    for (; current < partition; current += 1) await sweeps[current]?.finish()
  }
  for await (const window of files.windows()) {
    for (const piece of piecesOf(window, FILES_PER_PIECE)) {
      const found = await mapInOrder(piece, FILES_AT_ONCE, async (file) => {
        return { partition: file.partition, file: await checkFile(context, topic, file) }
      })
      for (const { partition, file } of inOrder(found)) {
        await finishBefore(partition)
        await sweeps[partition]?.add(file)
      }
      checked += piece.length
      const part = { done: checked, total: files.listed }
      context.progress(`${topic}: ${checked} files checked`, part)
    }
  }
  await finishBefore(sweeps.length)
}

interface FileOfPartition {
  readonly partition: number
  readonly file: CheckedFile
}

function inOrder(
  found: readonly { partition: number; file: CheckedFile | undefined }[],
): FileOfPartition[] {
  return found.flatMap(({ partition, file }) => (file === undefined ? [] : { partition, file }))
}

/** Whatever is published was committed before: the journal, read once more, has to be beyond it. */
async function judgeNewer(
  context: AuditContext,
  { at, head: before }: Baseline,
  files: TopicFiles,
): Promise<void> {
  const newer = files.newer.get(at.partition)
  if (newer === undefined) return
  const journal = await readJournal(context, at)
  const { startOffset, path } = newer.furthest
  const end = journal.head?.end
  if (end !== undefined && startOffset < end) return
  // That the journal is missing is said already where it is wrong.
  if (end === undefined && context.findings.problemsOf(at.topic, at.partition) > 0) return
  const expected = end === undefined ? 'there is no journal' : `the journal ends at ${end}`
  context.findings.problem(
    'beyond-journal',
    { ...at, path, startOffset },
    `Holds offset ${startOffset}, but ${expected}: the sink will write these records once more. If it was ` +
      `rewound on purpose, move the files from ${end ?? before?.end ?? 0} on away.`,
  )
}

/** Journals of partitions that the topic does not have. */
async function findLostPartitions(
  context: AuditContext,
  topic: string,
  partitionCount: number,
): Promise<void> {
  const { files, root, group, findings } = context
  const journals = await patiently(() => files.list(topicDirectory(root, group, topic)))
  for (const { name } of journals ?? []) {
    if (!/^\d+$/.test(name) || Number(name) < partitionCount) continue
    findings.problem(
      'partition-gone',
      { topic, partition: Number(name) },
      `There is a journal, but the topic has ${partitionCount} partitions: it was created again with fewer.`,
    )
  }
}

function reportOf(
  { findings }: AuditContext,
  { at, head, start, committed, log }: Baseline,
  files: TopicFiles,
  sweep: PartitionSweep | undefined,
): PartitionReport {
  const { topic, partition } = at
  const next = head?.end ?? log.start
  return {
    topic,
    partition,
    journalStart: start ?? null,
    journalEnd: head?.end ?? null,
    groupOffset: committed?.offset ?? null,
    logStart: log.start,
    logEnd: log.end,
    lagOffsets: Math.max(0, log.end - next),
    files: 0,
    records: 0,
    bytes: 0,
    offsetsWithoutRecords: 0,
    offsetsUnchecked: 0,
    ...sweep?.totals,
    newerFiles: files.newer.get(partition)?.count ?? 0,
    problems: findings.problemsOf(topic, partition),
  }
}
