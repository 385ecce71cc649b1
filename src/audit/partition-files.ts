import type { PathPattern } from '../core/path-pattern.ts'
import type { FileReader } from '../core/ports.ts'
import { stampIn } from './journal-audit.ts'
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
  for await (const [partition, file] of publishedFiles(files, pattern, from)) {
    const entry = found.get(partition) ?? new Beyond(from.get(partition) ?? 0)
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
  /** Files that begin below, as near as any: the only ones that may reach beyond unseen. */
  #nearest: PublishedFile[] = []
  #last: PublishedFile | undefined

  constructor(from: number) {
    this.#from = from
  }

  add(file: PublishedFile): void {
    if (file.offset < this.#from) {
      if (!file.isEnd) this.#approach(file)
      return
    }
    this.count += 1
    this.end = Math.max(this.end, file.offset + 1)
    if (this.first.length < MOST_LISTED) this.first.push(file)
    if (this.#last === undefined || file.offset > this.#last.offset) this.#last = file
  }

  /** Asks for what the names do not tell. */
  async settle(files: FileReader): Promise<void> {
    for (const file of this.#nearest) {
      const whole = await withEnd(files, file)
      if (whole.offset >= this.#from) this.add(whole)
    }
    if (this.#last !== undefined) {
      this.end = Math.max(this.end, (await withEnd(files, this.#last)).offset + 1)
    }
    this.first.sort((a, b) => a.offset - b.offset)
  }

  /** A flush that was split by time has several files of the same start. */
  #approach(file: PublishedFile): void {
    const offset = this.#nearest[0]?.offset ?? -1
    if (file.offset > offset) this.#nearest = [file]
    else if (file.offset === offset && this.#nearest.length < MOST_LISTED) this.#nearest.push(file)
  }
}

/** By partition, the file with the highest offset. */
export async function lastFiles(
  files: FileReader,
  pattern: PathPattern,
  partitions: ReadonlySet<number>,
): Promise<ReadonlyMap<number, PublishedFile>> {
  const last = new Map<number, PublishedFile>()
  for await (const [partition, file] of publishedFiles(files, pattern, partitions)) {
    const known = last.get(partition)
    if (known === undefined || file.offset > known.offset) last.set(partition, file)
  }
  for (const [partition, file] of last) last.set(partition, await withEnd(files, file))
  return last
}

/** The stamp goes with a file that is renamed, and is missed where somebody wrote it anew. */
async function withEnd(files: FileReader, file: PublishedFile): Promise<PublishedFile> {
  if (file.isEnd) return file
  const attributes = await patiently(() => files.getXattrs(file.path))
  const stamp = attributes && stampIn(attributes)
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
