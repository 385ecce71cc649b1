import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { PrerequisiteError } from './errors.ts'
import { type HaHdfs, prepareHaHdfs } from './ha.ts'
import { HDFS_USER, type Hdfs, type HdfsOptions, prepareHdfs } from './hdfs.ts'
import { type KafkaBroker, prepareKafka } from './kafka.ts'
import { type ClassPaths, resolveClassPaths } from './maven.ts'
import { requireJava } from './prerequisites.ts'
import { createRunDirectory, keepRunDirectory, STACK_DIRECTORY } from './runs.ts'
import { runTool } from './tools.ts'
import type { Daemon, HaStack, Stack, StackInfo, StackOptions } from './types.ts'

const START_TIMEOUT_MS = 120_000

/** What bringing up either half needs. */
interface Setup {
  readonly options: StackOptions
  readonly java: string
  readonly classPaths: ClassPaths
  readonly directory: string
  /** Aborted when the caller's signal is, or when the other half failed. */
  readonly signal: AbortSignal
  /** Every daemon, from before its start. */
  readonly daemons: Daemon[]
}

/** Both halves, ready for work. */
interface Running<Half extends Hdfs> {
  readonly setup: Setup
  readonly kafka: KafkaBroker
  readonly hdfs: Half
}

/** Starts each daemon as a plain java process from the jars of stack/pom.xml. */
export async function startJars(options: StackOptions): Promise<Stack> {
  return assemble(await bringUp(options, prepareHdfs))
}

/** The same with two NameNodes, of which one is active. */
export async function startHaJars(options: StackOptions): Promise<HaStack> {
  const running: Running<HaHdfs> = await bringUp(options, prepareHaHdfs)
  const { nameNodes, journalNode, pair } = running.hdfs
  return { ...assemble(running), nameNodes, journalNode, ...pair }
}

async function bringUp<Half extends Hdfs>(
  options: StackOptions,
  prepare: (options: HdfsOptions) => Promise<Half>,
): Promise<Running<Half>> {
  if (process.platform === 'win32') {
    throw new PrerequisiteError('On Windows the stack needs a Docker engine, or WSL.')
  }
  const java = await requireJava()
  const classPaths = await resolveClassPaths({
    cacheDirectory: path.join(STACK_DIRECTORY, 'jars'),
    onProgress: options.onProgress,
    signal: options.signal,
  })
  const directory = options.directory ?? (await createRunDirectory())
  const failure = new AbortController()
  const signals = options.signal === undefined ? [] : [options.signal]
  const signal = AbortSignal.any([failure.signal, ...signals])
  const setup: Setup = { options, java, classPaths, directory, signal, daemons: [] }

  await mkdir(path.join(directory, 'logs'), { recursive: true })

  const guarded = async <T>(half: Promise<T>): Promise<T> =>
    await half.catch((error: unknown) => {
      failure.abort(error)
      throw error
    })
  const [kafka, hdfs] = await Promise.allSettled([
    guarded(bringUpKafka(setup)),
    guarded(bringUpHdfs(setup, prepare)),
  ])
  if (kafka.status === 'fulfilled' && hdfs.status === 'fulfilled') {
    return { setup, kafka: kafka.value, hdfs: hdfs.value }
  }
  await Promise.all(setup.daemons.map((daemon) => daemon.kill()))
  // After a failure the logs stay for a look at them; the next start removes them.
  if (options.signal?.aborted === true) await removeData(setup)
  throw failure.signal.reason
}

async function bringUpKafka(setup: Setup): Promise<KafkaBroker> {
  const { options, java, directory, signal } = setup
  const since = Date.now()
  const broker = await prepareKafka({
    java,
    classPath: setup.classPaths.kafka,
    directory: path.join(directory, 'kafka'),
    logDirectory: path.join(directory, 'logs'),
    jit: options.jit ?? 'quick',
    properties: options.kafkaProperties ?? {},
    startTimeoutMs: START_TIMEOUT_MS,
    onUnexpectedEnd: options.onDaemonEnd,
  })
  setup.daemons.push(broker.daemon)
  await broker.daemon.start(signal)
  options.onProgress?.(`Kafka answers at ${broker.address} (${seconds(since)})`)
  return broker
}

async function bringUpHdfs<Half extends Hdfs>(
  setup: Setup,
  prepare: (options: HdfsOptions) => Promise<Half>,
): Promise<Half> {
  const { options, java, directory, signal } = setup
  const since = Date.now()
  const hdfs = await prepare({
    java,
    classPath: setup.classPaths.hdfs,
    directory: path.join(directory, 'hdfs'),
    logDirectory: path.join(directory, 'logs'),
    jit: options.jit ?? 'quick',
    heapMegabytes: options.hdfsHeapMegabytes,
    site: options.hdfsSite ?? {},
    startTimeoutMs: START_TIMEOUT_MS,
    onUnexpectedEnd: options.onDaemonEnd,
  })
  setup.daemons.push(...hdfs.daemons)
  await hdfs.start(signal)
  options.onProgress?.(`HDFS answers at ${hdfs.webhdfsUrls.join(', ')} (${seconds(since)})`)
  return hdfs
}

function assemble({ setup, kafka, hdfs }: Running<Hdfs>): Stack {
  const info: StackInfo = {
    kind: 'jars',
    brokers: [kafka.address],
    webhdfsUrls: hdfs.webhdfsUrls,
    fsUri: hdfs.fsUri,
    nameNodePage: `${hdfs.webhdfsUrls[0]}/dfshealth.html`,
    hdfsUser: HDFS_USER,
    directory: setup.directory,
    tools: { hadoop: hdfs.tool, kafka: kafka.tool },
  }
  return {
    ...info,
    info,
    kafka: kafka.daemon,
    nameNode: hdfs.nameNode,
    dataNode: hdfs.dataNode,
    hadoop: (mainClass, args, options) => runTool(hdfs.tool, mainClass, args, options),
    kafkaTool: (mainClass, args, options) => runTool(kafka.tool, mainClass, args, options),
    stop: () => stop(setup),
  }
}

async function stop(setup: Setup): Promise<void> {
  if (setup.options.keepData === true) {
    await Promise.all(setup.daemons.map((daemon) => daemon.stop()))
    await keepRunDirectory(setup.directory)
    return
  }
  // Nothing is left of what a gentle stop would save.
  await Promise.all(setup.daemons.map((daemon) => daemon.kill()))
  await removeData(setup)
}

/** The whole run, or our part of a directory that somebody else made. */
async function removeData({ options, directory }: Setup): Promise<void> {
  const ours = options.directory === undefined ? [''] : ['kafka', 'hdfs', 'logs']
  for (const name of ours) {
    await rm(path.join(directory, name), { recursive: true, force: true, maxRetries: 3 })
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
