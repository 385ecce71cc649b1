import type { LogBounds, LogReader } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { type Checklist, UnmetError } from './checklist.ts'
import type { Network } from './network.ts'
import { checkReach, splitHostPort } from './reach.ts'

/** Kafka as the checks see it. Nothing of it commits, joins or creates anything. */
export interface KafkaToCheck extends Pick<LogReader, 'fetch' | 'resolveTopics'> {
  brokers(): Promise<KafkaCluster>
  logBounds(at: TopicPartition): Promise<LogBounds>
  groupState(): Promise<{ readonly state: string; readonly members: readonly unknown[] }>
  /** Fine when there is no such member. Kafka asks for the same right as for joining. */
  leaveGroup(memberId: string): Promise<void>
}

export interface KafkaCluster {
  readonly clusterId: string
  /** As they call themselves: members connect to these addresses. */
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
}

export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly group: string
  /** Names, or a pattern. */
  readonly wanted: readonly string[] | RegExp
}

const GROUP = 'group'
/** A pattern may match thousands. */
const MOST_TOPICS_READ = 20

export async function checkKafka(
  list: Checklist,
  network: Network,
  kafka: KafkaToCheck,
  { brokers, group, wanted }: KafkaSettings,
): Promise<void> {
  const reached: boolean[] = []
  for (const broker of brokers) {
    const server = { ...splitHostPort(broker), kind: 'broker', from: 'kafka.brokers' }
    reached.push(await checkReach(list, network, server))
  }
  const about = typeof wanted === 'object' && 'source' in wanted ? String(wanted) : wanted.join()
  const answers =
    reached.includes(true) && (await checkBrokers(list, network, kafka, new Set(brokers)))
  if (!answers) {
    const why = reached.includes(true) ? 'not every broker answers' : 'no broker answers'
    if (!reached.includes(true)) list.skip('brokers', brokers.join(), why)
    list.skip('topics', about, why)
    list.skip(GROUP, group, why)
    return
  }
  const topics = await findTopics(list, kafka, wanted, about)
  for (const topic of topics.slice(0, MOST_TOPICS_READ)) await checkReading(list, kafka, topic)
  const more = topics.length - MOST_TOPICS_READ
  if (more > 0) list.skip('reading', `${more} more topics`, 'the first stand for them')
  await checkGroup(list, kafka, group)
}

/** Those that are configured are only where it starts: members connect to what brokers announce. */
async function checkBrokers(
  list: Checklist,
  network: Network,
  kafka: KafkaToCheck,
  known: ReadonlySet<string>,
): Promise<boolean> {
  let cluster: KafkaCluster | undefined
  await list.check({
    name: 'brokers',
    about: [...known].join(),
    otherwise: 'Check that kafka.brokers are the ports of a plain listener of Kafka brokers.',
    look: async () => {
      cluster = await kafka.brokers()
      const { clusterId, brokers } = cluster
      const names = brokers.map(({ host, port }) => `${host}:${port}`)
      return `cluster ${clusterId}: ${names.join(', ')}`
    },
  })
  if (cluster === undefined) return false
  let all = true
  for (const { host, port } of cluster.brokers) {
    if (known.has(`${host}:${port}`)) continue
    const from = 'advertised.listeners of this broker'
    all = (await checkReach(list, network, { host, port, kind: 'announced broker', from })) && all
  }
  return all
}

async function findTopics(
  list: Checklist,
  kafka: KafkaToCheck,
  wanted: readonly string[] | RegExp,
  about: string,
): Promise<string[]> {
  const found: string[] = []
  const look = async (names: readonly string[] | RegExp) => {
    const topics = await kafka.resolveTopics(names)
    found.push(...topics.keys())
    if (topics.size > 0) return [...topics].map(countOf).join(', ')
    throw new UnmetError('no topic matches', 'Create one, or correct kafka.topicPattern.')
  }
  const otherwise = 'Create it, or correct kafka.topics.'
  if (wanted instanceof RegExp) {
    await list.check({ name: 'topics', about, otherwise, look: () => look(wanted) })
    return found
  }
  for (const topic of wanted) {
    await list.check({ name: 'topics', about: topic, otherwise, look: () => look([topic]) })
  }
  return found
}

function countOf([topic, partitions]: [string, number]): string {
  return `${topic} with ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
}

/** The first partition stands for all: rights are those of a topic. */
async function checkReading(list: Checklist, kafka: KafkaToCheck, topic: string): Promise<void> {
  await list.check({
    name: 'reading',
    about: topic,
    otherwise: 'Grant this user READ and DESCRIBE of the topic (kafka-acls.sh).',
    look: async () => {
      const at = { topic, partition: 0 }
      const { start, end } = await kafka.logBounds(at)
      const fetched = await kafka.fetch(at, start, LEAST_FETCHED_BYTES)
      if (fetched === undefined && end > start) {
        throw new UnmetError(`offset ${start} is gone already`, 'Run this again.')
      }
      return `partition 0 holds offsets ${start} to ${end}`
    },
  })
}

const LEAST_FETCHED_BYTES = 1024

async function checkGroup(list: Checklist, kafka: KafkaToCheck, group: string): Promise<void> {
  await list.check({
    name: GROUP,
    about: group,
    otherwise: 'Grant this user READ and DESCRIBE of the group (kafka-acls.sh).',
    look: async () => {
      const { state, members } = await kafka.groupState()
      await kafka.leaveGroup(NOBODY)
      if (members.length > 0) return `may be joined, ${members.length} are in it`
      return state === 'Dead' ? 'may be joined, and is new' : 'may be joined, nobody is in it'
    },
  })
}

const NOBODY = 'kafka-hdfs-sink-validate'
