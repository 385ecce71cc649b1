import { FileSystemError, OtherNameNodeError } from '../core/errors.ts'
import type { FileReader, FileSystem } from '../core/ports.ts'
import { type Checklist, UnmetError } from './checklist.ts'
import type { Network } from './network.ts'
import { checkReach } from './reach.ts'
import { checkRoot, ROOT_STEPS, type RootSettings } from './root-checks.ts'

export interface HdfsToCheck {
  /** All NameNodes together, as the sink uses them. */
  readonly fs: FileSystem & FileReader
  /** One NameNode alone. */
  readonly alone: (url: string) => Pick<FileSystem, 'status'>
}

export interface HdfsSettings extends RootSettings {
  readonly urls: readonly string[]
}

export async function checkHdfs(
  list: Checklist,
  network: Network,
  hdfs: HdfsToCheck,
  settings: HdfsSettings,
): Promise<void> {
  const { urls } = settings
  const states: NameNodeState[] = []
  for (const url of urls) {
    const server = { ...hostAndPort(url), kind: 'NameNode', from: 'hdfs.urls' }
    if (await checkReach(list, network, server)) {
      const found = await checkNameNode(list, hdfs.alone(url), url, urls.length > 1)
      if (found !== undefined) states.push(found)
    } else list.skip('NameNode', url, 'it cannot be reached')
  }
  const active = states.includes('active') && (await checkOneActive(list, urls, states))
  if (active) await checkRoot(list, hdfs.fs, settings)
  else for (const step of ROOT_STEPS) list.skip(step, settings.root, 'no NameNode is active')
}

type NameNodeState = 'active' | 'standby'

/** Its state; undefined where it does not tell. */
async function checkNameNode(
  list: Checklist,
  fs: Pick<FileSystem, 'status'>,
  url: string,
  isOneOfSeveral: boolean,
): Promise<NameNodeState | undefined> {
  let state: NameNodeState | undefined
  await list.check({
    name: 'NameNode',
    about: url,
    otherwise: 'Check that it is the HTTP address of a NameNode (dfs.namenode.http-address).',
    look: async () => {
      state = await stateOf(fs)
      if (state === 'active') return 'active'
      if (isOneOfSeveral) return 'standby'
      throw new UnmetError('standby', 'Add the URL of the active NameNode to hdfs.urls.')
    },
  })
  return state
}

/** Only an active NameNode looks at a path, and at permissions. */
async function stateOf(fs: Pick<FileSystem, 'status'>): Promise<NameNodeState> {
  try {
    await fs.status('/')
    return 'active'
  } catch (error) {
    if (error instanceof OtherNameNodeError) return 'standby'
    if (error instanceof FileSystemError && error.exception === 'AccessControlException') {
      return 'active'
    }
    throw error
  }
}

async function checkOneActive(
  list: Checklist,
  urls: readonly string[],
  states: readonly NameNodeState[],
): Promise<boolean> {
  if (urls.length === 1) return true
  return list.check({
    name: 'NameNodes',
    about: urls.join(),
    otherwise: '',
    look: async () => {
      const active = states.filter((state) => state === 'active').length
      if (active === 1) return 'one is active'
      throw new UnmetError(
        `${active} call themselves active`,
        'One may have been deposed and not know it yet (hdfs haadmin -getAllServiceState).',
      )
    },
  })
}

function hostAndPort(text: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(text)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}
