import type { AuditContext } from '../../src/audit/context.ts'
import { Findings } from '../../src/audit/findings.ts'
import {
  formatHead,
  formatIdentity,
  formatStamp,
  IDENTITY_ATTRIBUTE,
  STAMP_ATTRIBUTE,
  type Stamp,
} from '../../src/core/journal.ts'
import { parsePathPattern } from '../../src/core/path-pattern.ts'
import type { DirectoryPage, FileReader, FileStatus, LogReader } from '../../src/core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../../src/core/record-batch.ts'
import { formatResetNote, RESET_ATTRIBUTE, type ResetNote } from '../../src/core/reset-note.ts'
import { valueBatch } from '../support/records.ts'

/*
 * HDFS and Kafka as an audit reads them, for directories and logs of any size: both are described,
 * not held.
 */

export const ROOT = '/kafka'
export const TOPIC = 'clicks'
const PAGE = 1_000
const JOURNAL_INODES = 1_000_000_000

/** One directory: how many entries it has, and each of them. */
export interface FakeDirectory {
  readonly size: number
  entry(index: number): FileStatus
}

export interface FakeWorld {
  /** By path. */
  readonly directories: ReadonlyMap<string, FakeDirectory>
  readonly stampOf: (path: string) => Stamp | undefined
  /** Where each partition's journal begins and ends. */
  readonly journals: readonly { readonly start: number; readonly end: number }[]
  /** Whether Kafka has a record at this offset; by default all have one. */
  readonly hasRecord?: (at: TopicPartition, offset: number) => boolean
  readonly logStart?: number
  readonly bytesOf?: (path: string) => Buffer
  /** Of every journal. */
  readonly reset?: ResetNote
}

export function fileStatus(name: string, byteLength: number): FileStatus {
  return { name, type: 'file', byteLength, fileId: 1, modifiedMs: 0 }
}

export function directoryStatus(name: string): FileStatus {
  return { name, type: 'directory', byteLength: 0, fileId: 1, modifiedMs: 0 }
}

export function directoryOf(entries: readonly FileStatus[]): FakeDirectory {
  return { size: entries.length, entry: (index) => entries[index] as FileStatus }
}

export class FakeFiles implements FileReader {
  listedEntries = 0
  readonly #world: FakeWorld

  constructor(world: FakeWorld) {
    this.#world = world
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const partition = /^\/kafka\/_sink\/group\/clicks\/(\d+)$/.exec(path)?.[1]
    if (partition !== undefined) {
      return { ...directoryStatus(''), fileId: JOURNAL_INODES + Number(partition) }
    }
    const stamp = this.#world.stampOf(path)
    return stamp && fileStatus('', stamp.byteLength)
  }

  async list(path: string): Promise<FileStatus[] | undefined> {
    const journal = this.#journalAt(path)
    if (journal === undefined) return undefined
    const head = { seq: 1, end: journal.end, flush: undefined, writer: 'w' }
    return [directoryStatus(formatHead(head))]
  }

  async getXattrs(path: string): Promise<ReadonlyMap<string, string> | undefined> {
    const journal = this.#journalAt(path)
    if (journal !== undefined) {
      const identity = { journalId: 'j', clusterId: 'c', topic: TOPIC, group: 'group' }
      const { reset } = this.#world
      return new Map([
        [IDENTITY_ATTRIBUTE, formatIdentity({ ...identity, start: journal.start })],
        ...(reset === undefined ? [] : [[RESET_ATTRIBUTE, formatResetNote(reset)] as const]),
      ])
    }
    const stamp = this.#world.stampOf(path)
    return new Map(stamp === undefined ? [] : [[STAMP_ATTRIBUTE, formatStamp(stamp)]])
  }

  async listPage(path: string, after: string): Promise<DirectoryPage | undefined> {
    const directory = this.#world.directories.get(path)
    if (directory === undefined) return undefined
    const from = after === '' ? 0 : firstAfter(directory, after)
    const to = Math.min(from + PAGE, directory.size)
    this.listedEntries += to - from
    const entries = Array.from({ length: to - from }, (_, i) => directory.entry(from + i))
    return { entries, more: to < directory.size }
  }

  async *read(path: string, position: number): AsyncGenerator<Uint8Array> {
    const bytes = this.#world.bytesOf?.(path)
    if (bytes === undefined) throw new Error(`nothing is known of the bytes of ${path}`)
    yield bytes.subarray(position)
  }

  #journalAt(path: string) {
    const inode = /^\/\.reserved\/\.inodes\/(\d+)$/.exec(path)?.[1]
    return this.#world.journals[Number(inode) - JOURNAL_INODES]
  }
}

/** By halving, as the entries are in order. */
function firstAfter({ size, entry }: FakeDirectory, name: string): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (entry(middle).name > name) high = middle
    else low = middle + 1
  }
  return low
}

/** As many offsets as one fetch brings. */
const FETCHED = 500

export class FakeLog implements LogReader {
  readonly #world: FakeWorld

  constructor(world: FakeWorld) {
    this.#world = world
  }

  async clusterId(): Promise<string> {
    return 'c'
  }

  async resolveTopics(): Promise<Map<string, number>> {
    return new Map([[TOPIC, this.#world.journals.length]])
  }

  async committedOffset(): Promise<undefined> {
    return undefined
  }

  async logBounds({ partition }: TopicPartition) {
    const end = this.#world.journals[partition]?.end ?? 0
    return { start: this.#world.logStart ?? 0, end }
  }

  async fetch(at: TopicPartition, offset: number): Promise<FetchedRecords | undefined> {
    const { end } = await this.logBounds(at)
    if (offset < (this.#world.logStart ?? 0) || offset > end) return undefined
    const nextOffset = Math.min(offset + FETCHED, end)
    const { hasRecord = () => true } = this.#world
    const offsets = Array.from({ length: nextOffset - offset }, (_, i) => offset + i)
    const batches = offsets
      .filter((each) => hasRecord(at, each))
      .map((each) => valueBatch(['v'], each))
    return {
      ...at,
      fetchedOffset: offset,
      nextOffset,
      highWatermark: end,
      byteLength: 0,
      batches: () => batches,
    }
  }

  async isCompacted(): Promise<boolean> {
    return false
  }
}

/** An audit of that world, which looks at no file's bytes unless told. */
export function contextOf(
  world: FakeWorld,
  path: string,
  more: Partial<AuditContext> = {},
): AuditContext & { readonly files: FakeFiles } {
  return {
    files: new FakeFiles(world),
    log: new FakeLog(world),
    root: ROOT,
    group: 'group',
    clusterId: 'c',
    thoroughness: 'quick',
    startFrom: 'earliest',
    onRetentionGap: 'stop',
    patternOf: (topic) => parsePathPattern(path, topic, { root: ROOT }),
    format: 'text',
    countsLines: true,
    windowFiles: 1_000,
    findings: new Findings(),
    progress: () => undefined,
    ...more,
  } as AuditContext & { readonly files: FakeFiles }
}
