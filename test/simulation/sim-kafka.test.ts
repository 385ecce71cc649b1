import { beforeEach, describe, expect, it } from 'vitest'
import { FencedMembershipError, KafkaUnavailableError } from '../../src/core/errors.ts'
import type { GroupHandlers, Membership } from '../../src/core/ports.ts'
import type { TopicPartition } from '../../src/core/record-batch.ts'
import { ScriptedSchedule } from './scripted-schedule.ts'
import { SimKafka } from './sim-kafka.ts'
import { SimMember } from './sim-member.ts'

/** A member of the group that writes down what it hears. */
class Listener implements GroupHandlers {
  partitions: number[] = []
  membership: Membership | undefined
  revoked = 0
  readonly outside: number[] = []
  readonly read: number[] = []

  assigned(_epoch: number, partitions: readonly TopicPartition[]): void {
    this.partitions = partitions.map(({ partition }) => partition)
  }
  async revoking(): Promise<void> {
    this.revoked += 1
  }
  heartbeat(membership: Membership): void {
    this.membership = membership
  }
  records({ nextOffset }: { nextOffset: number }): void {
    this.read.push(nextOffset)
  }
  outOfRange({ partition }: TopicPartition): void {
    this.outside.push(partition)
  }
  crashed(): void {}
}

describe('a simulated group', () => {
  let kafka: SimKafka
  let schedule: ScriptedSchedule

  beforeEach(() => {
    kafka = new SimKafka('t', 2)
    schedule = new ScriptedSchedule()
  })

  function join(who: string): { member: SimMember; heard: Listener } {
    const member = new SimMember(kafka, who, schedule)
    const heard = new Listener()
    void member.start(heard)
    return { member, heard }
  }

  function rebalance(...present: { member: SimMember }[]): void {
    kafka.beginRebalance(present.map(({ member }) => member))
    kafka.completeRebalance()
  }

  const commit = (of: { member: SimMember; heard: Listener }, partition: number, offset: number) =>
    of.member.commitOffsets(of.heard.membership as Membership, [
      { topic: 't', partition, offset, metadata: 'm' },
    ])

  it('takes everything from its members, then deals it out under a new generation', () => {
    const [a, b] = [join('a'), join('b')]
    rebalance(a)
    expect(a.heard.partitions).toEqual([0, 1])
    kafka.beginRebalance([a.member, b.member])
    expect(a.heard.revoked).toBe(2)
    kafka.completeRebalance()
    expect([a.heard.partitions, b.heard.partitions]).toEqual([[0], [1]])
    expect(a.heard.membership?.generation).toBe(2)
  })

  it('accepts commits of the old generation until the new one begins', async () => {
    const a = join('a')
    rebalance(a)
    kafka.beginRebalance([a.member])
    await commit(a, 0, 5)
    const { membership } = a.heard
    kafka.completeRebalance()
    const late = a.member.commitOffsets(membership as Membership, [])
    await expect(late).rejects.toBeInstanceOf(FencedMembershipError)
  })

  it('does not tell who is absent: a zombie, whose commits fail', async () => {
    const [a, b] = [join('a'), join('b')]
    rebalance(a)
    rebalance(b)
    expect(a.heard.revoked).toBe(1)
    await expect(commit(a, 0, 5)).rejects.toBeInstanceOf(FencedMembershipError)
  })

  it('does not look at who owns what: a member commits for what it has lost', async () => {
    const [a, b] = [join('a'), join('b')]
    rebalance(a, b)
    await commit(a, 1, 7)
    expect(kafka.committed.get(1)).toEqual({ offset: 7, metadata: 'm' })
  })

  it('knows no more whoever left or was silent for too long', async () => {
    const a = join('a')
    rebalance(a)
    expect(kafka.isEmpty).toBe(false)
    kafka.expel('a')
    expect(kafka.isEmpty).toBe(true)
    await expect(commit(a, 0, 5)).rejects.toBeInstanceOf(FencedMembershipError)
  })

  it.each([
    ['not-done', undefined],
    ['reply-lost', 5],
  ] as const)('loses a commit before or after it applies: %s', async (fate, offset) => {
    const a = join('a')
    rebalance(a)
    schedule.fates.set('commit', [fate])
    await expect(commit(a, 0, 5)).rejects.toBeInstanceOf(KafkaUnavailableError)
    expect(kafka.committed.get(0)?.offset).toBe(offset)
  })

  it('says that a position is out of range once, and pauses the partition', () => {
    const a = join('a')
    rebalance(a)
    kafka.produce(0, 3)
    const at = { topic: 't', partition: 0 }
    a.member.seek(at, 4)
    a.member.resume([at])
    a.member.fetch(0, 10)
    expect(a.heard.outside).toEqual([0])
    expect(a.member.readable).toEqual([])
    a.member.seek(at, 1)
    a.member.resume([at])
    a.member.fetch(0, 10)
    expect(a.heard.read).toEqual([3])
  })

  it('forgets its offsets with the topic, and lets everybody read on in the new one', async () => {
    const a = join('a')
    rebalance(a)
    kafka.produce(0, 3)
    kafka.committed.set(0, { offset: 2, metadata: '' })
    const at = { topic: 't', partition: 0 }
    const before = await a.member.topicId('t')
    a.member.seek(at, 2)
    a.member.resume([at])
    kafka.recreate()
    kafka.produce(0, 5)
    expect(kafka.committed.size).toBe(0)
    a.member.fetch(0, 10)
    expect(a.heard.read).toEqual([5])
    expect(await a.member.topicId('t')).not.toBe(before)
  })

  it('tells of every record that comes to be and that is gone', () => {
    const records: string[] = []
    kafka.onRecord = (partition, offset) => records.push(`+${partition}:${offset}`)
    kafka.onRemoved = (partition, offset) => records.push(`-${partition}:${offset}`)
    kafka.produce(1, 2)
    kafka.produceVoid(1, 2)
    kafka.produce(1, 1)
    kafka.compact(1, 0)
    kafka.deleteBelow(1, 3)
    expect(records).toEqual(['+1:0', '+1:1', '+1:4', '-1:0', '-1:1'])
  })
})
