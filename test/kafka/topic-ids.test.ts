import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { BrokerRequests } from '../../src/kafka/broker-requests.ts'
import { OffsetReads } from '../../src/kafka/offset-reads.ts'

const requireModule = createRequire(import.meta.url)
const Encoder = requireModule('kafkajs/src/protocol/encoder.js')

const UUID = '0123456789abcdef0123456789abcdef'
const NO_UUID = '0'.repeat(32)

/** As a broker answers in version 10, for one topic. */
function answer(errorCode: number, id: string): Buffer {
  return new Encoder()
    .writeUVarInt(0)
    .writeInt32(0)
    .writeUVarInt(1)
    .writeUVarIntString('the cluster')
    .writeInt32(1)
    .writeUVarInt(2)
    .writeInt16(errorCode)
    .writeUVarIntString('the topic')
    .writeBuffer(Buffer.from(id, 'hex')).buffer
}

interface Sent {
  readonly request: { encode(): Promise<{ buffer: Buffer }> }
  readonly response: {
    decode(bytes: Buffer): Promise<object>
    parse(found: object): Promise<object>
  }
}

/** Reads through a broker that answers so for each topic. */
function reads(answers: Readonly<Record<string, Buffer>>): OffsetReads {
  const send = async ({ request, response }: Sent) => {
    const text = (await request.encode()).buffer.toString('latin1')
    const topic = Object.keys(answers).find((name) => text.includes(name))
    const decoded = await response.decode(answers[topic as string] as Buffer)
    // As kafkajs does with every answer.
    void (decoded as { clientSideThrottleTime?: number }).clientSideThrottleTime
    return await response.parse(decoded)
  }
  const broker = { versions: { 3: { maxVersion: 12 } }, connectionPool: { send } }
  const cluster = {
    findControllerBroker: async () => broker,
    refreshMetadata: async () => undefined,
  }
  return new OffsetReads(new BrokerRequests(cluster as never, 'g', 1_000))
}

test('a topic has the id that its broker gives it, or none', async () => {
  const ids = reads({ with: answer(0, UUID), older: answer(0, NO_UUID) })
  expect(await ids.topicId('with')).toBe(UUID)
  expect(await ids.topicId('older')).toBeUndefined()
})

test('a topic that is gone has no id to be had, and keeps no other from being asked for', async () => {
  const ids = reads({
    here: answer(0, UUID),
    gone: answer(3, NO_UUID),
    hidden: answer(29, NO_UUID),
  })
  const [here, gone, hidden] = await Promise.allSettled([
    ids.topicId('here'),
    ids.topicId('gone'),
    ids.topicId('hidden'),
  ])
  expect(here).toEqual({ status: 'fulfilled', value: UUID })
  expect(gone).toMatchObject({
    reason: {
      action: 'retry',
      message: expect.stringContaining('reading the id of gone failed: UNKNOWN_TOPIC_OR_PARTITION'),
    },
  })
  expect(hidden).toMatchObject({ reason: { kafkaError: 'TOPIC_AUTHORIZATION_FAILED' } })
})
