import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import '../../src/kafka/kafkajs.ts'
import { withOutcome } from '../../src/kafka/patches/partial-answers.ts'

const requireModule = createRequire(import.meta.url)

function parserOf(request: string, version: number): (answer: object) => Promise<object> {
  return requireModule(`kafkajs/src/protocol/requests/${request}/v${version}/response.js`).parse
}

const [OUT_OF_RANGE, UNKNOWN_TOPIC, NO_LEADER, NOT_LEADER, STORAGE] = [1, 3, 5, 6, 56]
const [ILLEGAL_GENERATION, NOT_ALLOWED] = [22, 29]

const versionsOfMetadata = [0, 1, 2, 3, 4, 5, 6]

function topic(name: string, topicErrorCode: number, leaders: readonly number[]) {
  const partitionMetadata = leaders.map((leader, partitionId) => ({
    partitionErrorCode: leader < 0 ? NO_LEADER : 0,
    partitionId,
    leader,
  }))
  return { topic: name, topicErrorCode, partitionMetadata }
}

test.for(versionsOfMetadata)(
  'metadata v%i: a partition without a leader is kept',
  async (version) => {
    const answer = { topicMetadata: [topic('a', 0, [1, -1]), topic('b', 0, [2])] }
    expect(await parserOf('metadata', version)(answer)).toEqual(answer)
  },
)

test('metadata: a topic that is gone is kept, without partitions, beside others', async () => {
  const answer = { topicMetadata: [topic('a', UNKNOWN_TOPIC, []), topic('b', 0, [2])] }
  expect(await parserOf('metadata', 6)(answer)).toEqual(answer)
})

test('metadata: where every topic is gone, or one must not be seen, that is thrown', async () => {
  const parse = parserOf('metadata', 6)
  const gone = [topic('a', UNKNOWN_TOPIC, []), topic('b', UNKNOWN_TOPIC, [])]
  await expect(parse({ topicMetadata: gone })).rejects.toMatchObject({
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
  for (const [code, type] of [
    [NOT_ALLOWED, 'TOPIC_AUTHORIZATION_FAILED'],
    [NO_LEADER, 'LEADER_NOT_AVAILABLE'],
  ] as const) {
    const mixed = [topic('a', UNKNOWN_TOPIC, []), topic('b', 0, [1]), topic('c', code, [])]
    await expect(parse({ topicMetadata: mixed })).rejects.toMatchObject({ type })
  }
  expect(await parse({ topicMetadata: [] })).toEqual({ topicMetadata: [] })
})

function offsets(...errorCodes: number[]) {
  const partitions = errorCodes.map((errorCode, partition) => ({ partition, errorCode }))
  return { responses: [{ topic: 'a', partitions }] }
}

test.for([0, 1, 2, 3])('offsets v%i: partitions in error are left out', async (version) => {
  const parse = parserOf('listOffsets', version)
  expect(await parse(offsets(STORAGE, 0))).toEqual({
    responses: [{ topic: 'a', partitions: [{ partition: 1, errorCode: 0 }] }],
  })
  await expect(parse(offsets(STORAGE, NOT_LEADER))).rejects.toMatchObject({
    type: 'KAFKA_STORAGE_ERROR',
  })
  await expect(parse(offsets(0, STORAGE, NOT_ALLOWED))).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
  })
})

test.for([0, 1, 2, 3, 4, 5])(
  'commit v%i: a partition that is gone is told apart',
  async (version) => {
    const parse = parserOf('offsetCommit', version)
    expect(await parse(offsets(UNKNOWN_TOPIC, 0))).toEqual(offsets(UNKNOWN_TOPIC, 0))
    await expect(parse(offsets(UNKNOWN_TOPIC, 0, ILLEGAL_GENERATION))).rejects.toMatchObject({
      type: 'ILLEGAL_GENERATION',
    })
  },
)

const versionsOfFetch = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]

test.for(versionsOfFetch)('fetch v%i: partitions in error are taken out', async (version) => {
  const released: number[] = []
  const partition = (number: number, errorCode: number) => ({
    partition: number,
    errorCode,
    messages: [{ raw: { release: () => released.push(number) } }],
  })
  const well = partition(1, 0)
  const partitions = [partition(0, STORAGE), well, partition(2, OUT_OF_RANGE)]
  const parsed = await parserOf('fetch', version)({ responses: [{ topicName: 'a', partitions }] })
  expect(parsed).toMatchObject({
    responses: [{ topicName: 'a', partitions: [well] }],
    failures: [
      { topic: 'a', partition: 0, error: { type: 'KAFKA_STORAGE_ERROR' } },
      {
        topic: 'a',
        partition: 2,
        error: { type: 'OFFSET_OUT_OF_RANGE', name: 'KafkaJSOffsetOutOfRange', partition: 2 },
      },
    ],
  })
  expect(released).toEqual([0, 2])
})

/** A broker whose fetches end like this. */
function brokerThatAnswers(partitions: readonly { partition: number; errorCode: number }[]) {
  const Broker = requireModule('kafkajs/src/broker/index.js')
  const broker = Object.create(Broker.prototype)
  const responses = [
    { topicName: 'a', partitions: partitions.map((each) => ({ ...each, messages: [] })) },
  ]
  broker.lookupRequest = () => () => undefined
  broker.connectionPool = { send: () => parserOf('fetch', 11)({ responses }) }
  return broker
}

const ONE_IN_ERROR = [
  { partition: 0, errorCode: 0 },
  { partition: 1, errorCode: STORAGE },
]

test('whoever asks for the outcome of a fetch gets what is well, and why the rest is not', async () => {
  const broker = brokerThatAnswers(ONE_IN_ERROR)
  const [answer, outcome] = await withOutcome(() => broker.fetch({ topics: [] }))
  expect(answer).toMatchObject({ responses: [{ partitions: [{ partition: 0 }] }] })
  expect(outcome).toMatchObject({
    well: [{ topic: 'a', partition: 0 }],
    failures: [{ topic: 'a', partition: 1, error: { type: 'KAFKA_STORAGE_ERROR' } }],
  })
})

test('whoever does not ask is thrown the first error, as kafkajs threw it', async () => {
  const broker = brokerThatAnswers(ONE_IN_ERROR)
  await expect(broker.fetch({ topics: [] })).rejects.toMatchObject({ type: 'KAFKA_STORAGE_ERROR' })
})
