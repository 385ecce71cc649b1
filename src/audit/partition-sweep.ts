import type { Stamp } from '../core/journal.ts'
import type { PathPattern } from '../core/path-pattern.ts'
import type { ResetNote } from '../core/reset-note.ts'
import type { AuditContext } from './context.ts'
import type { CheckedFile } from './file-check.ts'
import { type Details, range } from './findings.ts'
import { judgeInterleaved } from './interleaved.ts'
import type { Baseline } from './journal-audit.ts'
import { LogScanner } from './kafka-records.ts'

/** What was found in a partition, in numbers. */
export interface PartitionTotals {
  files: number
  records: number
  bytes: number
  /** Offsets below the journal's end that no file holds and that are no records in Kafka either. */
  offsetsWithoutRecords: number
  /** Offsets that no file holds and of which Kafka knows nothing any more. */
  offsetsUnchecked: number
}

/** Files whose ranges of offsets reach into each other. */
export interface Cluster {
  start: number
  end: number
  /** Of all files; undefined where one of them has no stamp. */
  records: number | undefined
  readonly files: CheckedFile[]
}

/** Beyond this many records of a gap it does not matter how many there are. */
const MOST_COUNTED = 1_000_000
/** Files of one flush are a hundred at most; more only where something is wrong. */
const MOST_IN_A_CLUSTER = 1_000

/**
 * Goes through the files of one partition in the order of their offsets, and compares what they
 * hold with what the journal says is written and Kafka still has. Holds one cluster of files.
 */
export class PartitionSweep {
  readonly totals: PartitionTotals = {
    files: 0,
    records: 0,
    bytes: 0,
    offsetsWithoutRecords: 0,
    offsetsUnchecked: 0,
  }
  readonly #context: AuditContext
  readonly #pattern: PathPattern
  readonly #baseline: Baseline
  readonly #isCompacted: boolean
  readonly #scanner: LogScanner
  #unpublished: Stamp[]
  /** Everything below is accounted for; undefined until it is known where the journal began. */
  #position: number | undefined
  #cluster: Cluster | undefined
  #unchecked: { start: number; end: number; ranges: number } | undefined

  constructor(
    context: AuditContext,
    pattern: PathPattern,
    baseline: Baseline,
    isCompacted: boolean,
  ) {
    this.#context = context
    this.#pattern = pattern
    this.#baseline = baseline
    this.#isCompacted = isCompacted
    const isDeep = context.thoroughness === 'deep'
    this.#scanner = new LogScanner(context.log, baseline.at, isDeep)
    this.#position = baseline.start
    this.#unpublished = baseline.unpublished.toSorted((a, b) => a.startOffset - b.startOffset)
  }

  /** The next file, none of which begins before the one before. */
  async add(file: CheckedFile): Promise<void> {
    this.#unpublished = this.#unpublished.filter(({ path }) => path !== file.path)
    await this.#takeUnpublished(file.startOffset)
    this.totals.files += 1
    this.totals.records += file.records ?? 0
    this.totals.bytes += file.byteLength
    this.#checkEnd(file)
    await this.#join(file)
  }

  /** After the last file. */
  async finish(): Promise<void> {
    const { head } = this.#baseline
    await this.#takeUnpublished(Number.POSITIVE_INFINITY)
    await this.#closeCluster()
    if (head !== undefined && this.#position !== undefined)
      await this.#hole(this.#position, head.end)
    this.#noteUnchecked()
  }

  /** The sink commits whole files: one that reaches across the journal's end is of another history. */
  #checkEnd({ path, startOffset, endOffset, records }: CheckedFile): void {
    const end = this.#baseline.head?.end
    if (end === undefined || records === undefined || endOffset < end) return
    this.#context.findings.problem(
      'beyond-journal',
      { ...this.#baseline.at, path, startOffset, endOffset },
      `Holds ${range(startOffset, endOffset)}, but the journal ends at ${end}: the sink will write what ` +
        'is beyond once more.',
    )
  }

  async #takeUnpublished(before: number): Promise<void> {
    while ((this.#unpublished[0]?.startOffset ?? Number.POSITIVE_INFINITY) < before) {
      const stamp = this.#unpublished.shift()
      if (stamp !== undefined) await this.#join(stamp)
    }
  }

  async #join(file: CheckedFile): Promise<void> {
    const cluster = this.#cluster
    if (cluster !== undefined && file.startOffset <= cluster.end) {
      cluster.end = Math.max(cluster.end, file.endOffset)
      cluster.records = sum(cluster.records, file.records)
      if (cluster.files.length < MOST_IN_A_CLUSTER) cluster.files.push(file)
      return
    }
    await this.#closeCluster()
    const { startOffset: start, endOffset: end, records } = file
    this.#cluster = { start, end, records, files: [file] }
  }

  async #closeCluster(): Promise<void> {
    const cluster = this.#cluster
    if (cluster === undefined) return
    this.#cluster = undefined
    if (this.#position === undefined) this.#beginAt(cluster.start)
    else if (cluster.start > this.#position) await this.#hole(this.#position, cluster.start)
    await this.#judge(cluster)
    this.#position = Math.max(this.#position ?? 0, cluster.end + 1)
  }

  /** A journal that does not say where it began. */
  #beginAt(offset: number): void {
    this.#position = offset
    if (this.#baseline.log.start >= offset) return
    this.#context.findings.note(
      'start-unknown',
      { ...this.#baseline.at, startOffset: this.#baseline.log.start, endOffset: offset - 1 },
      `The journal, of an older version, does not say where it began: what is below the first file, at ` +
        `offset ${offset}, is not judged.`,
    )
  }

  async #judge(cluster: Cluster): Promise<void> {
    const { files, start, end, records } = cluster
    const [first, second] = files
    if (second === undefined) {
      if (this.#context.thoroughness === 'deep') await this.#compareWithKafka(cluster)
      return
    }
    if (records === undefined) return
    const details: Details = { ...this.#baseline.at, startOffset: start, endOffset: end }
    if (this.#pattern.usesTime) {
      const exactly = { ...cluster, records }
      await judgeInterleaved(this.#context, exactly, {
        baseline: this.#baseline,
        scanner: this.#scanner,
        isCompacted: this.#isCompacted,
      })
      return
    }
    const more = files.length > 2 ? `, and ${files.length - 2} more` : ''
    this.#context.findings.problem(
      'overlap',
      { ...details, path: second.path, records: Math.max(0, records - (end - start + 1)) || null },
      `Offsets of ${first?.path} and ${second.path}${more} overlap: records are there twice. If the sink ` +
        'was rewound, move the older of these files away.',
    )
  }

  async #compareWithKafka({ start, end, records, files }: Cluster): Promise<void> {
    const { at, log } = this.#baseline
    if (records === undefined || start < log.start) return
    const found = await this.#scanner.count(start, end + 1)
    if (found === undefined || found.records === records) return
    if (found.records < records && this.#isCompacted) return
    this.#context.findings.problem(
      'wrong-records',
      { ...at, path: files[0]?.path ?? null, startOffset: start, endOffset: end, records },
      `Holds ${records} records, where Kafka has ${found.records} from ${start} to ${end}.`,
    )
  }

  /** No file holds the offsets from `from` up to and without `to`. */
  async #hole(from: number, to: number): Promise<void> {
    if (from >= to) return
    const { log } = this.#baseline
    if (from < log.start) this.#addUnchecked(from, Math.min(to, log.start))
    const start = Math.max(from, log.start)
    if (start < to) await this.#holeInLog(start, to)
  }

  async #holeInLog(from: number, to: number): Promise<void> {
    const { reset } = this.#baseline
    const skipFrom = Math.max(from, reset?.from ?? to)
    const skipTo = Math.min(to, reset?.to ?? from)
    if (reset === undefined || skipFrom >= skipTo) {
      await this.#compareHole(from, to)
      return
    }
    await this.#compareHole(from, skipFrom)
    this.#noteSkipped(reset, skipFrom, skipTo)
    await this.#compareHole(skipTo, to)
  }

  #noteSkipped({ by, at, reason }: ResetNote, from: number, to: number): void {
    const why = reason === null ? '' : ` ("${reason}")`
    this.#context.findings.note(
      'skipped',
      { ...this.#baseline.at, startOffset: from, endOffset: to - 1 },
      `${by} moved the sink over these offsets at ${at}${why}.`,
    )
  }

  async #compareHole(from: number, to: number): Promise<void> {
    if (from >= to) return
    const { at } = this.#baseline
    const found = await this.#scanner.count(from, to, { mostRecords: MOST_COUNTED })
    if (found === undefined) {
      // Retention has moved on since the audit began.
      this.#addUnchecked(from, to)
      return
    }
    const { records, first, last, isComplete } = found
    if (first === undefined || last === undefined) {
      this.totals.offsetsWithoutRecords += to - from
      return
    }
    const endOffset = isComplete ? last : to - 1
    const count = isComplete ? `${records}` : `more than ${records}`
    this.#context.findings.problem(
      'gap',
      { ...at, startOffset: first, endOffset, records },
      `The journal says that ${range(first, endOffset)} are written, and Kafka has ${count} records there, ` +
        `but no file below ${this.#pattern.base} holds them. If somebody moved or deleted files there, ` +
        'this is what they held; so it looks too when hdfs.path was changed.',
    )
  }

  #addUnchecked(start: number, end: number): void {
    this.totals.offsetsUnchecked += end - start
    const before = this.#unchecked
    this.#unchecked = { start: before?.start ?? start, end, ranges: (before?.ranges ?? 0) + 1 }
  }

  #noteUnchecked(): void {
    if (this.#unchecked === undefined) return
    const { start, end, ranges } = this.#unchecked
    const offsets = this.totals.offsetsUnchecked
    this.#context.findings.note(
      'unchecked',
      { ...this.#baseline.at, startOffset: start, endOffset: end - 1 },
      `No file holds ${offsets} offsets in ${ranges} ranges. This cannot be checked: they are no longer in ` +
        'Kafka. Files that were moved away leave such ranges, and offsets without records do.',
    )
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}
