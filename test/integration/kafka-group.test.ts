import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  FencedMembershipError,
  KafkaUnavailableError,
  OffsetMetadataTooLargeError,
  UnknownTopicError,
} from '../../src/core/errors.ts'
import type { Membership } from '../../src/core/ports.ts'
import { createGroupAdmin, type GroupAdmin } from '../../src/kafka/group-admin.ts'
import type { GroupMemberOptions } from '../../src/kafka/group-member.ts'
import { createTopic, kafka, memberOptions, produce, RecordingMember } from './kafka-harness.ts'

async function membersOf(groupId: string): Promise<string[]> {
  const admin = kafka().admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([groupId])
  await admin.disconnect()
  return groups[0]!.members.map(({ memberId }) => memberId)
}

function groupAdmin(options: GroupMemberOptions): GroupAdmin {
  const admin = createGroupAdmin(options)
  onTestFinished(() => admin.close())
  return admin
}

test('a commit carries its offset and metadata, and is read back', async () => {
  const topic = await createTopic()
  await produce(topic, ['0', '1', '2'])
  const options = memberOptions(topic)
  const { member, memberships } = await RecordingMember.start(options)
  const at = { topic, partition: 0 }

  expect(await member.committedOffset(at)).toBeUndefined()
  await member.commitOffsets(memberships[0]!, [{ ...at, offset: 2, metadata: '경로 v1' }])

  expect(await member.committedOffset(at)).toEqual({ offset: 2, metadata: '경로 v1' })
  await expect(
    member.commitOffsets(memberships[0]!, [{ ...at, offset: 3, metadata: 'x'.repeat(5_000) }]),
  ).rejects.toMatchObject({ name: 'OffsetMetadataTooLargeError', metadataBytes: 5_000 })
  expect(OffsetMetadataTooLargeError.name).toBe('OffsetMetadataTooLargeError')
  expect(await member.committedOffset(at)).toMatchObject({ offset: 2 })
})

test('a membership is known as soon as partitions are assigned', async () => {
  const topic = await createTopic()
  const { memberships } = await RecordingMember.start(memberOptions(topic))
  expect(memberships).toMatchObject([{ generation: 1, epoch: 1 }])
})

test('the coordinator refuses a commit of an older generation or of an unknown member', async () => {
  const topic = await createTopic()
  const { member, memberships } = await RecordingMember.start(memberOptions(topic))
  const now = memberships[0]!
  const offsets = [{ topic, partition: 0, offset: 7, metadata: '' }]

  for (const stale of [
    { ...now, generation: now.generation - 1 },
    { ...now, memberId: `${now.memberId}x` },
  ]) {
    await expect(member.commitOffsets(stale, offsets)).rejects.toThrow(FencedMembershipError)
  }
  expect(await member.committedOffset({ topic, partition: 0 })).toBeUndefined()
})

test('a second member waits until the first has finished with what it loses', async () => {
  const topic = await createTopic(4)
  const options = memberOptions(topic)
  const first = await RecordingMember.start(options)
  const { promise: flushed, resolve: finishFlush } = Promise.withResolvers<void>()
  const old = first.memberships[0]!
  first.onRevoking = async () => {
    await flushed
    // The old membership still stands: JoinGroup was held back.
    const offset = { topic, partition: 0, offset: 5, metadata: 'flushed' }
    await first.member.commitOffsets(old, [offset])
  }

  const second = new RecordingMember(options)
  const started = second.member.start(second)
  await first.until('the revocation', () => first.log.includes('revoking'))
  expect(second.log).toEqual([])
  finishFlush()
  await started
  await first.until('a new assignment', () => first.assignments.length === 2)

  expect(first.log.slice(0, 3)).toEqual(['assigned 1: 0 1 2 3', 'revoking', 'revoked'])
  expect(await second.member.committedOffset({ topic, partition: 0 })).toMatchObject({ offset: 5 })
  const [a, b] = [first.assignments[1]!.partitions, second.assignments[0]!.partitions]
  expect([a.length, b.length]).toEqual([2, 2])
  const all = [...a, ...b].map(({ partition }) => partition)
  expect(all.sort()).toEqual([0, 1, 2, 3])
  const late = [{ topic, partition: 0, offset: 9, metadata: '' }]
  await expect(first.member.commitOffsets(old, late)).rejects.toThrow(FencedMembershipError)
})

test('a revocation that never ends holds a JoinGroup back for a third of the session only', async () => {
  const topic = await createTopic(2)
  const options = memberOptions(topic, { sessionTimeoutMs: 6_000 })
  const first = await RecordingMember.start(options)
  first.onRevoking = () => new Promise(() => undefined)
  const second = await RecordingMember.start(options)
  await first.until('a new assignment', () => first.assignments.length === 2)
  expect(second.assignments[0]!.partitions).toHaveLength(1)
  expect(first.errors).toEqual([])
})

test('no record is delivered twice or left out while members come and go', async () => {
  const topic = await createTopic(6)
  const options = memberOptions(topic)
  const count = 500
  for (let partition = 0; partition < 6; partition += 1) {
    await produce(
      topic,
      Array.from({ length: count }, (_, index) => `${index}`),
      partition,
    )
  }
  const members = [await RecordingMember.start(options)]
  members.push(await RecordingMember.start(options), await RecordingMember.start(options))
  await members[0]!.member.stop()
  const [, second, third] = members
  const done = () =>
    [second!, third!].flatMap(({ assignments }) => assignments.at(-1)!.partitions).length === 6
  await Promise.all([second!.until('half each', done), third!.until('half each', done)])

  // Everybody begins each assignment at 0: each partition is then read from there without a gap.
  for (const member of [second!, third!]) {
    const partitions = member.assignments.at(-1)!.partitions.map(({ partition }) => partition)
    for (const partition of partitions) {
      const lastRead = () => {
        const offsets = member.records_.filter((each) => each.partition === partition)
        return offsets.slice(offsets.findLastIndex(({ offset }) => offset === 0))
      }
      await member.until('all records', () => lastRead().length === count)
      expect(lastRead().map(({ offset }) => offset)).toEqual(
        Array.from({ length: count }, (_, index) => index),
      )
    }
  }
})

test('what a member keeps over a rebalance stays with it', async () => {
  const topic = await createTopic(7)
  const options = memberOptions(topic)
  const first = await RecordingMember.start(options)
  const second = await RecordingMember.start(options)
  await first.until('its part', () => first.assignments.length === 2)
  const before = [first, second].map(({ assignments }) => numbers(assignments.at(-1)))
  const third = await RecordingMember.start(options)
  await Promise.all([
    first.until('its part', () => first.assignments.length === 3),
    second.until('its part', () => second.assignments.length === 2),
  ])
  const after = [first, second].map(({ assignments }) => numbers(assignments.at(-1)))

  for (const [index, kept] of after.entries()) {
    expect(before[index]).toEqual(expect.arrayContaining(kept))
  }
  expect(numbers(third.assignments[0])).toHaveLength(2)
})

test('a dead member is put out of the group at once', async () => {
  const topic = await createTopic(2)
  const options = memberOptions(topic, { sessionTimeoutMs: 30_000 })
  const { logger: _, ...workerData } = options
  const worker = new Worker(new URL('./kafka-dying-member.ts', import.meta.url), { workerData })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [membership]: Membership[] = await once(worker, 'message')
  const survivor = await RecordingMember.start(options)
  await survivor.until('its half', () => survivor.assignments.at(-1)?.partitions.length === 1)
  await worker.terminate()
  const started = performance.now()
  await groupAdmin(options).leaveGroup(membership!.memberId)
  await survivor.until('all of it', () => survivor.assignments.at(-1)?.partitions.length === 2)

  expect(performance.now() - started).toBeLessThan(5_000)
  await groupAdmin(options).leaveGroup(membership!.memberId) // gone already: fine
})

test('stopping in the middle of joining leaves nobody behind in the group', async () => {
  const topic = await createTopic(2)
  const options = memberOptions(topic)
  const first = await RecordingMember.start(options)
  first.onRevoking = () => new Promise(() => undefined)
  const second = new RecordingMember(options)
  const started = second.member.start(second)
  await first.until('the revocation', () => first.log.includes('revoking'))
  await second.member.stop()
  await started

  expect(second.log).toEqual([])
  await first.until('everything again', () => first.assignments.at(-1)?.partitions.length === 2)
  expect(await membersOf(options.groupId)).toEqual([first.memberships.at(-1)!.memberId])
})

test('a member may stop from within any of its handlers', async () => {
  const topic = await createTopic()
  await produce(topic, ['0'])
  for (const when of ['onAssigned', 'onRecords', 'onRevoking'] as const) {
    const options = memberOptions(topic)
    const recording = new RecordingMember(options)
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const stop = () => recording.member.stop().then(resolve)
    if (when === 'onRevoking') recording.onRevoking = stop
    else if (when === 'onRecords') recording.onRecords = stop
    else recording.onAssigned = stop
    await recording.member.start(recording)
    const other = when === 'onRevoking' ? await RecordingMember.start(options) : undefined
    await stopped
    expect(await membersOf(options.groupId)).toEqual(
      other === undefined ? [] : [other.memberships[0]!.memberId],
    )
    expect(recording.errors).toEqual([])
  }
})

test('new partitions are assigned without a restart', async () => {
  const topic = await createTopic(1)
  const recording = await RecordingMember.start(memberOptions(topic))
  const admin = kafka().admin()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  await admin.disconnect()
  await vi.waitFor(async () => expect(await recording.member.partitionCount(topic)).toBe(3))
  await recording.until('three', () => recording.assignments.at(-1)?.partitions.length === 3)
  expect(recording.log).toEqual(['assigned 1: 0', 'revoking', 'revoked', 'assigned 2: 0 1 2'])
})

test('brokers that are not there are named by an error that says to try again', async () => {
  const options = memberOptions('any', { brokers: ['localhost:1'], requestTimeoutMs: 500 })
  await expect(groupAdmin(options).clusterId()).rejects.toThrow(KafkaUnavailableError)
})

test('topics are found by name or by pattern, with their partitions', async () => {
  const topic = await createTopic(3)
  const admin = groupAdmin(memberOptions(topic))

  expect(await admin.resolveTopics([topic])).toEqual(new Map([[topic, 3]]))
  expect(await admin.resolveTopics(new RegExp(`^${topic.slice(0, -1)}`))).toEqual(
    new Map([[topic, 3]]),
  )
  expect([...(await admin.resolveTopics(/./g)).keys()].filter((name) => /^__/.test(name))).toEqual(
    [],
  )
  expect(await admin.resolveTopics(/^no such topic$/)).toEqual(new Map())
  await expect(admin.resolveTopics([topic, 'nope'])).rejects.toThrow(UnknownTopicError)
  expect(await admin.clusterId()).toMatch(/^[\w-]{22}$/)
})

function numbers(assignment: { partitions: readonly { partition: number }[] } | undefined) {
  return assignment!.partitions.map(({ partition }) => partition)
}
