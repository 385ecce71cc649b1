import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import {
  type ContainerRuntimeClient,
  type GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  Network,
} from 'testcontainers'
import { ContainerDaemon } from './container-daemon.ts'
import {
  dataNodeImage,
  IMAGES,
  type ImageSetup,
  kafkaImage,
  nameNodeImage,
  type Ports,
} from './container-images.ts'
import { EngineError, PrerequisiteError } from './errors.ts'
import { HDFS_USER } from './hdfs.ts'
import { hdfsIsReady, nameNodeIsActive } from './hdfs-probe.ts'
import { coordinatorAnswers } from './kafka-probe.ts'
import { freePort } from './ports.ts'
import { createRunDirectory, isAlive, keepRunDirectory } from './runs.ts'
import { type ContainerTool, runTool } from './tools.ts'
import type { Stack, StackInfo, StackOptions } from './types.ts'

const START_TIMEOUT_MS = 180_000
const OWNER_LABEL = 'kafka-hdfs-sink.stack.owner'
const RUN_LABEL = 'kafka-hdfs-sink.stack.run'
const OWNER = `${hostname()}:${process.pid}`

// `hdfs` takes a class, too, but knows these by shorter names.
const HDFS_SUBCOMMANDS = {
  'org.apache.hadoop.fs.FsShell': 'dfs',
  'org.apache.hadoop.hdfs.tools.DFSAdmin': 'dfsadmin',
  'org.apache.hadoop.hdfs.tools.GetConf': 'getconf',
}

interface Setup extends ImageSetup {
  readonly client: ContainerRuntimeClient
  readonly directory: string
}

/** Starts the images of docker-compose.yml through testcontainers. */
export async function startContainers(options: StackOptions): Promise<Stack> {
  const client = await getContainerRuntimeClient().catch((error: unknown) => {
    throw new PrerequisiteError(
      `A Docker engine is needed for STACK=containers, and none answers (${firstLine(error)}): ` +
        'start one, or set DOCKER_HOST to where it listens, or use STACK=jars.',
    )
  })
  await removeOrphans(client)
  for (const image of Object.values(IMAGES)) await ensureImage(client, image, options)
  const directory = options.directory ?? (await createRunDirectory())
  await mkdir(path.join(directory, 'logs'), { recursive: true })
  const network = await new Network().start()
  const { host } = client.info.containerRuntime
  const labels = { [OWNER_LABEL]: OWNER, [RUN_LABEL]: randomUUID() }
  const setup: Setup = { options, client, host, directory, network, labels }
  try {
    return await bringUp(setup)
  } catch (error) {
    await removeContainers(setup)
    throw error
  }
}

async function bringUp(setup: Setup): Promise<Stack> {
  const { options, host } = setup
  const ports: Ports = {
    kafka: await freePort(),
    nameNodeRpc: await freePort(),
    nameNodeHttp: await freePort(),
    dataNode: await freePort(),
    dataNodeHttp: await freePort(),
  }
  const broker = `${host}:${ports.kafka}`
  const url = `http://${host}:${ports.nameNodeHttp}`
  const kafka = daemon(setup, 'Kafka', kafkaImage(setup, ports), () => coordinatorAnswers(broker))
  const nameNode = daemon(setup, 'NameNode', nameNodeImage(setup, ports), () =>
    nameNodeIsActive(url),
  )
  const dataNode = daemon(setup, 'DataNode', dataNodeImage(setup, ports), () => hdfsIsReady(url))

  const since = Date.now()
  const seconds = () => `${((Date.now() - since) / 1000).toFixed(1)} s`
  const results = await Promise.allSettled([
    kafka.start(options.signal).then(() => {
      options.onProgress?.(`Kafka answers at ${broker} (${seconds()})`)
    }),
    startHdfs(nameNode, dataNode, options.signal).then(() => {
      options.onProgress?.(`HDFS answers at ${url} (${seconds()})`)
    }),
  ])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  const info: StackInfo = {
    kind: 'containers',
    brokers: [broker],
    webhdfsUrls: [url],
    fsUri: `hdfs://${host}:${ports.nameNodeRpc}`,
    nameNodePage: `${url}/dfshealth.html`,
    hdfsUser: HDFS_USER,
    directory: setup.directory,
    tools: { hadoop: hadoopTool(nameNode), kafka: kafkaTool(kafka) },
  }
  return {
    ...info,
    info,
    kafka,
    nameNode,
    dataNode,
    hadoop: (mainClass, args, more) => runTool(info.tools.hadoop, mainClass, args, more),
    kafkaTool: (mainClass, args, more) => runTool(info.tools.kafka, mainClass, args, more),
    stop: () => stop(setup),
  }
}

/** The NameNode's container first: until it runs its name is unknown to the DataNode. */
async function startHdfs(
  nameNode: ContainerDaemon,
  dataNode: ContainerDaemon,
  signal: AbortSignal | undefined,
): Promise<void> {
  await nameNode.launch(signal)
  await dataNode.launch(signal)
  await Promise.all([nameNode.ready(signal), dataNode.ready(signal)])
}

function daemon(
  { options, client, directory }: Setup,
  name: string,
  image: GenericContainer,
  isReady: () => Promise<boolean>,
): ContainerDaemon {
  return new ContainerDaemon({
    name,
    client,
    image,
    logFile: path.join(directory, 'logs', `${name.toLowerCase()}.log`),
    isReady,
    startTimeoutMs: START_TIMEOUT_MS,
    onUnexpectedEnd: options.onDaemonEnd,
  })
}

function hadoopTool(nameNode: ContainerDaemon): ContainerTool {
  return {
    kind: 'container',
    containerId: nameNode.containerId ?? '',
    command: ['hdfs'],
    subcommands: HDFS_SUBCOMMANDS,
  }
}

function kafkaTool(kafka: ContainerDaemon): ContainerTool {
  const command = ['java', '-XX:TieredStopAtLevel=1', '-cp', '/opt/kafka/libs/*']
  return { kind: 'container', containerId: kafka.containerId ?? '', command }
}

async function ensureImage(
  client: ContainerRuntimeClient,
  image: string,
  { onProgress, signal }: StackOptions,
): Promise<void> {
  signal?.throwIfAborted()
  const name = ImageName.fromString(image)
  if (await client.image.exists(name)) return
  onProgress?.(`pulling ${image}`)
  const failure = await client.image.pull(name).catch(firstLine)
  // The client ends well, too, when there is no such image.
  if (!(await client.image.exists(name))) {
    throw new EngineError(`the engine cannot pull ${image} (${failure ?? 'not found'})`)
  }
}

async function stop(setup: Setup): Promise<void> {
  await removeContainers(setup)
  if (setup.options.keepData === true) return await keepRunDirectory(setup.directory)
  const ours = setup.options.directory === undefined ? '' : 'logs'
  await rm(path.join(setup.directory, ours), { recursive: true, force: true, maxRetries: 3 })
}

/** Also those whose start failed half way. */
async function removeContainers({ client, network, labels }: Setup): Promise<void> {
  await removeLabelled(client, `${RUN_LABEL}=${labels[RUN_LABEL]}`)
  await network.stop()
}

/** Containers and networks of owners that were killed: Ryuk, unless disabled, has removed them. */
async function removeOrphans(client: ContainerRuntimeClient): Promise<void> {
  const docker = client.container.dockerode
  const found = await docker.listContainers({ all: true, filters: { label: [OWNER_LABEL] } })
  const orphans = found.filter(({ Labels }) => {
    const [host, pid] = (Labels[OWNER_LABEL] ?? '').split(':')
    return host === hostname() && !isAlive(Number(pid))
  })
  await Promise.all(orphans.map(({ Id }) => removeContainer(client, Id)))
  const networks = orphans.flatMap(({ NetworkSettings }) => Object.values(NetworkSettings.Networks))
  for (const id of new Set(networks.map(({ NetworkID }) => NetworkID))) {
    await docker.getNetwork(id).remove().catch(ignore)
  }
}

async function removeLabelled(client: ContainerRuntimeClient, label: string): Promise<void> {
  const docker = client.container.dockerode
  const found = await docker.listContainers({ all: true, filters: { label: [label] } })
  await Promise.all(found.map(({ Id }) => removeContainer(client, Id)))
}

async function removeContainer(client: ContainerRuntimeClient, id: string): Promise<void> {
  await client.container.getById(id).remove({ force: true, v: true }).catch(ignore)
}

/** Somebody else, Ryuk for one, may be removing it at this moment. */
function ignore(): void {}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
