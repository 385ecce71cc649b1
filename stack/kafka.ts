import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProcessDaemon } from './daemon.ts'
import { DaemonError } from './errors.ts'
import { jvmCommand } from './jvm.ts'
import { coordinatorAnswers } from './kafka-probe.ts'
import { freePort } from './ports.ts'
import { type ProcessTool, runTool } from './tools.ts'

/** What every single-broker variant has in common, whatever its listeners are. */
export const SINGLE_BROKER_PROPERTIES: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  // A broker that was killed may register again when its session is over, after 9 s by default.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  // Small and quick: one directory each instead of fifty, a log cleaner that fits the heap.
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'log.cleaner.dedupe.buffer.size': '8388608',
}

export interface KafkaOptions {
  readonly java: string
  readonly classPath: string
  /** Its configuration, data and log go there. */
  readonly directory: string
  readonly logDirectory: string
  readonly jit: 'quick' | 'full'
  readonly properties: Readonly<Record<string, string>>
  readonly startTimeoutMs: number
  readonly onUnexpectedEnd?: ((error: Error) => void) | undefined
}

export interface KafkaBroker {
  readonly address: string
  readonly daemon: ProcessDaemon
  readonly tool: ProcessTool
}

/** Properties of a broker without security at these ports of this machine. */
export function plainProperties(
  port: number,
  controllerPort: number,
  dataDirectory: string,
): Record<string, string> {
  return {
    ...SINGLE_BROKER_PROPERTIES,
    listeners: `PLAINTEXT://localhost:${port},CONTROLLER://localhost:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://localhost:${port},CONTROLLER://localhost:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.quorum.bootstrap.servers': `localhost:${controllerPort}`,
    'log.dirs': dataDirectory,
  }
}

/** A Java properties file. Line breaks, backslashes and what looks like a separator are escaped. */
export function renderProperties(properties: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  const key = (text: string) => escaped(text).replace(/[\s:=#!]/g, '\\$&')
  const value = (text: string) => escaped(text).replace(/^\s/, '\\$&')
  return Object.entries(properties)
    .map(([name, text]) => `${key(name)}=${value(text)}\n`)
    .join('')
}

/** A new one, in the form that Kafka wants. */
export function clusterId(): string {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  // The storage tool would take it for an option.
  return id.startsWith('-') ? clusterId() : id
}

/** A formatted, configured broker that has not been started yet. */
export async function prepareKafka(options: KafkaOptions): Promise<KafkaBroker> {
  const [port, controllerPort] = [await freePort(), await freePort()]
  return await prepareBroker(options, {
    name: 'Kafka',
    port,
    properties: plainProperties(port, controllerPort, dataDirectory(options)),
    formatArgs: ['--standalone', '-t', clusterId()],
  })
}

/** What tells one broker of a cluster from another. */
export interface BrokerPlan {
  readonly name: string
  readonly port: number
  readonly properties: Readonly<Record<string, string>>
  /** Of the storage tool. */
  readonly formatArgs: readonly string[]
}

export async function prepareBroker(options: KafkaOptions, plan: BrokerPlan): Promise<KafkaBroker> {
  const configFile = path.join(options.directory, 'server.properties')
  await mkdir(temporary(options), { recursive: true })
  await writeFile(configFile, renderProperties({ ...plan.properties, ...options.properties }))

  const logFile = path.join(options.logDirectory, `${path.basename(options.directory)}.log`)
  const tool = kafkaTool(options)
  await format(tool, plan, configFile, logFile)
  const address = `localhost:${plan.port}`
  return { address, tool, daemon: brokerDaemon(options, plan.name, configFile, logFile, address) }
}

export function dataDirectory({ directory }: Pick<KafkaOptions, 'directory'>): string {
  return path.join(directory, 'data')
}

function temporary({ directory }: KafkaOptions): string {
  return path.join(directory, 'tmp')
}

function kafkaTool(options: KafkaOptions): ProcessTool {
  const { java, classPath } = options
  const common = { classPath, temporaryDirectory: temporary(options) }
  const jvm = jvmCommand({ ...common, heapMegabytes: 256, jit: 'quick', logLevel: 'warn' })
  return { kind: 'process', command: java, args: jvm.args, env: jvm.env }
}

async function format(
  tool: ProcessTool,
  { name, formatArgs }: BrokerPlan,
  configFile: string,
  logFile: string,
): Promise<void> {
  const args = ['format', ...formatArgs, '-c', configFile]
  const { exitCode, stdout, stderr } = await runTool(tool, 'kafka.tools.StorageTool', args)
  await writeFile(logFile, `${stdout}${stderr}`, { flag: 'a' })
  if (exitCode !== 0) throw new DaemonError(name, 'could not format its storage', logFile)
}

function brokerDaemon(
  options: KafkaOptions,
  name: string,
  configFile: string,
  logFile: string,
  address: string,
): ProcessDaemon {
  const { java, classPath, jit, startTimeoutMs, onUnexpectedEnd } = options
  const heapMegabytes = jit === 'quick' ? 384 : 1024
  const common = { classPath, temporaryDirectory: temporary(options) }
  const jvm = jvmCommand({ ...common, heapMegabytes, jit, logLevel: 'info' })
  return new ProcessDaemon({
    name,
    command: java,
    args: [...jvm.args, 'kafka.Kafka', configFile],
    env: { ...process.env, ...jvm.env },
    logFile,
    startTimeoutMs,
    onUnexpectedEnd,
    isReady: () => coordinatorAnswers(address),
  })
}
