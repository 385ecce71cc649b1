import { cp } from 'node:fs/promises'
import path from 'node:path'
import type { ProcessDaemon } from './daemon.ts'
import { FailoverError } from './errors.ts'
import {
  DATA_NODE,
  formatNameNode,
  type Hdfs,
  type HdfsOptions,
  hadoopDaemon,
  hadoopTool,
  NAME_NODE,
  plainCore,
  plainSite,
  writeConf,
} from './hdfs.ts'
import { bean, countsDataNode, dataNodeIsReady, nameNodeStatus } from './hdfs-probe.ts'
import { freePort } from './ports.ts'
import { type ProcessTool, runTool } from './tools.ts'
import type { NameNodeIndex, NameNodePair } from './types.ts'

const JOURNAL_NODE = 'org.apache.hadoop.hdfs.qjournal.server.JournalNode'
const JOURNAL_NODE_INFO = 'Hadoop:service=JournalNode,name=JournalNodeInfo'
const ADMIN = 'org.apache.hadoop.hdfs.tools.DFSHAAdmin'

const NAME_SERVICE = 'pair'
/** For an answer of a NameNode that may be frozen. */
const FROZEN_AFTER_MS = 1_000
/** A DataNode may ask a frozen NameNode first, and would wait for it for two minutes. */
const DATA_NODE_ARGS = ['-Dipc.client.rpc-timeout.ms=3000']
/** By index. */
const NAME_NODE_IDS = ['nn1', 'nn2'] as const

/** What a client, a DataNode and both NameNodes of a pair have in common, whatever its addresses. */
export const PAIR_SITE: Readonly<Record<string, string>> = {
  'dfs.nameservices': NAME_SERVICE,
  [`dfs.ha.namenodes.${NAME_SERVICE}`]: NAME_NODE_IDS.join(),
  [`dfs.client.failover.proxy.provider.${NAME_SERVICE}`]:
    'org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider',
  'dfs.ha.automatic-failover.enabled': 'false',
  // Nobody makes sure that the old one is gone: only the epochs of the JournalNode keep it from writing.
  'dfs.ha.fencing.methods': 'shell(/bin/true)',
  'dfs.ha.tail-edits.period': '1s',
  // How long a NameNode bears a frozen JournalNode before it ends itself: 20 s by default.
  'dfs.qjournal.write-txns.timeout.ms': '120000',
  // Of a frozen NameNode, before it is fenced: 5 s by default.
  'ha.failover-controller.graceful-fence.rpc-timeout.ms': '1000',
  // A DataNode with an upload under way looks for an active NameNode; by default it waits up to 15 s
  // before it asks again, and this is some ten seconds of asking in all.
  'dfs.client.failover.sleep.base.millis': '100',
  'dfs.client.failover.sleep.max.millis': '500',
  'dfs.client.failover.max.attempts': '20',
}

/** The addresses of one NameNode. */
export interface NameNodePorts {
  readonly rpc: number
  readonly http: number
}

export interface HaPorts {
  readonly nameNodes: readonly [NameNodePorts, NameNodePorts]
  readonly journalNode: number
  readonly journalNodeHttp: number
  readonly dataNode: number
  readonly dataNodeHttp: number
  readonly dataNodeIpc: number
}

export interface HaHdfs extends Hdfs {
  readonly nameNodes: readonly [ProcessDaemon, ProcessDaemon]
  readonly journalNode: ProcessDaemon
  readonly pair: NameNodePair
}

/** hdfs-site of two NameNodes, their JournalNode and a DataNode at these ports of this machine. */
export function haSite(ports: HaPorts, directory: string): Record<string, string> {
  const [first] = ports.nameNodes
  // A NameNode looks for its own addresses under its id; what is there without one is not for us.
  const {
    'dfs.namenode.http-address': _http,
    'dfs.namenode.name.dir': _dir,
    ...shared
  } = plainSite({ ...ports, nameNodeRpc: first.rpc, nameNodeHttp: first.http }, directory)
  const own = NAME_NODE_IDS.flatMap((id, index) => {
    const { rpc, http } = ports.nameNodes[index as NameNodeIndex]
    return [
      [`dfs.namenode.rpc-address.${NAME_SERVICE}.${id}`, `localhost:${rpc}`],
      [`dfs.namenode.http-address.${NAME_SERVICE}.${id}`, `localhost:${http}`],
      [`dfs.namenode.name.dir.${NAME_SERVICE}.${id}`, nameDirectory(directory, id)],
    ]
  })
  return {
    ...shared,
    ...PAIR_SITE,
    ...Object.fromEntries(own),
    'dfs.namenode.shared.edits.dir': `qjournal://localhost:${ports.journalNode}/${NAME_SERVICE}`,
    'dfs.journalnode.edits.dir': path.join(directory, 'journal'),
    'dfs.journalnode.rpc-address': `localhost:${ports.journalNode}`,
    'dfs.journalnode.http-address': `localhost:${ports.journalNodeHttp}`,
  }
}

function nameDirectory(directory: string, id: string): string {
  return path.join(directory, `name-${id}`)
}

/** Two configured NameNodes, their JournalNode and a DataNode that have not been started yet. */
export async function prepareHaHdfs(options: HdfsOptions): Promise<HaHdfs> {
  const { directory, logDirectory } = options
  const ports = await freePorts()
  const [first] = ports.nameNodes
  const fsUri = `hdfs://${NAME_SERVICE}`
  const core = {
    ...plainCore({ ...ports, nameNodeRpc: first.rpc, nameNodeHttp: first.http }, directory),
    'fs.defaultFS': fsUri,
  }
  const conf = await writeConf(options, core, haSite(ports, directory))
  const tool = hadoopTool(options, conf)
  const urls = ports.nameNodes.map(({ http }) => `http://localhost:${http}`)

  const journalUrl = `http://localhost:${ports.journalNodeHttp}`
  const journalNode = hadoopDaemon(
    options,
    conf,
    { name: 'JournalNode', mainClass: JOURNAL_NODE },
    async () => 'ClusterIds' in (await bean(journalUrl, JOURNAL_NODE_INFO)),
  )
  const nameNode = (index: NameNodeIndex): ProcessDaemon =>
    hadoopDaemon(
      options,
      conf,
      { name: `NameNode${index + 1}`, mainClass: NAME_NODE, args: idOption(index) },
      () => nameNodeIsUp(urls[index] ?? '', dataNode.running),
    )
  const nameNodes = [nameNode(0), nameNode(1)] as const
  const dataNodeUrl = `http://localhost:${ports.dataNodeHttp}`
  const dataNode = hadoopDaemon(
    options,
    conf,
    { name: 'DataNode', mainClass: DATA_NODE, args: DATA_NODE_ARGS },
    () =>
      dataNodeIsReady(
        dataNodeUrl,
        urls.filter((_, index) => nameNodes[index as NameNodeIndex].running),
        countsDataNode,
      ),
  )
  const pair = pairOf(tool, urls)
  return {
    webhdfsUrls: urls,
    fsUri,
    nameNode: nameNodes[0],
    nameNodes,
    journalNode,
    dataNode,
    daemons: [journalNode, ...nameNodes, dataNode],
    tool,
    pair,
    async start(signal) {
      await journalNode.start(signal)
      // Formats the JournalNode too.
      await formatNameNode(tool, path.join(logDirectory, 'namenode1.log'), idOption(0))
      const [from, to] = NAME_NODE_IDS.map((id) => nameDirectory(directory, id))
      await cp(from ?? '', to ?? '', { recursive: true })
      await Promise.all([...nameNodes, dataNode].map((daemon) => daemon.start(signal)))
      await pair.transition(0, 'active')
    },
  }
}

async function freePorts(): Promise<HaPorts> {
  const nameNode = async () => ({ rpc: await freePort(), http: await freePort() })
  return {
    nameNodes: [await nameNode(), await nameNode()],
    journalNode: await freePort(),
    journalNodeHttp: await freePort(),
    dataNode: await freePort(),
    dataNodeHttp: await freePort(),
    dataNodeIpc: await freePort(),
  }
}

/** Both are on this machine: by their addresses they would not know which one they are. */
function idOption(index: NameNodeIndex): string[] {
  return [`-Ddfs.ha.namenode.id=${NAME_NODE_IDS[index]}`]
}

/** Nothing of its start is left to do: it may be made active, if it is not. */
async function nameNodeIsUp(url: string, withDataNode: boolean): Promise<boolean> {
  const { State } = await nameNodeStatus(url)
  return (
    (State === 'active' || State === 'standby') && (!withDataNode || (await countsDataNode(url)))
  )
}

function pairOf(tool: ProcessTool, urls: readonly string[]): NameNodePair {
  const admin = async (...args: string[]): Promise<void> => {
    // Of a NameNode that is gone; what the daemons have in their configuration is 100 tries.
    const patience = ['-D', 'ipc.client.connect.max.retries=1']
    const { exitCode, stdout, stderr } = await runTool(tool, ADMIN, [...patience, ...args])
    if (exitCode !== 0) throw new FailoverError(args.join(' '), exitCode, `${stdout}${stderr}`)
  }
  return {
    async active() {
      const since = await Promise.all(urls.map(activeSince))
      const last = Math.max(...since)
      return last < 0 ? undefined : (since.indexOf(last) as NameNodeIndex)
    },
    async failover(from) {
      const to = from === 0 ? 1 : 0
      // In safe mode too: a standby may know of blocks that are deleted, until it has read all edits.
      await admin('-failover', '--forceactive', NAME_NODE_IDS[from], NAME_NODE_IDS[to])
    },
    async transition(index, to) {
      const option = to === 'active' ? '-transitionToActive' : '-transitionToStandby'
      await admin(option, NAME_NODE_IDS[index])
    },
  }
}

/** -1: it is not, or does not answer. */
async function activeSince(url: string): Promise<number> {
  const status = await nameNodeStatus(url, FROZEN_AFTER_MS).catch(() => undefined)
  return status?.State === 'active' ? Number(status.LastHATransitionTime) : -1
}
