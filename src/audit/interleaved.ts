import { NotFoundError } from '../core/errors.ts'
import { type LineFormat, readContents } from './contents.ts'
import type { AuditContext } from './context.ts'
import { codecOf } from './decompress.ts'
import { readWhole, UnreadableFileError } from './file-bytes.ts'
import { type CheckedFile, formatOf } from './file-check.ts'
import { type Details, range } from './findings.ts'
import type { Baseline } from './journal-audit.ts'
import type { LogScanner } from './kafka-records.ts'
import type { Cluster } from './partition-sweep.ts'

/*
 * Where paths have record times, one flush makes several files whose ranges of offsets reach into
 * each other. That is no overlap: the question is whether each record is in one of them.
 */

export type StampedCluster = Cluster & { readonly records: number }

export interface KnownOfPartition {
  readonly baseline: Baseline
  readonly scanner: LogScanner
  readonly isCompacted: boolean
}

/** A bit for each offset: 8 MiB at most. A flush is far smaller. */
const MOST_EXACT_OFFSETS = 64 * 1024 * 1024

export async function judgeInterleaved(
  context: AuditContext,
  cluster: StampedCluster,
  known: KnownOfPartition,
): Promise<void> {
  const { baseline } = known
  const { start, end, records } = cluster
  const offsets = end - start + 1
  const held = offsets <= MOST_EXACT_OFFSETS ? await heldOffsets(context, cluster) : undefined
  if (held !== undefined && held.twice > 0) {
    overlap(context, baseline, cluster, held.twice)
    return
  }
  if (held === undefined && records > offsets) {
    overlap(context, baseline, cluster, records - offsets)
    return
  }
  if (records === offsets) return
  await compareWithKafka(context, cluster, held, known)
}

/** The offsets in files that tell them. */
class OffsetSet {
  readonly #start: number
  readonly #bits: Uint8Array
  /** How many were added again. */
  twice = 0

  constructor(start: number, offsets: number) {
    this.#start = start
    this.#bits = new Uint8Array(Math.ceil(offsets / 8))
  }

  add(offset: number): void {
    if (this.has(offset)) this.twice += 1
    const at = offset - this.#start
    const byte = this.#bits[at >>> 3]
    if (byte !== undefined) this.#bits[at >>> 3] = byte | (1 << (at & 7))
  }

  has(offset: number): boolean {
    const at = offset - this.#start
    return ((this.#bits[at >>> 3] ?? 0) & (1 << (at & 7))) !== 0
  }
}

/** undefined where the files do not tell, or are not to be read. */
async function heldOffsets(
  context: AuditContext,
  { start, end, files }: Cluster,
): Promise<OffsetSet | undefined> {
  if (context.thoroughness === 'quick') return undefined
  const formats = files.map(({ path }): LineFormat => formatOf(path) ?? context.format)
  if (formats.some((format) => format === 'text')) return undefined
  const held = new OffsetSet(start, end - start + 1)
  for (const file of files) if (!(await addOffsets(context, file, held))) return undefined
  return held
}

/** false when the file cannot be read to its end: that is said elsewhere. */
async function addOffsets(
  { files }: AuditContext,
  { path }: CheckedFile,
  held: OffsetSet,
): Promise<boolean> {
  const options = { codec: codecOf(path), format: 'json-lines' } as const
  const onOffset = (offset: number) => held.add(offset)
  try {
    const { damage } = await readContents(readWhole(files, path), { ...options, onOffset })
    return damage === undefined
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof UnreadableFileError) return false
    throw error
  }
}

/** Fewer records than offsets: some are missing, or some offsets are no records. */
async function compareWithKafka(
  context: AuditContext,
  cluster: StampedCluster,
  held: OffsetSet | undefined,
  { baseline: { at, log }, scanner, isCompacted }: KnownOfPartition,
): Promise<void> {
  const { start, end, records } = cluster
  if (start < log.start) return
  let missing = 0
  let first: number | undefined
  const onOffset = (offset: number) => {
    if (held === undefined || held.has(offset)) return
    missing += 1
    first ??= offset
  }
  const found = await scanner.count(start, end + 1, { onOffset })
  if (found === undefined) return
  if (held === undefined) missing = found.records - records
  if (missing > 0) {
    context.findings.problem(
      'gap',
      { ...at, startOffset: first ?? start, endOffset: end, records: missing },
      `${filesOf(cluster)} share ${range(start, end)}. ${missing} records that Kafka has there are in none ` +
        'of them: a file of this flush was moved or deleted.',
    )
  } else if (held === undefined && missing < 0 && !isCompacted) {
    overlap(context, { at }, cluster, -missing)
  }
}

function overlap(
  { findings }: AuditContext,
  { at }: Pick<Baseline, 'at'>,
  cluster: Cluster,
  records: number,
): void {
  const details: Details = { ...at, startOffset: cluster.start, endOffset: cluster.end, records }
  findings.problem(
    'overlap',
    { ...details, path: cluster.files.at(-1)?.path ?? null },
    `${filesOf(cluster)} share ${range(cluster.start, cluster.end)}, and ${records} records are in two of them.`,
  )
}

function filesOf({ files }: Cluster): string {
  const paths = files.slice(0, 3).map(({ path }) => path)
  return files.length > 3 ? `${paths.join(', ')} and ${files.length - 3} more` : paths.join(', ')
}
