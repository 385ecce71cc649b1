import { runTool, type StackInfo } from '../../stack/index.ts'

/*
 * HDFS as Hadoop's own client sees it.
 */

export interface ListedPath {
  readonly path: string
  readonly type: 'file' | 'directory'
  readonly byteLength: number
}

const FS_SHELL = 'org.apache.hadoop.fs.FsShell'
/** permissions, replication, owner, group, length, date, time, path */
const LINE = /^([d-])\S+\s+\S+\s+\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+(\/.*)$/

/** Standard output of `hdfs dfs ARGS...`. Throws when it fails. */
export async function shell(stack: StackInfo, ...args: string[]): Promise<Buffer> {
  const { stdout, stderr, exitCode } = await runTool(stack.tools.hadoop, FS_SHELL, args)
  if (exitCode !== 0) throw new Error(`hdfs dfs ${args.join(' ')}: ${exitCode}: ${stderr}`)
  return stdout
}

/** Everything below `root`. */
export async function listTree(stack: StackInfo, root: string): Promise<ListedPath[]> {
  const text = (await shell(stack, '-ls', '-R', root)).toString()
  return text.split('\n').flatMap((line): ListedPath[] => {
    const [, kind, byteLength, path] = LINE.exec(line) ?? []
    if (path === undefined) return []
    const type = kind === 'd' ? 'directory' : 'file'
    return [{ path, type, byteLength: Number(byteLength) }]
  })
}

/** The bytes of each file: one call reads them all, and their lengths part them again. */
export async function readFiles(
  stack: StackInfo,
  files: readonly ListedPath[],
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>()
  if (files.length === 0) return contents
  const bytes = await shell(stack, '-cat', ...files.map(({ path }) => path))
  let from = 0
  for (const { path, byteLength } of files) {
    contents.set(path, bytes.subarray(from, from + byteLength))
    from += byteLength
  }
  if (from !== bytes.length) {
    throw new Error(`the files should have ${from} bytes, and ${bytes.length} were read`)
  }
  return contents
}
