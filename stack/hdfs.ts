import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProcessDaemon } from './daemon.ts'
import { DaemonError } from './errors.ts'
import { type JvmCommand, type JvmOptions, jvmCommand } from './jvm.ts'
import { freePort } from './ports.ts'
import { type ProcessTool, runTool } from './tools.ts'

/** Owner of `/`. HADOOP_USER_NAME makes it so, whoever starts the stack. */
export const HDFS_USER = 'hadoop'

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode'
const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode'

// Hadoop reaches into these packages of the JDK by reflection.
const ADD_OPENS = [
  ...['io', 'lang', 'lang.reflect', 'math', 'net', 'text'].map((name) => `java.${name}`),
  ...['util', 'util.concurrent', 'util.zip'].map((name) => `java.${name}`),
  ...['util', 'x509'].map((name) => `sun.security.${name}`),
]

// Each tool would warn that there is no native library.
const QUIET = { 'org.slf4j.simpleLogger.log.org.apache.hadoop.util.NativeCodeLoader': 'error' }

/** What every variant on one machine has in common, whatever its addresses are. */
export const SINGLE_MACHINE_SITE: Readonly<Record<string, string>> = {
  'dfs.replication': '1',
  'dfs.datanode.hostname': 'localhost',
  'dfs.namenode.safemode.extension': '0',
  'dfs.heartbeat.interval': '1s',
  'dfs.namenode.fs-limits.min-block-size': '1024',
  'dfs.namenode.datanode.registration.ip-hostname-check': 'false',
  // A close that comes before the DataNode's report is asked again after this time, 400 ms by default.
  'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': '10',
}

export interface HdfsPorts {
  readonly nameNodeRpc: number
  readonly nameNodeHttp: number
  readonly dataNode: number
  readonly dataNodeHttp: number
  readonly dataNodeIpc: number
}

export interface HdfsOptions {
  readonly java: string
  readonly classPath: string
  /** Its configuration, data and log go there. */
  readonly directory: string
  readonly logDirectory: string
  readonly jit: 'quick' | 'full'
  readonly site: Readonly<Record<string, string>>
  readonly startTimeoutMs: number
  readonly onUnexpectedEnd?: ((error: Error) => void) | undefined
}

export interface Hdfs {
  readonly webhdfsUrl: string
  readonly fsUri: string
  readonly nameNode: ProcessDaemon
  readonly dataNode: ProcessDaemon
  readonly tool: ProcessTool
}

/** hdfs-site of one NameNode and one DataNode without security at these ports of this machine. */
export function plainSite(ports: HdfsPorts, directory: string): Record<string, string> {
  return {
    ...SINGLE_MACHINE_SITE,
    'dfs.namenode.http-address': `localhost:${ports.nameNodeHttp}`,
    'dfs.namenode.name.dir': path.join(directory, 'name'),
    'dfs.datanode.data.dir': path.join(directory, 'data'),
    'dfs.datanode.address': `localhost:${ports.dataNode}`,
    'dfs.datanode.http.address': `localhost:${ports.dataNodeHttp}`,
    'dfs.datanode.ipc.address': `localhost:${ports.dataNodeIpc}`,
  }
}

export function plainCore(ports: HdfsPorts, directory: string): Record<string, string> {
  return {
    'fs.defaultFS': `hdfs://localhost:${ports.nameNodeRpc}`,
    'hadoop.tmp.dir': path.join(directory, 'tmp'),
    'hadoop.user.group.static.mapping.overrides': `${HDFS_USER}=supergroup`,
    // The DataNode is started together with the NameNode: ask often, do not fall into its 5 s pause.
    'ipc.client.connect.retry.interval': '200',
    'ipc.client.connect.max.retries': '100',
  }
}

/** A Hadoop configuration file. */
export function renderSite(properties: Readonly<Record<string, string>>): string {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const lines = Object.entries(properties).map(
    ([name, value]) =>
      `  <property><name>${escaped(name)}</name><value>${escaped(value)}</value></property>\n`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n${lines.join('')}</configuration>\n`
}

/** A formatted, configured NameNode and its DataNode that have not been started yet. */
export async function prepareHdfs(options: HdfsOptions): Promise<Hdfs> {
  const ports = await freePorts()
  const conf = path.join(options.directory, 'conf')
  await mkdir(conf, { recursive: true })
  await mkdir(path.join(options.directory, 'tmp'), { recursive: true })
  const core = plainCore(ports, options.directory)
  const site = { ...plainSite(ports, options.directory), ...options.site }
  await writeFile(path.join(conf, 'core-site.xml'), renderSite(core))
  await writeFile(path.join(conf, 'hdfs-site.xml'), renderSite(site))

  const tool = hadoopTool(options, conf)
  await format(tool, path.join(options.logDirectory, 'namenode.log'))
  const webhdfsUrl = `http://localhost:${ports.nameNodeHttp}`
  const dataNodeUrl = `http://localhost:${ports.dataNodeHttp}`
  const nameNode = daemon(options, conf, 'NameNode', () => nameNodeIsActive(webhdfsUrl))
  const dataNode = daemon(options, conf, 'DataNode', () =>
    dataNodeIsReady(dataNodeUrl, nameNode.running ? webhdfsUrl : undefined),
  )
  const fsUri = `hdfs://localhost:${ports.nameNodeRpc}`
  return { webhdfsUrl, fsUri, nameNode, dataNode, tool }
}

async function freePorts(): Promise<HdfsPorts> {
  return {
    nameNodeRpc: await freePort(),
    nameNodeHttp: await freePort(),
    dataNode: await freePort(),
    dataNodeHttp: await freePort(),
    dataNodeIpc: await freePort(),
  }
}

function hadoopJvm(
  options: HdfsOptions,
  conf: string,
  more: Pick<JvmOptions, 'heapMegabytes' | 'jit' | 'logLevel'>,
): JvmCommand {
  const classPath = [conf, options.classPath].join(path.delimiter)
  const temporaryDirectory = path.join(options.directory, 'tmp')
  const common = { classPath, temporaryDirectory, addOpens: ADD_OPENS, properties: QUIET }
  const jvm = jvmCommand({ ...common, ...more })
  return { args: jvm.args, env: { ...jvm.env, HADOOP_USER_NAME: HDFS_USER } }
}

function hadoopTool(options: HdfsOptions, conf: string): ProcessTool {
  const jvm = hadoopJvm(options, conf, { heapMegabytes: 256, jit: 'quick', logLevel: 'warn' })
  return { kind: 'process', command: options.java, args: jvm.args, env: jvm.env }
}

async function format(tool: ProcessTool, logFile: string): Promise<void> {
  const args = ['-format', '-force', '-nonInteractive']
  const { exitCode, stdout, stderr } = await runTool(tool, NAME_NODE, args)
  await writeFile(logFile, `${stdout}${stderr}`, { flag: 'a' })
  if (exitCode !== 0) throw new DaemonError('NameNode', 'could not format its storage', logFile)
}

function daemon(
  options: HdfsOptions,
  conf: string,
  name: 'NameNode' | 'DataNode',
  isReady: () => Promise<boolean>,
): ProcessDaemon {
  const { java, jit, logDirectory, startTimeoutMs, onUnexpectedEnd } = options
  const heapMegabytes = jit === 'quick' ? 256 : 512
  const jvm = hadoopJvm(options, conf, { heapMegabytes, jit, logLevel: 'info' })
  return new ProcessDaemon({
    name,
    command: java,
    args: [...jvm.args, name === 'NameNode' ? NAME_NODE : DATA_NODE],
    env: { ...process.env, ...jvm.env },
    logFile: path.join(logDirectory, `${name.toLowerCase()}.log`),
    startTimeoutMs,
    onUnexpectedEnd,
    isReady,
  })
}

/** Whether a NameNode is active: it answers and takes writes as soon as a DataNode has reported. */
export async function nameNodeIsActive(url: string): Promise<boolean> {
  const status = await bean(url, 'Hadoop:service=NameNode,name=NameNodeStatus')
  return status.State === 'active'
}

/** Whether blocks can be written: the NameNode counts a live DataNode and is out of safe mode. */
export async function hdfsIsReady(nameNodeUrl: string): Promise<boolean> {
  const state = await bean(nameNodeUrl, 'Hadoop:service=NameNode,name=FSNamesystemState')
  return state.FSState === 'Operational' && Number(state.NumLiveDataNodes) >= 1
}

/** Whether this very DataNode serves: a NameNode goes on counting one that was killed. */
async function dataNodeIsReady(url: string, nameNodeUrl: string | undefined): Promise<boolean> {
  // The NameNode first: a DataNode that has not registered yet fills its log when it is asked.
  if (nameNodeUrl !== undefined && !(await hdfsIsReady(nameNodeUrl))) return false
  const info = await bean(url, 'Hadoop:service=DataNode,name=DataNodeInfo')
  return nameNodeUrl === undefined || String(info.BPServiceActorInfo).includes('"RUNNING"')
}

async function bean(url: string, query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/jmx?qry=${query}`, { signal: AbortSignal.timeout(5_000) })
  const { beans } = (await response.json()) as { beans?: Record<string, unknown>[] }
  return beans?.[0] ?? {}
}
