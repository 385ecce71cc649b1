import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { kafkaTool, stackInfo } from '../support/stack.ts'
import {
  createTopic,
  kafka,
  memberOptions,
  produce,
  producer,
  RecordingMember,
} from './kafka-harness.ts'

test('a fetch that begins inside two overlapping aborted transactions shows none of their records', async () => {
  const topic = await createTopic()
  const [first, second] = [await producer(`a-${topic}`), await producer(`b-${topic}`)]
  const one = await first.transaction()
  const two = await second.transaction()
  for (const [transaction, value] of [
    [one, 'a0'],
    [two, 'b1'],
    [two, 'b2'],
    [one, 'a3'],
  ] as const) {
    await transaction.send({ topic, messages: [{ value }] })
  }
  await one.abort()
  await two.abort()
  const reader = new RecordingMember(memberOptions(topic))
  reader.onAssigned = () => undefined
  await reader.member.start(reader)
  const at = { topic, partition: 0 }
  await vi.waitFor(async () => expect(await reader.member.logBounds(at)).toMatchObject({ end: 6 }))
  await produce(topic, ['visible'])
  reader.member.seek(at, 2)
  reader.member.resume([at])
  await reader.until('the record after them', () => reader.values.includes('visible'))

  expect(reader.records_).toEqual([{ partition: 0, offset: 6, value: 'visible' }])
})

test('a data key of four zero bytes does not end an aborted transaction', async () => {
  const topic = await createTopic()
  const writer = await producer(`w-${topic}`)
  const transaction = await writer.transaction()
  const key = Buffer.from([0, 0, 0, 0]) // what Java's IntegerSerializer makes of 0
  for (const value of ['x', 'y', 'z']) await transaction.send({ topic, messages: [{ key, value }] })
  await transaction.abort()
  const committed = await writer.transaction()
  await committed.send({ topic, messages: [{ key, value: 'visible' }] })
  await committed.commit()

  const reader = await RecordingMember.start(memberOptions(topic))
  await reader.until('the committed record', () => reader.values.includes('visible'))

  expect(reader.values).toEqual(['visible'])
})

test('a tail of nothing but aborted records moves the position on', async () => {
  const topic = await createTopic()
  await produce(topic, ['kept'])
  const reader = await RecordingMember.start(memberOptions(topic))
  await reader.until('the first record', () => reader.values.length === 1)

  const writer = await producer(`w-${topic}`)
  const transaction = await writer.transaction()
  await transaction.send({ topic, messages: [{ value: 'void' }, { value: 'void too' }] })
  await transaction.abort()
  // One record, two void ones and the abort marker.
  await reader.until('the end of the log', () => reader.fetches.at(-1)?.nextOffset === 4)
  expect(await reader.member.logBounds({ topic, partition: 0 })).toMatchObject({ end: 4 })
  expect(reader.values).toEqual(['kept'])
})

test.for(['gzip', 'snappy', 'lz4', 'zstd'])(
  'what a Java producer compresses with %s is read byte for byte',
  async (codec) => {
    const topic = await createTopic()
    const lines = Array.from({ length: 3_000 }, (_, index) => `${index} 김철수 ${randomUUID()}`)
    const { exitCode, stderr } = await kafkaTool(
      'org.apache.kafka.tools.ConsoleProducer',
      [
        '--bootstrap-server',
        stackInfo().brokers[0]!,
        '--topic',
        topic,
        '--compression-codec',
        codec,
      ],
      { input: `${lines.join('\n')}\n` },
    )
    expect(exitCode, stderr).toBe(0)

    const reader = await RecordingMember.start(memberOptions(topic))
    await reader.until('all lines', () => reader.values.length >= lines.length)

    expect(reader.values).toEqual(lines)
  },
)

test('an offset beyond the log is reported, and nothing is committed or read', async () => {
  const topic = await createTopic()
  await produce(topic, ['0', '1', '2'])
  const options = memberOptions(topic)
  const at = { topic, partition: 0 }
  const reader = new RecordingMember(options)
  reader.onAssigned = (partitions) => {
    reader.member.seek(at, 1_000)
    reader.member.resume(partitions)
  }
  await reader.member.start(reader)
  await reader.until('the report', () => reader.log.includes('out of range: 0'))
  const heartbeats = reader.memberships.length
  await reader.until('two more heartbeats', () => reader.memberships.length >= heartbeats + 2)

  expect(reader.log.filter((entry) => entry.startsWith('out of range'))).toHaveLength(1)
  expect(reader.fetches).toHaveLength(0)
  expect(await reader.member.committedOffset(at)).toBeUndefined()
  const admin = kafka().admin()
  await admin.connect()
  const offsets = await admin.fetchOffsets({ groupId: options.groupId, topics: [topic] })
  await admin.disconnect()
  expect(offsets[0]?.partitions).toMatchObject([{ partition: 0, offset: '-1' }])

  reader.member.seek(at, 1)
  reader.member.resume([at])
  await reader.until('the rest', () => reader.values.length === 2)
  expect(reader.values).toEqual(['1', '2'])
})

test('pausing, resuming and seeking while records flow leaves no gap and repeats nothing', async () => {
  const topic = await createTopic(3)
  const count = 4_000
  for (const partition of [0, 1, 2]) {
    const values = Array.from({ length: count }, (_, index) => `${partition}-${index}`)
    // Many small batches: a fetch of 3 kB ends in the midst of them.
    const writer = await producer()
    for (let start = 0; start < count; start += 50) {
      const messages = values.slice(start, start + 50).map((value) => ({ value, partition }))
      await writer.send({ topic, messages })
    }
  }
  const reader = new RecordingMember(memberOptions(topic, { maxBytesPerPartition: 3_000 }))
  const next = new Map<number, number>()
  let turn = 0
  reader.onRecords = ({ partition, nextOffset }) => {
    next.set(partition, nextOffset)
    const at = { topic, partition }
    turn += 1
    if (turn % 3 === 0) {
      reader.member.pause([at])
      setImmediate(() => reader.member.resume([at]))
    }
    if (turn % 5 === 0) reader.member.seek(at, nextOffset)
    // Only while records of this partition are to come: with them comes the turn that resumes it.
    if (turn % 7 === 0 && nextOffset < count) {
      reader.member.pause([{ topic, partition: (partition + 1) % 3 }])
    }
    if (turn % 7 === 1) reader.member.resume([0, 1, 2].map((each) => ({ topic, partition: each })))
  }
  await reader.member.start(reader)
  await reader.until('everything', () => [0, 1, 2].every((each) => next.get(each) === count))

  for (const partition of [0, 1, 2]) {
    const offsets = reader.records_.filter((each) => each.partition === partition)
    expect(offsets.map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, i) => i))
  }
  expect(turn).toBeGreaterThan(30)
})

test('a seek back reads the same records again', async () => {
  const topic = await createTopic()
  await produce(topic, ['0', '1', '2', '3'])
  const reader = await RecordingMember.start(memberOptions(topic))
  await reader.until('all records', () => reader.values.length === 4)
  reader.member.seek({ topic, partition: 0 }, 2)
  await reader.until('two of them again', () => reader.values.length === 6)
  expect(reader.values).toEqual(['0', '1', '2', '3', '2', '3'])
})

test('log bounds follow deleted records, and the end leaves out open transactions', async () => {
  const topic = await createTopic()
  await produce(topic, ['0', '1', '2', '3', '4'])
  const writer = await producer(`w-${topic}`)
  const open = await writer.transaction()
  await open.send({ topic, messages: [{ value: 'not yet' }] })
  const admin = kafka().admin()
  await admin.connect()
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
  await admin.disconnect()

  const reader = new RecordingMember(memberOptions(topic))
  reader.onAssigned = () => undefined
  await reader.member.start(reader)

  expect(await reader.member.logBounds({ topic, partition: 0 })).toMatchObject({ start: 3, end: 5 })
  expect(await reader.member.partitionCount(topic)).toBe(1)
  await open.commit()
  await vi.waitFor(async () => {
    const bounds = await reader.member.logBounds({ topic, partition: 0 })
    expect(bounds).toMatchObject({ start: 3, end: 7 })
  })
})

test('a topic that is deleted and created again has another id', async () => {
  const topic = await createTopic()
  const reader = await RecordingMember.start(memberOptions(topic))
  const idOf = async () => (await reader.member.logBounds({ topic, partition: 0 })).topicId
  const before = await idOf()
  expect(before).toMatch(/^[0-9a-f]{32}$/)
  expect(await idOf()).toBe(before)

  const admin = kafka().admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  await admin.disconnect()
  await vi.waitFor(async () => expect(await idOf()).not.toBe(before), { timeout: 20_000 })
  expect(await idOf()).toMatch(/^[0-9a-f]{32}$/)
})
