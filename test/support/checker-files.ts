import PQueue from 'p-queue'
import { runTool, type StackInfo } from '../../stack/index.ts'
import { listDirectory, webHdfs } from './checker-webhdfs.ts'

export interface ListedPath {
  readonly path: string
  readonly type: 'file' | 'directory'
  readonly byteLength: number
}

/** A way to look at HDFS without the sink. */
export interface Reader {
  /** Everything below `root`. */
  tree(root: string): Promise<ListedPath[]>
  /** The bytes of each file, by path. */
  read(files: readonly ListedPath[]): Promise<Map<string, Buffer>>
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

/** By Hadoop's own client: seconds for each call, however much it reads. */
export function hadoopReader(stack: StackInfo): Reader {
  return {
    async tree(root) {
      const text = (await shell(stack, '-ls', '-R', root)).toString()
      return text.split('\n').flatMap((line): ListedPath[] => {
        const [, kind, byteLength, path] = LINE.exec(line) ?? []
        if (path === undefined) return []
        const type = kind === 'd' ? 'directory' : 'file'
        return [{ path, type, byteLength: Number(byteLength) }]
      })
    },
    async read(files) {
      if (files.length === 0) return new Map()
      return cut(await shell(stack, '-cat', ...files.map(({ path }) => path)), files)
    },
  }
}

/** One call has read them all: their lengths part them again. */
function cut(bytes: Buffer, files: readonly ListedPath[]): Map<string, Buffer> {
  const contents = new Map<string, Buffer>()
  let from = 0
  for (const { path, byteLength } of files) {
    contents.set(path, bytes.subarray(from, from + byteLength))
    from += byteLength
  }
  if (from === bytes.length) return contents
  throw new Error(`the files should have ${from} bytes, and ${bytes.length} were read`)
}

/** Requests under way at once. */
const READS_AT_ONCE = 16

/** By plain HTTP requests, many at once. */
export function webHdfsReader(stack: StackInfo): Reader {
  const tree = async (root: string): Promise<ListedPath[]> => {
    const found: ListedPath[] = []
    for (const { pathSuffix, type, length } of await listDirectory(stack, root)) {
      const path = `${root}/${pathSuffix}`
      if (type === 'FILE') found.push({ path, type: 'file', byteLength: length })
      else found.push({ path, type: 'directory', byteLength: 0 }, ...(await tree(path)))
    }
    return found
  }
  return {
    tree,
    async read(files) {
      const queue = new PQueue({ concurrency: READS_AT_ONCE })
      const reading = files.map(({ path }) => async (): Promise<[string, Buffer]> => {
        const response = await webHdfs(stack, path, 'OPEN')
        return [path, Buffer.from(await response.arrayBuffer())]
      })
      return new Map(await queue.addAll(reading))
    },
  }
}
