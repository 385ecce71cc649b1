import { GenericContainer, type StartedNetwork } from 'testcontainers'
import { HDFS_USER, SINGLE_MACHINE_SITE } from './hdfs.ts'
import { clusterId, SINGLE_BROKER_PROPERTIES } from './kafka.ts'
import type { StackOptions } from './types.ts'

/** The images that docker-compose.yml names, too. */
export const IMAGES = { kafka: 'apache/kafka:4.3.1', hadoop: 'apache/hadoop:3.5.0' } as const

const QUICK_JVM = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1'

/** All ports are the same inside and outside: redirects and advertised addresses then fit both. */
export interface Ports {
  readonly kafka: number
  readonly nameNodeRpc: number
  readonly nameNodeHttp: number
  readonly dataNode: number
  readonly dataNodeHttp: number
}

/** What the three containers have in common. */
export interface ImageSetup {
  readonly options: StackOptions
  /** Under which name this machine reaches the containers. */
  readonly host: string
  readonly network: StartedNetwork
  readonly labels: Readonly<Record<string, string>>
}

function container(
  setup: ImageSetup,
  image: string,
  alias: string,
  ports: number[],
): GenericContainer {
  return new GenericContainer(image)
    .withNetwork(setup.network)
    .withNetworkAliases(alias)
    .withExposedPorts(...ports.map((port) => ({ container: port, host: port })))
    .withLabels({ ...setup.labels })
}

export function kafkaImage(setup: ImageSetup, ports: Ports): GenericContainer {
  const { host, options } = setup
  const quick = options.jit !== 'full'
  const properties: Record<string, string> = {
    ...SINGLE_BROKER_PROPERTIES,
    listeners: `PLAINTEXT://:${ports.kafka},CONTROLLER://localhost:29093`,
    'advertised.listeners': `PLAINTEXT://${host}:${ports.kafka}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.quorum.voters': '1@localhost:29093',
    'log.dirs': '/var/lib/kafka/data',
    ...options.kafkaProperties,
  }
  return container(setup, IMAGES.kafka, 'kafka', [ports.kafka]).withEnvironment({
    ...kafkaEnvironment(properties),
    CLUSTER_ID: clusterId(),
    KAFKA_HEAP_OPTS: quick ? '-Xmx384m' : '-Xmx1g',
    ...(quick ? { KAFKA_JVM_PERFORMANCE_OPTS: QUICK_JVM } : {}),
  })
}

/** Properties as the variables from which the image of Kafka makes its server.properties. */
export function kafkaEnvironment(
  properties: Readonly<Record<string, string>>,
): Record<string, string> {
  const variable = (name: string) =>
    `KAFKA_${name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [variable(name), value]),
  )
}

export function nameNodeImage(setup: ImageSetup, ports: Ports): GenericContainer {
  return container(setup, IMAGES.hadoop, 'namenode', [ports.nameNodeRpc, ports.nameNodeHttp])
    .withEnvironment({ ...hadoopEnvironment(setup, ports), ENSURE_NAMENODE_DIR: '/data/name' })
    .withCommand(['hdfs', 'namenode'])
}

export function dataNodeImage(setup: ImageSetup, ports: Ports): GenericContainer {
  return container(setup, IMAGES.hadoop, 'datanode', [ports.dataNode, ports.dataNodeHttp])
    .withEnvironment(hadoopEnvironment(setup, ports))
    .withCommand(['hdfs', 'datanode'])
}

function hadoopEnvironment({ host, options }: ImageSetup, ports: Ports): Record<string, string> {
  const quick = options.jit !== 'full'
  const core = {
    'fs.defaultFS': `hdfs://namenode:${ports.nameNodeRpc}`,
    'hadoop.user.group.static.mapping.overrides': `${HDFS_USER}=supergroup`,
    'ipc.client.connect.retry.interval': '200',
    'ipc.client.connect.max.retries': '100',
  }
  const site: Record<string, string> = {
    ...SINGLE_MACHINE_SITE,
    'dfs.namenode.name.dir': '/data/name',
    'dfs.namenode.rpc-bind-host': '0.0.0.0',
    'dfs.namenode.http-address': `0.0.0.0:${ports.nameNodeHttp}`,
    'dfs.datanode.hostname': host,
    'dfs.datanode.data.dir': '/data/blocks',
    'dfs.datanode.address': `0.0.0.0:${ports.dataNode}`,
    'dfs.datanode.http.address': `0.0.0.0:${ports.dataNodeHttp}`,
    ...options.hdfsSite,
  }
  const entries = [
    ...Object.entries(core).map(([key, value]) => [`CORE-SITE.XML_${key}`, value]),
    ...Object.entries(site).map(([key, value]) => [`HDFS-SITE.XML_${key}`, value]),
  ]
  return {
    ...Object.fromEntries(entries),
    HADOOP_USER_NAME: HDFS_USER,
    HADOOP_HEAPSIZE_MAX: quick ? '256m' : '512m',
    HADOOP_OPTS: `-Djava.net.preferIPv4Stack=true${quick ? ` ${QUICK_JVM}` : ''}`,
  }
}
