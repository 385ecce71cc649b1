import { createRequire } from 'node:module'
import { beforeEach, expect, test, vi } from 'vitest'
import { typeOf } from '../../src/kafka/kafka-errors.ts'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'
import { type GroupObserver, observeGroup } from '../../src/kafka/patches/group-hooks.ts'

/*
 * kafkajs's own group object, patched, with brokers made by hand.
 */

const requireModule = createRequire(import.meta.url)
const ConsumerGroup = requireModule('kafkajs/src/consumer/consumerGroup.js')
const Broker = requireModule('kafkajs/src/broker/index.js')
const { parse } = requireModule('kafkajs/src/protocol/requests/fetch/v11/response.js')
const { createErrorFromCode } = requireModule('kafkajs/src/protocol/error.js')
const { KafkaJSConnectionError } = requireModule('kafkajs/src/errors.js')

const [OUT_OF_RANGE, NOT_LEADER, STORAGE] = [1, 6, 56]
const logger = new Kafka({ brokers: [], logLevel: logLevel.NOTHING }).logger()

let nowMs = 0
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  return () => vi.restoreAllMocks()
})

const MAX_BYTES = 1_000
const POSITION = 7

interface FetchRequest {
  readonly maxBytes: number
  readonly topics: { partitions: { partition: number }[] }[]
}

/** A member that has all partitions of a topic, whose brokers answer with these errors. */
function startGroup(
  errorCodes: readonly number[],
  leaders: readonly number[] = [],
  logEnds: readonly number[] = [],
  { observed = true } = {},
) {
  const told: string[] = []
  const observer: GroupObserver = {
    joining: async () => undefined,
    outOfRange: (topic, partition, position) => told.push(`${topic}-${partition} at ${position}`),
    fetchFailed: (which, error, failures) => {
      const name = 'broker' in which ? `broker ${which.broker}` : which.partition
      told.push(`${name} ${typeOf(error) ?? error.name} ${failures}`)
    },
    idle: async () => {
      told.push('idle')
    },
  }
  const partitions = errorCodes.map((_, partition) => partition)
  const metadata = partitions.map((id) => ({ partitionId: id, leader: leaders[id] ?? 1 }))
  const asked: number[][] = []
  const askedBytes: number[] = []
  const broker = Object.create(Broker.prototype)
  broker.lookupRequest = () => (request: FetchRequest) => {
    askedBytes.push(request.maxBytes)
    const wanted = request.topics.flatMap((each) => each.partitions.map((one) => one.partition))
    asked.push(wanted.sort())
    return wanted
  }
  const codes = [...errorCodes]
  broker.connectionPool = {
    send: (wanted: number[]) =>
      parse({
        responses: [
          {
            topicName: 't',
            partitions: wanted.map((partition) => {
              const lastStableOffset = String(logEnds[partition] ?? POSITION)
              const offsets = { highWatermark: lastStableOffset, lastStableOffset }
              return { partition, errorCode: codes[partition], ...offsets, messages: [] }
            }),
          },
        ],
      }),
  }
  const cluster = {
    refreshMetadata: vi.fn(async () => undefined),
    refreshMetadataIfNecessary: vi.fn(async () => undefined),
    findTopicPartitionMetadata: () => metadata,
    findBroker: vi.fn(async () => broker),
  }
  if (observed) observeGroup(cluster as never, observer)
  const group = new ConsumerGroup({
    cluster,
    logger,
    topics: ['t'],
    maxWaitTimeInMs: 100,
    maxBytes: MAX_BYTES,
    maxBytesPerPartition: MAX_BYTES / 2,
    assigners: [],
  })
  group.joinAndSync = vi.fn(async () => undefined)
  group.subscriptionState.assign([{ topic: 't', partitions }])
  group.offsetManager = {
    resolveOffsets: async () => undefined,
    seek: vi.fn(async () => undefined),
    committedOffsets: () => ({ t: partitions.map(() => '0') }),
    nextOffset: () => String(POSITION),
  }
  return { group, told, asked, askedBytes, cluster, codes }
}

test('a partition in error is left alone for a while, and the others are fetched', async () => {
  const { group, told, asked, codes } = startGroup([0, STORAGE])
  const batches = await group.fetch('1')
  expect(batches.map(({ partition }: { partition: number }) => partition)).toEqual([0])
  expect(told).toEqual(['1 KAFKA_STORAGE_ERROR 1'])

  await group.fetch('1')
  nowMs += 201
  await group.fetch('1')
  expect(asked).toEqual([[0, 1], [0], [0, 1]])
  expect(told.at(-1)).toBe('1 KAFKA_STORAGE_ERROR 2')

  codes[1] = 0
  nowMs += 401
  await group.fetch('1')
  codes[1] = STORAGE
  await group.fetch('1')
  expect(told.at(-1)).toBe('1 KAFKA_STORAGE_ERROR 1')
  expect(group.joinAndSync).not.toHaveBeenCalled()
})

test('while every partition of a broker is left alone nothing is asked of it', async () => {
  const { group, told, asked } = startGroup([STORAGE])
  await group.fetch('1')
  expect(await group.fetch('1')).toEqual([])
  expect(asked).toHaveLength(1)
  expect(told.at(-1)).toBe('idle')
})

test('when leaders have moved the metadata are read again once, and nobody joins anew', async () => {
  const { group, asked, cluster } = startGroup([NOT_LEADER, 0, NOT_LEADER])
  expect(await group.fetch('1')).toHaveLength(1)
  expect(cluster.refreshMetadata).toHaveBeenCalledTimes(1)
  expect(group.joinAndSync).not.toHaveBeenCalled()
  expect(asked).toEqual([[0, 1, 2]])
})

test('what was fetched of others counts when the metadata cannot be read', async () => {
  const { group, cluster } = startGroup([NOT_LEADER, 0])
  cluster.refreshMetadata.mockRejectedValue(new Error('away'))
  expect(await group.fetch('1')).toHaveLength(1)
})

test('a position out of range is told, and is no failure to wait for', async () => {
  const { group, told, asked } = startGroup([OUT_OF_RANGE, 0])
  expect(await group.fetch('1')).toHaveLength(1)
  expect(told).toEqual(['t-0 at 7'])
  await group.fetch('1')
  expect(asked).toEqual([
    [0, 1],
    [0, 1],
  ])
})

test('stale metadata met before a fetch are read again, and nobody joins anew', async () => {
  const { group, told, cluster } = startGroup([0])
  cluster.findBroker.mockRejectedValueOnce(createErrorFromCode(NOT_LEADER))
  expect(await group.fetch('1')).toEqual([])
  expect(cluster.refreshMetadata).toHaveBeenCalledTimes(1)
  expect(group.joinAndSync).not.toHaveBeenCalled()
  // And not in a hurry.
  await group.fetch('1')
  expect(told).toEqual(['broker 1 NOT_LEADER_FOR_PARTITION 1', 'idle'])
})

test('a broker that cannot be reached is left alone for a while, and nothing else ends', async () => {
  const { group, told, asked, cluster } = startGroup([0])
  cluster.findBroker.mockRejectedValueOnce(new KafkaJSConnectionError('ECONNREFUSED'))
  expect(await group.fetch('1')).toEqual([])
  expect(await group.fetch('1')).toEqual([])
  expect(asked).toEqual([])
  expect(told).toEqual(['broker 1 KafkaJSConnectionError 1', 'idle'])
  expect(await group.fetch('2')).toEqual([])
  nowMs += 201
  expect(await group.fetch('1')).toHaveLength(1)
})

test('what is no error of a broker or a partition is thrown as before', async () => {
  const { group, cluster } = startGroup([0])
  cluster.findBroker.mockRejectedValueOnce(new Error('a bug'))
  await expect(group.fetch('1')).rejects.toThrow('a bug')
})

test('brokers share what a member may be sent at once, also while some of it is paused', async () => {
  const { group, askedBytes } = startGroup([0, 0, 0, 0], [1, 2, 2, 3])
  group.subscriptionState.pause([{ topic: 't', partitions: [3] }])
  await Promise.all(['1', '2', '3'].map((nodeId) => group.fetch(nodeId)))
  await group.fetch('1')
  expect(askedBytes).toEqual([334, 334, 334])
  group.subscriptionState.assign([{ topic: 't', partitions: [0] }])
  await group.fetch('1')
  expect(askedBytes.at(-1)).toBe(MAX_BYTES)
})

test('as many of those that are behind are asked for as an answer has room for, and all get a turn', async () => {
  const behind = POSITION + 1
  const { group, asked } = startGroup([0, 0, 0, 0], [], [behind, POSITION, behind, behind])
  for (let fetch = 0; fetch < 3; fetch++) await group.fetch('1')
  expect(asked.slice(0, 2)).toEqual([
    [0, 1, 2, 3],
    [0, 2],
  ])
  // Of the others one, in the order of kafkajs's shuffled request.
  expect(asked[2]).toHaveLength(2)
  expect(asked[2]).toContain(3)
})

test('a turn is not waited for when its partition is paused', async () => {
  const behind = POSITION + 1
  const { group, asked } = startGroup([0, 0, 0], [], [behind, behind, behind])
  await group.fetch('1')
  group.subscriptionState.pause([{ topic: 't', partitions: [0] }])
  await group.fetch('1')
  expect(asked.at(-1)).toEqual([1, 2])
})

test('what kafkajs does with a consumer of its own it does as before: it seeks while all is paused', async () => {
  const { group } = startGroup([0, 0], [], [], { observed: false })
  group.subscriptionState.pause([{ topic: 't', partitions: [0, 1] }])
  group.seek({ topic: 't', partition: 1, offset: '3' })
  await group.fetch('1')
  expect(group.offsetManager.seek).toHaveBeenCalledWith({ topic: 't', partition: 1, offset: '3' })
})
