import type { PathPattern } from '../core/path-pattern.ts'
import type { FileReader } from '../core/ports.ts'
import { outputFiles } from './output-files.ts'

/** A published file, as far as its name tells. */
export interface PublishedFile {
  readonly path: string
  /** The highest offset that its name has: of its last record, or else of its first. */
  readonly offset: number
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
  const found = new Map<number, { count: number; end: number; first: PublishedFile[] }>()
  for await (const [partition, file] of publishedFiles(files, pattern, from)) {
    if (file.offset < (from.get(partition) ?? Number.POSITIVE_INFINITY)) continue
    const entry = found.get(partition) ?? { count: 0, end: 0, first: [] }
    found.set(partition, entry)
    entry.count += 1
    entry.end = Math.max(entry.end, file.offset + 1)
    if (entry.first.length < MOST_LISTED) entry.first.push(file)
  }
  for (const { first } of found.values()) first.sort((a, b) => a.offset - b.offset)
  return found
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
  return last
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
      yield [partition, { path, offset }]
    }
  }
}
