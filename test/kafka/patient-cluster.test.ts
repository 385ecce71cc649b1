import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import { BrokerRequests } from '../../src/kafka/broker-requests.ts'
import { KafkaGroupAdmin } from '../../src/kafka/group-admin.ts'
import { KafkaGroupOffsets } from '../../src/kafka/group-offsets.ts'
import { GroupRequests } from '../../src/kafka/group-requests.ts'
import { toSinkError } from '../../src/kafka/kafka-errors.ts'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'
import { OffsetReads } from '../../src/kafka/offset-reads.ts'

const requireModule = createRequire(import.meta.url)
const Cluster = requireModule('kafkajs/src/cluster/index.js')
const BrokerPool = requireModule('kafkajs/src/cluster/brokerPool.js')

const logger = new Kafka({ brokers: [], logLevel: logLevel.NOTHING }).logger()
const retry = { retries: 0 }

/** Of each topic the leaders of its partitions. */
type Leaders = Readonly<Record<string, readonly number[]>>

function metadataOf(leaders: Leaders) {
  const topicMetadata = Object.entries(leaders).map(([topic, each]) => ({
    topic,
    topicErrorCode: each.length === 0 ? 3 : 0,
    partitionMetadata: each.map((leader, partitionId) => ({ partitionId, leader })),
  }))
  return { brokers: [], topicMetadata }
}

/** A pool whose only broker answers with this. */
function poolThatSees(leaders: Leaders) {
  const pool = new BrokerPool({ logger, retry, metadataMaxAge: 60_000, connectionPoolBuilder: {} })
  pool.seedBroker = { connectionPool: {}, metadata: async () => metadataOf(leaders) }
  pool.findConnectedBroker = async () => pool.seedBroker
  return pool
}

test.for<[Leaders, number, number]>([
  [{ a: [1, 2] }, 60_000, 60_000],
  [{ a: [1, -1] }, 1_000, 2_000],
  [{ a: [1], b: [] }, 1_000, 2_000],
])('metadata of %o are looked at again after %i to %i ms', async ([leaders, least, most]) => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] })
  const pool = poolThatSees(leaders)
  await pool.refreshMetadata(['a'])
  const inMs = pool.metadataExpireAt - Date.now()
  vi.useRealTimers()
  expect(inMs).toBeGreaterThanOrEqual(least)
  expect(inMs).toBeLessThanOrEqual(most)
})

test('that a partition has no leader, or a topic is unknown, is told once it lasts', async () => {
  const pool = poolThatSees({ a: [1, -1], b: [], c: [-1] })
  const told: string[] = []
  pool.logger = { error: (text: string) => told.push(text) }
  for (let look = 0; look < 12; look++) await pool.refreshMetadata(['a', 'b'])
  const text = 'are not read: a (no leader: 1), b (unknown)'
  expect(told).toEqual([expect.stringContaining(text), expect.stringContaining(text)])
})

interface Asked {
  readonly topics: readonly { topic: string; partitions: readonly { partition: number }[] }[]
}

/** A cluster each of whose brokers names its own number as every offset, or cannot be reached. */
function clusterOf(leaders: Leaders, unreachable: readonly number[] = []) {
  const cluster = new Cluster({ logger, retry, brokers: ['localhost:1'], offsets: new Map() })
  cluster.brokerPool.metadata = metadataOf(leaders)
  cluster.refreshMetadata = async () => undefined
  cluster.findBroker = async ({ nodeId }: { nodeId: string }) => {
    if (Number(nodeId) < 0 || unreachable.includes(Number(nodeId))) throw new Error('ECONNREFUSED')
    const listOffsets = async ({ topics }: Asked) => ({
      responses: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ partition, offset: nodeId })),
      })),
    })
    return { listOffsets }
  }
  return cluster
}

function ask(topic: string, ...partitions: number[]) {
  return { topic, fromBeginning: true, partitions: partitions.map((partition) => ({ partition })) }
}

test('offsets are asked of those who lead, and every topic is in the answer', async () => {
  const cluster = clusterOf({ a: [1, -1, 2, 3], b: [-1], c: [] }, [3])
  const question = [ask('a', 0, 1, 2, 3), ask('b', 0), ask('c', 0)]
  const [a, ...others] = await cluster.fetchTopicsOffset(question)
  expect(a).toEqual({
    topic: 'a',
    partitions: [
      { partition: 0, offset: '1' },
      { partition: 2, offset: '2' },
    ],
  })
  expect(others).toEqual([
    { topic: 'b', partitions: [] },
    { topic: 'c', partitions: [] },
  ])
})

test('where no leader can be reached, that is thrown', async () => {
  const cluster = clusterOf({ a: [1, -1] }, [1])
  await expect(cluster.fetchTopicsOffset([ask('a', 0, 1)])).rejects.toThrow('ECONNREFUSED')
})

test('the bounds of a partition without a leader are unavailable, and of no other', async () => {
  const cluster = clusterOf({ a: [1, -1] })
  cluster.findControllerBroker = async () => ({ versions: null })
  const reads = new OffsetReads(new BrokerRequests(cluster, 'g', 1_000))
  const [well, leaderless] = await Promise.allSettled([
    reads.logBounds({ topic: 'a', partition: 0 }),
    reads.logBounds({ topic: 'a', partition: 1 }),
  ])
  expect(well).toEqual({ status: 'fulfilled', value: { start: 1, end: 1 } })
  expect(leaderless).toMatchObject({
    status: 'rejected',
    reason: { name: 'KafkaUnavailableError', action: 'retry' },
  })
})

const refusal = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED' })

function poolOf(brokers: Record<string, 'away' | 'there'>) {
  const pool = poolThatSees({})
  pool.brokers = Object.fromEntries(
    Object.keys(brokers).map((nodeId) => [nodeId, { nodeId, isConnected: () => false }]),
  )
  pool.findBroker = async ({ nodeId }: { nodeId: string }) => {
    if (brokers[nodeId] === 'away') throw new Error('ECONNREFUSED')
    return pool.brokers[nodeId]
  }
  return pool
}

test('a broker that is away keeps nobody from asking the others', async () => {
  const pool = poolOf({ 1: 'away', 2: 'there', 3: 'away', 4: 'away' })
  const named = await pool.withBroker(async ({ nodeId }: { nodeId: string }) => nodeId)
  expect(named).toBe('2')
  const allAway = poolOf({ 1: 'away' }).withBroker(async () => 'x')
  await expect(allAway).rejects.toThrow('ECONNREFUSED')
})

test('a coordinator that is refused is no outage', async () => {
  const cluster = clusterOf({})
  cluster.brokerPool = poolOf({ 1: 'there' })
  cluster.brokerPool.brokers['1'].findGroupCoordinator = async () => {
    throw refusal
  }
  const error: unknown = await cluster
    .findGroupCoordinator({ groupId: 'g' })
    .catch((e: unknown) => e)
  expect(toSinkError('finding the coordinator', error)).toMatchObject({
    name: 'KafkaRefusedError',
    kafkaError: 'GROUP_AUTHORIZATION_FAILED',
  })
})

test('a topic that is gone has no number of partitions, and is missing', async () => {
  const cluster = clusterOf({ here: [1, -1], gone: [] })
  const requests = new GroupRequests(cluster, 'g', 1_000)
  expect(await requests.partitionCount('here')).toBe(2)
  await expect(requests.partitionCount('gone')).rejects.toMatchObject({ action: 'retry' })

  const admin = new KafkaGroupAdmin({ ...OPTIONS, groupId: 'g' })
  Object.assign(admin, {
    admin: {
      connect: async () => undefined,
      listTopics: async () => ['here', 'gone'],
      fetchTopicMetadata: async () => ({
        topics: [
          { name: 'here', partitions: [{}, {}] },
          { name: 'gone', partitions: [] },
        ],
      }),
    },
  })
  await expect(admin.resolveTopics(['here', 'gone'])).rejects.toMatchObject({
    name: 'UnknownTopicError',
    topics: ['gone'],
  })
})

const nothing = () => undefined
const OPTIONS = {
  brokers: ['localhost:1'],
  clientId: 'test',
  requestTimeoutMs: 1_000,
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
}

test('a commit names the partitions that are gone, and from outside it fails for them', async () => {
  const cluster = clusterOf({})
  const answer = { responses: [{ topic: 'a', partitions: [0, 3].map(partitionWith) }] }
  cluster.findGroupCoordinator = async () => ({ offsetCommit: async () => answer })
  const offsets = [0, 1].map((partition) => ({ topic: 'a', partition, offset: 7, metadata: '' }))
  const nobody = { memberId: '', generation: -1, epoch: 0 }
  const requests = new GroupRequests(cluster, 'g', 1_000)
  const gone = await requests.commit(nobody, offsets, nothing)
  expect(gone).toEqual([{ topic: 'a', partition: 1 }])

  const outside = new KafkaGroupOffsets({ ...OPTIONS, groupId: 'g' })
  Object.assign(outside, { requests, reach: async () => undefined })
  await expect(outside.commitToEmptyGroup(offsets)).rejects.toMatchObject({ topics: ['a'] })
})

function partitionWith(errorCode: number, partition: number) {
  return { partition, errorCode }
}
