import type { PathPattern } from '../core/path-pattern.ts'
import type { FileReader } from '../core/ports.ts'
import { MOST_OPEN_FILES } from '../core/rotation.ts'
import { readableStampIn } from './journal-audit.ts'
import { outputFiles } from './output-files.ts'
import { patiently } from './patience.ts'

/** A published file, as far as its name tells; of the last ones also as their stamps tell. */
export interface PublishedFile {
  readonly path: string
  /** The highest offset that is known to be in it: of its last record, or else of its first. */
  readonly offset: number
  /** It is that of the last record. */
  readonly isEnd: boolean
}

/** The files of a partition that hold offsets from somewhere on: the first of them, and how many. */
export interface FilesBeyond {
  readonly count: number
  /** After the last offset that one of them holds. */
  readonly end: number
  readonly first: readonly PublishedFile[]
}

const MOST_LISTED = 20

/** By partition; `from` says where to begin, and partitions that it does not have are left out. */
export async function filesBeyond(
  files: FileReader,
  pattern: PathPattern,
  from: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, FilesBeyond>> {
  const found = new Map<number, Beyond>()
  const most = mostOfAFlush(pattern)
  for await (const [partition, file] of publishedFiles(files, pattern, from)) {
    const entry = found.get(partition) ?? new Beyond(from.get(partition) ?? 0, most)
    found.set(partition, entry)
    entry.add(file)
  }
  for (const entry of found.values()) await entry.settle(files)
  return new Map([...found].filter(([, { count }]) => count > 0))
}

class Beyond implements FilesBeyond {
  count = 0
  end = 0
  readonly first: PublishedFile[] = []
  readonly #from: number
  /** Of those that begin below: they may reach beyond, unseen. */
  readonly #nearest: LastFiles
  readonly #last: LastFiles

  constructor(from: number, most: number) {
    this.#from = from
    this.#nearest = new LastFiles(most)
    this.#last = new LastFiles(most)
  }

  add(file: PublishedFile): void {
    if (file.offset < this.#from) {
      if (!file.isEnd) this.#nearest.add(file)
      return
    }
    this.count += 1
    this.end = Math.max(this.end, file.offset + 1)
    if (this.first.length < MOST_LISTED) this.first.push(file)
    this.#last.add(file)
  }

  /** Asks for what the names do not tell. */
  async settle(files: FileReader): Promise<void> {
    for (const file of await this.#nearest.withEnds(files)) {
      if (file.offset >= this.#from) this.add(file)
    }
    for (const { offset } of await this.#last.withEnds(files)) {
      this.end = Math.max(this.end, offset + 1)
    }
    this.first.sort((a, b) => a.offset - b.offset)
  }
}

/** Of all files that it is shown, those of the highest offsets by name. */
class LastFiles {
  readonly #most: number
  #files: PublishedFile[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(file: PublishedFile): void {
    const index = this.#files.findLastIndex(({ offset }) => offset <= file.offset) + 1
    if (index === 0 && this.#files.length === this.#most) return
    this.#files.splice(index, 0, file)
    if (this.#files.length > this.#most) this.#files.shift()
  }

  /** Ascending by name. */
  async withEnds(files: FileReader): Promise<PublishedFile[]> {
    const whole: PublishedFile[] = []
    for (const file of this.#files) whole.push(await withEnd(files, file))
    return whole
  }
}

/** By partition, the file with the highest offset. */
export async function lastFiles(
  files: FileReader,
  pattern: PathPattern,
  partitions: ReadonlySet<number>,
): Promise<ReadonlyMap<number, PublishedFile>> {
  const most = mostOfAFlush(pattern)
  const candidates = new Map<number, LastFiles>()
  for await (const [partition, file] of publishedFiles(files, pattern, partitions)) {
    const known = candidates.get(partition) ?? new LastFiles(most)
    candidates.set(partition, known)
    known.add(file)
  }
  const last = new Map<number, PublishedFile>()
  for (const [partition, known] of candidates) {
    const whole = await known.withEnds(files)
    const [first] = whole.toSorted((a, b) => b.offset - a.offset)
    if (first !== undefined) last.set(partition, first)
  }
  return last
}

/**
 * Files of different flushes lie behind each other, so that the last one reaches furthest; those of one
 * that was split by time lie in each other.
 */
function mostOfAFlush(pattern: PathPattern): number {
  return pattern.usesTime ? MOST_OPEN_FILES : 1
}

/** The stamp goes with a file that is renamed, and is missed where somebody wrote it anew. */
async function withEnd(files: FileReader, file: PublishedFile): Promise<PublishedFile> {
  if (file.isEnd) return file
  const attributes = await patiently(() => files.getXattrs(file.path))
  const stamp = attributes && readableStampIn(attributes)
  if (stamp === undefined) return file
  return { ...file, offset: Math.max(file.offset, stamp.endOffset), isEnd: true }
}

async function* publishedFiles(
  files: FileReader,
  pattern: PathPattern,
  partitions: { has(partition: number): boolean },
): AsyncGenerator<[number, PublishedFile]> {
  const wanted = (partition: number): boolean => partitions.has(partition)
  for await (const page of outputFiles(files, pattern, wanted)) {
    for (const { path, parts } of page) {
      const { partition, startOffset, endOffset } = parts ?? {}
      const offset = endOffset ?? startOffset
      if (partition === undefined || offset === undefined || !wanted(partition)) continue
      yield [partition, { path, offset, isEnd: endOffset !== undefined }]
    }
  }
}
