import type { FileStatus } from '../../src/core/ports.ts'
import { BrokenPromiseError } from './broken.ts'
import type { SimKafka } from './sim-kafka.ts'

/** What became of the record of an offset; offsets without one are not in the ledger. */
type Fate = 'produced' | 'visible' | 'removed'

/** HDFS as it would be after any failover. */
export interface DurableFiles {
  filesBelow(directory: string): string[]
  read(path: string): Buffer | undefined
  /** Grows with every change of names or contents. */
  readonly changes: number
  list(path: string): FileStatus[] | undefined
}

export interface LedgerOptions {
  readonly hdfs: DurableFiles
  readonly kafka: SimKafka
  /** Where the final files are. */
  readonly directory: string
  readonly startFrom: 'earliest' | 'latest'
}

/** Where the sink of the simulation keeps its journals, and its files. */
export const JOURNALS = '/_sink/sim-group/t'
export const OUTPUT = '/data'

/**
 * The oracle: knows what was produced, sees what a reader of the final files sees, and complains at
 * the first moment at which a promise is broken. Knows nothing of the sink's code.
 */
export class Ledger {
  /** Partitions that may stop, and why: they need not be complete. */
  readonly expectedStops = new Map<number, Set<string>>()
  /** The first record of a partition that the sink refuses: what follows it need not be there. */
  private readonly firstRefused = new Map<number, number>()
  private readonly hdfs: DurableFiles
  private readonly kafka: SimKafka
  private readonly directory: string
  private readonly startFrom: 'earliest' | 'latest'
  /** Partitions whose journal was seen. */
  private readonly founded = new Set<number>()
  private readonly files = new Map<string, string>()
  private readonly records: (Map<number, Fate> | undefined)[] = []
  /** For each partition, the offset below which nothing is missing. */
  private readonly complete: number[] = []
  private seenChanges = -1

  constructor({ hdfs, kafka, directory, startFrom }: LedgerOptions) {
    this.hdfs = hdfs
    this.kafka = kafka
    this.directory = directory
    this.startFrom = startFrom
  }

  // ------------------------------------------------------------ what the world does

  /** There is a visible record at this offset. */
  produced(partition: number, offset: number): void {
    this.of(partition).set(offset, 'produced')
  }

  /** Retention or compaction took it: whoever has not read it yet never will. */
  removed(partition: number, offset: number): void {
    const records = this.of(partition)
    if (records.get(offset) === 'produced') records.set(offset, 'removed')
  }

  /** A user took this file away: its records stay written. */
  movedAway(path: string): void {
    this.files.delete(path)
    this.seenChanges = -1
  }

  /** From now on the sink may stop this partition, for one of these reasons. */
  expectStop(partition: number, reasons: readonly string[]): void {
    const expected = this.expectedStops.get(partition) ?? new Set()
    for (const reason of reasons) expected.add(reason)
    this.expectedStops.set(partition, expected)
  }

  refused(partition: number, offset: number): void {
    if (!this.firstRefused.has(partition)) this.firstRefused.set(partition, offset)
  }

  /** The sink says that it stopped a partition. */
  stopped(partition: number, reason: string): void {
    if (this.expectedStops.get(partition)?.has(reason)) return
    if (reason === 'unwritable' && this.firstRefused.has(partition)) return
    throw new BrokenPromiseError('stopped', `partition ${partition} stopped: ${reason}`)
  }

  /** Whoever follows the advice that came with a stop must lose the refused record alone. */
  advised(partition: number, reason: string, advice: string): void {
    const next = / --to (\d+) /.exec(advice)?.[1]
    if (reason !== 'unwritable' || next === undefined) return
    this.look()
    const complete = this.completeUpTo(partition)
    if (this.expectedStops.has(partition) || Number(next) - 1 <= complete) return
    const text = `${partition} would go on at ${next}, and visible is all below ${complete}`
    throw new BrokenPromiseError('bad-advice', text)
  }

  // ------------------------------------------------------------ what must hold

  /** Throws what is wrong at this moment. */
  check(): void {
    this.look()
    for (const [partition, { offset }] of this.kafka.committed) {
      const complete = this.completeUpTo(partition)
      // What somebody else told Kafka, or what was told of a topic or journal that is no more.
      const isForeign = this.expectedStops.get(partition)?.has('group-moved') === true
      if (offset <= complete || isForeign) continue
      const text = `Kafka was told ${offset} of ${partition}, visible is all below ${complete}`
      throw new BrokenPromiseError('told-early', text)
    }
  }

  /** Whether everything that was produced is there, but for what is excused. */
  get isComplete(): boolean {
    return this.missing.length === 0
  }

  /** `partition: complete of end` of each partition that lacks something. */
  get missing(): string[] {
    return Array.from({ length: this.kafka.partitions }, (_, partition) => partition).flatMap(
      (partition) => {
        const refused = this.firstRefused.get(partition) ?? Number.POSITIVE_INFINITY
        const end = Math.min(this.kafka.trueEnd(partition), refused)
        const complete = this.completeUpTo(partition)
        if (complete >= end || this.expectedStops.has(partition)) return []
        return [`${partition}: ${complete} of ${end}`]
      },
    )
  }

  get visibleFiles(): number {
    return this.files.size
  }

  get visibleRecords(): number {
    let count = 0
    for (const records of this.records) {
      for (const fate of records?.values() ?? []) if (fate === 'visible') count += 1
    }
    return count
  }

  private look(): void {
    if (this.seenChanges === this.hdfs.changes) return
    this.seenChanges = this.hdfs.changes
    if (this.startFrom === 'latest') this.lookForStarts()
    const paths = this.hdfs.filesBelow(this.directory)
    for (const path of paths) this.read(path)
    if (this.files.size === paths.length) return
    const gone = [...this.files.keys()].filter((path) => !paths.includes(path))
    throw new BrokenPromiseError('disappeared', `published ${gone.join()} has disappeared`)
  }

  /** Where `latest` is was decided when the journal came to be: nothing before that is asked for. */
  private lookForStarts(): void {
    for (let partition = 0; partition < this.kafka.partitions; partition++) {
      if (this.founded.has(partition)) continue
      const names = this.hdfs.list(`${JOURNALS}/${partition}`)?.map(({ name }) => name) ?? []
      const start = names.flatMap((name) => /^head\.\d+\.(\d+)\.-\./.exec(name)?.[1] ?? [])[0]
      if (start === undefined) continue
      this.founded.add(partition)
      for (let offset = 0; offset < Number(start); offset++) this.removed(partition, offset)
    }
  }

  private read(path: string): void {
    const bytes = this.hdfs.read(path)
    const known = this.files.get(path)
    const content = String(bytes)
    if (known === content) return
    if (known !== undefined) {
      throw new BrokenPromiseError('changed', `published file ${path} has changed`)
    }
    this.files.set(path, content)
    if (!content.endsWith('\n')) throw new BrokenPromiseError('cut', `${path} is cut`)
    let previous = -1
    for (const line of content.slice(0, -1).split('\n')) {
      const [partition = -1, offset = -1, ...others] = line.split(':').map(Number)
      if (others.length > 0) throw new BrokenPromiseError('unknown-record', `${path} holds ${line}`)
      this.see(partition, offset, path, line)
      if (offset <= previous) {
        throw new BrokenPromiseError('disorder', `${path} is out of order at ${line}`)
      }
      if (previous >= 0) this.checkNothingBetween(partition, previous, offset, path)
      previous = offset
    }
  }

  /** What lies within the range of a file is in that file, or nowhere. */
  private checkNothingBetween(partition: number, from: number, to: number, path: string): void {
    for (let offset = from + 1; offset < to; offset++) {
      const fate = this.of(partition).get(offset)
      if (fate === undefined || fate === 'removed') continue
      const text = `${path} goes from ${from} to ${to}, and ${offset} is ${fate} outside it`
      throw new BrokenPromiseError('disorder', text)
    }
  }

  private see(partition: number, offset: number, path: string, line: string): void {
    const records = this.of(partition)
    const fate = records.get(offset)
    if (fate === undefined) {
      throw new BrokenPromiseError('unknown-record', `${path} holds "${line}"`)
    }
    if (fate === 'visible') {
      throw new BrokenPromiseError('twice', `${line} is visible twice, now in ${path}`)
    }
    records.set(offset, 'visible')
  }

  /** The first offset whose record is not visible though it should be; the log's end if there is none. */
  completeUpTo(partition: number): number {
    const records = this.of(partition)
    const end = this.kafka.trueEnd(partition)
    let next = this.complete[partition] ?? 0
    while (next < end && records.get(next) !== 'produced') next += 1
    this.complete[partition] = next
    return next
  }

  /** One past the last visible record before which nothing is missing. */
  writtenUpTo(partition: number): number {
    let next = this.completeUpTo(partition)
    while (next > 0 && this.of(partition).get(next - 1) !== 'visible') next -= 1
    return next
  }

  private of(partition: number): Map<number, Fate> {
    let records = this.records[partition]
    if (records === undefined) {
      records = new Map()
      this.records[partition] = records
    }
    return records
  }
}
