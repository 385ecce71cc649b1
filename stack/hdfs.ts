import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProcessDaemon } from './daemon.ts'
import { DaemonError } from './errors.ts'
import { dataNodeIsReady, nameNodeIsActive } from './hdfs-probe.ts'
import { type JvmCommand, type JvmOptions, jvmCommand } from './jvm.ts'
import { freePort } from './ports.ts'
import { type ProcessTool, runTool } from './tools.ts'

/** Owner of `/`. HADOOP_USER_NAME makes it so, whoever starts the stack. */
export const HDFS_USER = 'hadoop'

export const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode'
export const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode'

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
  readonly heapMegabytes?: number | undefined
  readonly site: Readonly<Record<string, string>>
  readonly startTimeoutMs: number
  readonly onUnexpectedEnd?: ((error: Error) => void) | undefined
}

export interface Hdfs {
  readonly webhdfsUrls: string[]
  readonly fsUri: string
  readonly nameNode: ProcessDaemon
  readonly dataNode: ProcessDaemon
  /** All of them. */
  readonly daemons: readonly ProcessDaemon[]
  readonly tool: ProcessTool
  /** Resolves when it is ready for work. */
  start(signal: AbortSignal): Promise<void>
}

/** A daemon, or a task of one, that is started with this configuration. */
export interface HadoopProcess {
  /** Names its log too. */
  readonly name: string
  readonly mainClass: string
  /** After the class's name. */
  readonly args?: readonly string[]
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
  const core = plainCore(ports, options.directory)
  const conf = await writeConf(options, core, plainSite(ports, options.directory))

  const tool = hadoopTool(options, conf)
  await formatNameNode(tool, path.join(options.logDirectory, 'namenode.log'))
  const url = `http://localhost:${ports.nameNodeHttp}`
  const dataNodeUrl = `http://localhost:${ports.dataNodeHttp}`
  const nameNode = hadoopDaemon(options, conf, { name: 'NameNode', mainClass: NAME_NODE }, () =>
    nameNodeIsActive(url),
  )
  const dataNode = hadoopDaemon(options, conf, { name: 'DataNode', mainClass: DATA_NODE }, () =>
    dataNodeIsReady(dataNodeUrl, nameNode.running ? [url] : []),
  )
  return {
    webhdfsUrls: [url],
    fsUri: `hdfs://localhost:${ports.nameNodeRpc}`,
    nameNode,
    dataNode,
    daemons: [nameNode, dataNode],
    tool,
    async start(signal) {
      await Promise.all([nameNode.start(signal), dataNode.start(signal)])
    },
  }
}

/** The directory of the configuration; the caller's own properties go before `site`. */
export async function writeConf(
  { directory, site: own }: HdfsOptions,
  core: Readonly<Record<string, string>>,
  site: Readonly<Record<string, string>>,
): Promise<string> {
  const conf = path.join(directory, 'conf')
  await mkdir(conf, { recursive: true })
  await mkdir(path.join(directory, 'tmp'), { recursive: true })
  await writeFile(path.join(conf, 'core-site.xml'), renderSite(core))
  await writeFile(path.join(conf, 'hdfs-site.xml'), renderSite({ ...site, ...own }))
  return conf
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

export function hadoopTool(options: HdfsOptions, conf: string): ProcessTool {
  const jvm = hadoopJvm(options, conf, { heapMegabytes: 256, jit: 'quick', logLevel: 'warn' })
  return { kind: 'process', command: options.java, args: jvm.args, env: jvm.env }
}

export async function formatNameNode(
  tool: ProcessTool,
  logFile: string,
  args: readonly string[] = [],
): Promise<void> {
  const all = [...args, '-format', '-force', '-nonInteractive']
  const { exitCode, stdout, stderr } = await runTool(tool, NAME_NODE, all)
  await writeFile(logFile, `${stdout}${stderr}`, { flag: 'a' })
  if (exitCode !== 0) throw new DaemonError('NameNode', 'could not format its storage', logFile)
}

export function hadoopDaemon(
  options: HdfsOptions,
  conf: string,
  { name, mainClass, args = [] }: HadoopProcess,
  isReady: () => Promise<boolean>,
): ProcessDaemon {
  const { java, jit, logDirectory, startTimeoutMs, onUnexpectedEnd } = options
  const heapMegabytes = options.heapMegabytes ?? (jit === 'quick' ? 256 : 512)
  const jvm = hadoopJvm(options, conf, { heapMegabytes, jit, logLevel: 'info' })
  return new ProcessDaemon({
    name,
    command: java,
    args: [...jvm.args, mainClass, ...args],
    env: { ...process.env, ...jvm.env },
    logFile: path.join(logDirectory, `${name.toLowerCase()}.log`),
    startTimeoutMs,
    onUnexpectedEnd,
    isReady,
  })
}
