import { joinParts, type NameParts, NO_PARTS, type PathPattern } from '../core/path-pattern.ts'
import type { FileReader, FileStatus } from '../core/ports.ts'
import { patiently } from './patience.ts'

/** A file in one of the topic's directories. */
export interface ListedFile {
  readonly path: string
  readonly status: FileStatus
  /** undefined where its name is not one that the sink gives. */
  readonly parts: NameParts | undefined
}

/**
 * All files where the topic's files can be, one page of a directory at a time. Directories of
 * partitions that are not `wanted` are passed over, as is what Hadoop's readers do not see: names
 * that begin with `_` or `.`.
 */
export async function* outputFiles(
  files: FileReader,
  pattern: PathPattern,
  wanted: (partition: number) => boolean,
): AsyncGenerator<readonly ListedFile[]> {
  yield* walk(files, pattern, wanted, { path: pattern.base, depth: 0, parts: NO_PARTS })
}

interface Directory {
  readonly path: string
  readonly depth: number
  readonly parts: NameParts
}

async function* walk(
  files: FileReader,
  pattern: PathPattern,
  wanted: (partition: number) => boolean,
  directory: Directory,
): AsyncGenerator<readonly ListedFile[]> {
  const level = pattern.directories[directory.depth]
  // That may change on the way.
  const isWanted = ({ partition }: NameParts) => partition === undefined || wanted(partition)
  for await (const page of pages(files, directory.path)) {
    if (level === undefined) {
      if (!isWanted(directory.parts)) return
      yield page.flatMap((status) => listed(pattern, directory, status) ?? [])
      continue
    }
    if (pattern.ownDirectories) yield page.flatMap((status) => stray(directory, status) ?? [])
    for (const { name, type } of page) {
      const found = type === 'directory' ? level.match(name) : undefined
      const parts = found && joinParts(directory.parts, found)
      if (parts === undefined || !isWanted(parts)) continue
      const inner = { path: child(directory.path, name), depth: directory.depth + 1, parts }
      yield* walk(files, pattern, wanted, inner)
    }
  }
}

/** A file among the files of the topic. */
function listed(
  pattern: PathPattern,
  directory: Directory,
  status: FileStatus,
): ListedFile | undefined {
  const { name, type } = status
  if (type !== 'file') return undefined
  const found = pattern.file.match(name)
  const isOthers = !pattern.ownDirectories && pattern.file.matchAny(name)
  if (found === undefined && (isHidden(name) || isOthers)) return undefined
  const parts = found && joinParts(directory.parts, found)
  return { path: child(directory.path, name), status, parts }
}

/** A file where the topic has only directories. */
function stray(directory: Directory, status: FileStatus): ListedFile | undefined {
  if (status.type !== 'file' || isHidden(status.name)) return undefined
  return { path: child(directory.path, status.name), status, parts: undefined }
}

function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.')
}

function child(directory: string, name: string): string {
  return `${directory === '/' ? '' : directory}/${name}`
}

async function* pages(files: FileReader, path: string): AsyncGenerator<readonly FileStatus[]> {
  for (let after = ''; ; ) {
    const page = await patiently(() => files.listPage(path, after))
    if (page === undefined) return
    yield page.entries
    if (!page.more) return
    after = page.entries.at(-1)?.name ?? ''
  }
}
