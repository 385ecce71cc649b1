import { posix } from 'node:path'
import { AlreadyExistsError } from '../core/errors.ts'
import type { FileReader, FileSystem } from '../core/ports.ts'
import { type Checklist, UnmetError } from './checklist.ts'

type Hdfs = FileSystem & FileReader

export interface RootSettings {
  /** hdfs.root */
  readonly root: string
  /** Where journals are: below the root. */
  readonly journals: string
  /** Below which all files are published. */
  readonly files: string
  readonly user: string
  /** Never the same twice. */
  readonly id: string
}

const STEPS = {
  writable: 'root writable',
  upload: 'DataNode',
  xattrs: 'xattrs',
  rename: 'rename',
  publish: 'publishing',
  concat: 'concat',
  removed: 'left behind',
} as const

export const ROOT_STEPS: readonly string[] = Object.values(STEPS)

/**
 * Does once, in a directory of its own beside the journals, what the sink does all the time, and
 * removes it again. Directories that were missing before and are empty after are removed too.
 */
export async function checkRoot(list: Checklist, fs: Hdfs, settings: RootSettings): Promise<void> {
  const { root, journals, files, id, user } = settings
  const probe = `${journals}/.validate-${id}`
  const published = `${files === '/' ? '' : files}/.validate-${id}`
  const made: string[] = []
  const make = async (directory: string) => {
    for (const missing of await missingAbove(fs, directory)) {
      if (!made.includes(missing)) made.push(missing)
    }
    await fs.makeDirectory(directory)
  }
  const leave = () => remove(fs, probe, published, made)
  let writable = false
  try {
    writable = await list.check({
      name: STEPS.writable,
      about: root,
      otherwise: grant(root, user),
      look: async () => {
        await make(probe)
        return `${user} may make directories`
      },
    })
    if (writable) await checkUse(list, fs, { ...settings, probe, published, make })
    else for (const step of ROOT_STEPS.slice(1)) list.skip(step, root, 'the root is not writable')
  } finally {
    const otherwise = `hdfs dfs -rm -r ${probe}`
    if (writable) await list.always({ name: STEPS.removed, about: probe, otherwise, look: leave })
    // It may have been made all the same.
    else if (made.length > 0) await leave().catch(() => undefined)
  }
}

interface Probe extends RootSettings {
  readonly probe: string
  readonly published: string
  readonly make: (directory: string) => Promise<void>
}

async function checkUse(list: Checklist, fs: Hdfs, settings: Probe): Promise<void> {
  const { root, probe, published, files, user, make } = settings
  const file = `${probe}/file`
  const uploaded = await list.check({
    name: STEPS.upload,
    about: root,
    otherwise: DATA_NODE_HELP,
    look: () => uploadAndRead(fs, file).catch(withDataNodeHelp),
  })
  await list.check({
    name: STEPS.xattrs,
    about: root,
    otherwise: 'Set dfs.namenode.xattrs.enabled to true on the NameNodes.',
    look: () => setAndGet(fs, probe),
  })
  await list.check({
    name: STEPS.rename,
    about: root,
    otherwise: 'The sink needs RENAME with renameoptions=NONE: use the WebHDFS of a NameNode.',
    look: () => renameOnce(fs, probe),
  })
  if (!uploaded) {
    for (const step of [STEPS.publish, STEPS.concat]) list.skip(step, files, 'no file to try with')
    return
  }
  await list.check({
    name: STEPS.concat,
    about: root,
    otherwise: 'Files that do not fit into memory will end early: see memory.segmentBytes.',
    optional: true,
    look: async () => {
      await fs.upload(`${probe}/rest`, [CONTENT])
      await fs.concat(file, [`${probe}/rest`])
      return 'segments can be joined'
    },
  })
  await list.check({
    name: STEPS.publish,
    about: files,
    otherwise: grant(files, user),
    look: async () => {
      await make(files)
      await fs.rename(file, published)
      await fs.delete(published, { recursive: false })
      return 'files can be moved there'
    },
  })
}

const CONTENT = Buffer.from('kafka-hdfs-sink validate\n')

/** The way of every file: NameNode, redirect, DataNode, and back. */
async function uploadAndRead(fs: Hdfs, file: string): Promise<string> {
  await fs.upload(file, [CONTENT])
  const read: Uint8Array[] = []
  for await (const bytes of fs.read(file, 0)) read.push(bytes)
  if (Buffer.concat(read).equals(CONTENT))
    return 'reached by the redirect, took a file and gave it back'
  throw new UnmetError('another content was read than was written', DATA_NODE_HELP)
}

const DATA_NODE_HELP =
  'The NameNode sends clients to the host name of a DataNode: make that name and its HTTP port (9864 ' +
  'by default) reachable from this machine, or set dfs.datanode.hostname. hdfs dfsadmin -report ' +
  'shows whether DataNodes are alive and have space.'

function withDataNodeHelp(error: unknown): never {
  const isConnection = error instanceof Error && error.name.startsWith('DataNode')
  if (isConnection && 'detail' in error) throw new UnmetError(String(error.detail), DATA_NODE_HELP)
  throw error
}

async function setAndGet(fs: Hdfs, path: string): Promise<string> {
  await fs.setXattr(path, 'sink.validate', 'ok', 'create')
  const found = (await fs.getXattrs(path))?.get('sink.validate')
  if (found === 'ok') return 'set and read'
  throw new UnmetError(
    `"ok" was set, ${found ?? 'nothing'} was read`,
    'Set dfs.namenode.xattrs.enabled to true on the NameNodes, and put nothing between.',
  )
}

/** What makes it exactly once: a rename works, and never takes a name that is taken. */
async function renameOnce(fs: Hdfs, probe: string): Promise<string> {
  await fs.makeDirectory(`${probe}/a`)
  await fs.makeDirectory(`${probe}/taken`)
  await fs.rename(`${probe}/a`, `${probe}/b`)
  try {
    await fs.rename(`${probe}/b`, `${probe}/taken`)
  } catch (error) {
    if (error instanceof AlreadyExistsError) return 'works, and refuses a name that is taken'
    throw error
  }
  throw new UnmetError(
    'a rename replaced what had the name',
    'Exactly-once depends on it. Use the WebHDFS of a NameNode, Hadoop 2.8 or newer.',
  )
}

async function remove(
  fs: Hdfs,
  probe: string,
  published: string,
  made: readonly string[],
): Promise<string> {
  await fs.delete(probe, { recursive: true })
  if ((await fs.status(published)) !== undefined) await fs.delete(published, { recursive: false })
  // Empty ones only: a sink may have begun to use them.
  for (const directory of made.toSorted((a, b) => b.length - a.length)) {
    const inside = await fs.list(directory)
    if (inside?.length === 0) await fs.delete(directory, { recursive: false })
  }
  if ((await fs.status(probe)) === undefined) return 'nothing'
  throw new UnmetError(`${probe} is still there`, `hdfs dfs -rm -r ${probe}`)
}

/** The directories that are missing on the way to this one, itself included, from the top. */
async function missingAbove(fs: Hdfs, directory: string): Promise<string[]> {
  const missing: string[] = []
  for (let at = directory; at !== '/'; at = posix.dirname(at)) {
    if ((await fs.status(at)) !== undefined) break
    missing.unshift(at)
  }
  return missing
}

function grant(path: string, user: string): string {
  return `As the superuser: hdfs dfs -mkdir -p ${path} && hdfs dfs -chown ${user} ${path}; or set hdfs.user.`
}
