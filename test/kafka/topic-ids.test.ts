import type { Cluster } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { BrokerRequests } from '../../src/kafka/broker-requests.ts'
import { OffsetReads } from '../../src/kafka/offset-reads.ts'
import { decodeTopicId } from '../../src/kafka/topic-ids.ts'

const UNKNOWN_TOPIC = 3
const LEADER_NOT_AVAILABLE = 5
const TOPIC_AUTHORIZATION_FAILED = 29
const OLD = 'aa'.repeat(16)
const NEW = 'bb'.repeat(16)
const NONE = '00'.repeat(16)
const AT = { topic: 't', partition: 0 }

/** A Metadata answer of version 10 with one broker and this topic. */
function metadata(errorCode: number, id: string): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)])
  const int32 = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value & 255])
  return Buffer.concat([
    ...[Buffer.from([0]), int32(0), Buffer.from([2])],
    ...[int32(1), text('host'), int32(9092), Buffer.from([0]), Buffer.from([0])],
    ...[text('cluster'), int32(1), Buffer.from([2])],
    ...[Buffer.from([0, errorCode]), text('t'), Buffer.from(id, 'hex')],
  ])
}

/** Bounds 10 to 20, and one Metadata answer after the other; the last one again and again. */
function reads(answers: readonly (readonly [number, string])[], maxVersion = 12) {
  const left = [...answers]
  let asked = 0
  const offset = ({ fromBeginning }: { fromBeginning: boolean }) => (fromBeginning ? '10' : '20')
  const send = async ({ response }: { response: { decode(bytes: Buffer): Promise<unknown> } }) => {
    asked += 1
    const [errorCode, id] = (left.length > 1 ? left.shift() : left[0]) as [number, string]
    return response.decode(metadata(errorCode, id))
  }
  const cluster = {
    fetchTopicsOffset: async ([topic]: [{ fromBeginning: boolean }]) => [
      { topic: 't', partitions: [{ partition: 0, offset: offset(topic) }] },
    ],
    findControllerBroker: async () => ({
      versions: { 3: { maxVersion } },
      connectionPool: { send },
    }),
    refreshMetadata: async () => {},
  }
  const requests = new BrokerRequests(cluster as unknown as Cluster, 'g', 1_000)
  return { reads: new OffsetReads(requests), asked: () => asked }
}

describe('the id of a topic', () => {
  it('is read from an answer', () => {
    expect(decodeTopicId(metadata(0, OLD))).toEqual({ id: OLD })
    expect(decodeTopicId(metadata(0, NONE))).toEqual({ id: undefined })
  })

  it('is not taken for unknown for good where a broker does not know the topic', () => {
    expect(decodeTopicId(metadata(UNKNOWN_TOPIC, NONE))).toEqual({ errorCode: UNKNOWN_TOPIC })
  })

  it('goes with the bounds of its log', async () => {
    const made = reads([[0, OLD]])
    expect(await made.reads.logBounds(AT)).toEqual({ start: 10, end: 20, topicId: OLD })
  })

  it('is missing only with brokers that have none', async () => {
    const old = reads([[0, OLD]], 9)
    expect(await old.reads.logBounds(AT)).toEqual({ start: 10, end: 20 })
    expect(old.asked()).toBe(0)
    expect(await reads([[0, NONE]]).reads.logBounds(AT)).toEqual({ start: 10, end: 20 })
  })

  it.each([
    ['a broker does not know it', [[UNKNOWN_TOPIC, NONE]]],
    [
      'a broker does not know it any more',
      [
        [0, OLD],
        [UNKNOWN_TOPIC, NONE],
      ],
    ],
    ['it has no leader', [[LEADER_NOT_AVAILABLE, OLD]]],
    [
      'another was made meanwhile',
      [
        [0, OLD],
        [0, NEW],
      ],
    ],
  ] as const)('is asked for again where %s', async (_, answers) => {
    await expect(reads(answers).reads.logBounds(AT)).rejects.toMatchObject({ action: 'retry' })
  })

  it('of a topic that is gone is none, so that what was read of it can be written', async () => {
    expect(await reads([[UNKNOWN_TOPIC, NONE]]).reads.topicId('t')).toBeUndefined()
    const hidden = reads([[TOPIC_AUTHORIZATION_FAILED, NONE]]).reads.topicId('t')
    await expect(hidden).rejects.toMatchObject({ kafkaError: 'TOPIC_AUTHORIZATION_FAILED' })
    const unsure = reads([[LEADER_NOT_AVAILABLE, NONE]]).reads.topicId('t')
    await expect(unsure).rejects.toMatchObject({ action: 'retry' })
  })
})
