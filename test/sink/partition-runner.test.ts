import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KafkaUnavailableError } from '../../src/core/errors.ts'
import { RequestRefusedError, UnsupportedServerError } from '../../src/hdfs/errors.ts'
import { failed } from '../simulation/sim-hdfs-errors.ts'
import { fakeTimers, oneProcess } from './one-process.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

const FIRST = '/data/t-0-00000000000000000000.txt'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function noteTrouble() {
  const trouble: string[] = []
  const observer = {
    trouble: (_: string, op: string, state: string) => void trouble.push(`${op} ${state}`),
  }
  return { trouble, observer }
}

describe('a partition', () => {
  it('goes from assignment to files and to Kafka', async () => {
    const sink = oneProcess()
    sink.kafka.produce(0, 7)
    await sink.assign()
    await sink.fetch()
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2', '0:3', '0:4']])
    await sink.pass(500)
    expect(sink.kafka.committed.get(0)?.offset).toBe(5)
    await sink.pass(500)
    expect(Object.values(sink.files())[1]).toEqual(['0:5', '0:6'])
    expect(sink.flushed.map(({ trigger, records }) => [trigger, records])).toEqual([
      ['records', 5],
      ['interval', 2],
    ])
    expect(sink.budget.heldBytes).toBe(0)
  })

  it('keeps what was read when the answer to a commit is lost, and goes on after a heartbeat', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.schedule.fates.set('RENAME', ['reply-lost'])
    await sink.fetch()
    expect(sink.files()).toEqual({})
    sink.kafka.heartbeats()
    await sink.pass()
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2', '0:3', '0:4']])
    expect(sink.schedule.count('CREATE')).toBe(1)
    await sink.pass(500)
    expect(sink.kafka.committed.get(0)?.offset).toBe(5)
  })

  it('uploads again under a new claim what was not committed', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.schedule.fates.set('RENAME', ['not-done'])
    await sink.fetch()
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.schedule.count('CREATE')).toBe(2)
    expect(Object.keys(sink.files())).toEqual([FIRST])
    expect(sink.hdfs.list('/_sink/sim-group/t/0')).toHaveLength(1)
  })

  it('whose renames are refused is in trouble until they work again', async () => {
    const { trouble, observer } = noteTrouble()
    const sink = oneProcess({ observer })
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.schedule.rule = ({ op }) => (op === 'RENAME' ? 'not-done' : undefined)
    await sink.fetch()
    expect(trouble).toEqual(['commit begins'])
    sink.kafka.heartbeats()
    await sink.pass()
    expect(trouble.slice(1)).toEqual(['commit ends', 'claim begins'])
    sink.schedule.rule = undefined
    sink.kafka.heartbeats()
    await sink.pass()
    expect(trouble.slice(3)).toEqual(['claim ends'])
    expect(Object.keys(sink.files())).toEqual([FIRST])
  })

  it('that stops while its renames are refused is in no trouble any more', async () => {
    const { trouble, observer } = noteTrouble()
    const sink = oneProcess({ observer })
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.schedule.fates.set('RENAME', ['not-done'])
    await sink.fetch()
    sink.hdfs.delete('/_sink/sim-group/t/0', true)
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.stops).toEqual(['0 journal-gone'])
    expect(trouble).toEqual(['commit begins', 'commit ends'])
  })

  it('that stops while a rename is under way is in no trouble when that fails', async () => {
    const { trouble, observer } = noteTrouble()
    const sink = oneProcess({ observer })
    await sink.assign()
    sink.schedule.block(({ op, subject }) => op === 'RENAME' && subject.endsWith('.tmp'))
    sink.kafka.produce(0, 5)
    await sink.fetch()
    vi.spyOn(sink.context.fs, 'upload').mockRejectedValue(
      new RequestRefusedError(failed('CREATE', '/x', 'is refused')),
    )
    sink.kafka.produce(0, 5)
    await sink.fetch()
    expect(sink.stops).toEqual(['0 unwritable'])
    sink.schedule.fates.set('RENAME', ['late'])
    sink.schedule.unblock()
    await sink.pass(60_000)
    expect(trouble).toEqual([])
  })

  it('that is given records beyond its position asks for those between, and takes none', async () => {
    const sink = oneProcess()
    sink.kafka.produce(0, 10)
    await sink.assign()
    await sink.fetch(3)
    // Somebody else's seek: what comes now begins at 7, and 3 was expected.
    sink.member.seek({ topic: 't', partition: 0 }, 7)
    await sink.fetch()
    expect(sink.worker.partitions[0]?.view.position).toBe(3)
    await sink.fetch()
    await sink.pass(1_000)
    expect(Object.values(sink.files()).flat()).toEqual(
      Array.from({ length: 10 }, (_, i) => `0:${i}`),
    )
  })

  it('that stands outside its log stops with what retention has taken', async () => {
    const sink = oneProcess()
    sink.kafka.produce(0, 20)
    await sink.assign()
    await sink.fetch(7)
    sink.kafka.deleteBelow(0, 12)
    await sink.fetch()
    expect(sink.stops).toEqual(['0 retention-passed'])
    expect(Object.values(sink.files()).flat()).toHaveLength(7)
  })
})

describe('what cannot be decided stops the partition alone', () => {
  it('a topic that was created again and is read as if it were the old one', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.member.topicId = async () => 'another'
    await sink.fetch()
    expect(sink.stops).toEqual(['0 topic-recreated'])
    expect(sink.files()).toEqual({})
    expect(sink.kafka.committed.get(0)?.offset).toBe(0)
  })

  it('a topic that was created again, after what was sealed before has been proven to be of the old one', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 15)
    await sink.fetch()
    expect(sink.schedule.count('topic')).toBe(1)
    sink.member.topicId = async () => 'another'
    sink.kafka.produce(0, 5)
    await sink.fetch()
    expect(sink.stops).toEqual(['0 topic-recreated'])
    expect(Object.values(sink.files()).flat()).toHaveLength(15)
  })

  it('a topic that was created again with fewer partitions', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.member.topicId = async () => 'another'
    sink.member.logBounds = async () => {
      throw new KafkaUnavailableError('bounds', 'UNKNOWN_TOPIC_OR_PARTITION')
    }
    await sink.fetch()
    expect(sink.stops).toEqual(['0 topic-recreated'])
  })

  it('a file of somebody else at the final path, seen twice', async () => {
    const sink = oneProcess({ partitions: 2 })
    sink.hdfs.makeDirectory('/data')
    sink.hdfs.create(FIRST, Buffer.from('foreign\n'))
    await sink.assign()
    for (const partition of [0, 1]) sink.kafka.produce(partition, 5)
    await sink.fetch()
    expect(sink.stops).toEqual([])
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.stops).toEqual(['0 path-taken'])
    expect(sink.files()[FIRST]).toEqual(['foreign'])
    await sink.pass(500)
    expect(sink.kafka.committed.get(1)?.offset).toBe(5)
    expect(sink.member.readable).toEqual([1])
  })

  it('a file where the final directory should be', async () => {
    const sink = oneProcess()
    sink.hdfs.create('/data', Buffer.from('a file'))
    await sink.assign()
    sink.kafka.produce(0, 5)
    await sink.fetch()
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.stops).toEqual(['0 path-taken'])
    expect(sink.budget.heldBytes).toBe(0)
  })

  it('a path that HDFS would refuse: what was read is given back, and it can be drained', async () => {
    const template = '/data/{topic}/{topic}-{partition}-{startOffset}.txt'
    const sink = oneProcess({ topic: 'x'.repeat(245), template })
    await sink.assign()
    sink.kafka.produce(0, 12)
    await sink.fetch()
    expect(sink.stops).toEqual(['0 unwritable'])
    expect(sink.budget.heldBytes).toBe(0)
    const drained = sink.worker.drain()
    await sink.pass()
    await expect(drained).resolves.toBeUndefined()
    expect(sink.fatal).toEqual([])
  })

  it("a group that was moved while the sink was away, and the partition's lag is known all the same", async () => {
    const told: string[] = []
    const observer = {
      committed: (_: object, offset: number) => void told.push(`committed ${offset}`),
      highWatermark: (_: object, offset: number) => void told.push(`log end ${offset}`),
    }
    const sink = oneProcess({ observer })
    await sink.assign()
    sink.kafka.produce(0, 5)
    await sink.fetch()
    sink.kafka.heartbeats()
    await sink.pass(500)
    sink.kafka.produce(0, 3)
    sink.kafka.committed.set(0, { offset: 2, metadata: '' })
    told.length = 0
    await sink.assign()
    await sink.pass(60_000)
    expect(sink.stops).toEqual(['0 group-moved'])
    expect(told).toEqual(['log end 8', 'committed 5'])
  })

  it('a journal that somebody has moved away, at the next claim', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.hdfs.rename('/_sink/sim-group/t/0', '/elsewhere')
    sink.kafka.produce(0, 5)
    sink.schedule.fates.set('RENAME', ['not-done'])
    await sink.fetch()
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.stops).toEqual(['0 journal-gone'])
    expect(sink.files()).toEqual({})
  })

  it('a journal that somebody has deleted', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 5)
    sink.hdfs.delete('/_sink/sim-group/t/0', true)
    await sink.fetch()
    sink.kafka.heartbeats()
    await sink.pass()
    expect(sink.stops).toEqual(['0 journal-gone'])
    expect(sink.files()).toEqual({})
  })
})

it('what no worker can mend ends the worker', async () => {
  const sink = oneProcess()
  await sink.assign()
  const error = new UnsupportedServerError(failed('RENAME', '/x', 'ignores renameoptions'))
  vi.spyOn(sink.context.fs, 'rename').mockRejectedValue(error)
  sink.kafka.produce(0, 5)
  await sink.fetch()
  expect(sink.fatal).toEqual([error])
})

it('a stuck partition is held when it has its share, and the others go on', async () => {
  // Each open file takes 4 KiB at least.
  const sink = oneProcess({ partitions: 2, budgetBytes: 60_000 })
  await sink.assign()
  sink.schedule.rule = ({ op, subject }) =>
    op === 'CREATE' && subject.includes(`/${fileIdOf(0)}/`) ? 'not-done' : undefined
  const fileIdOf = (partition: number): number =>
    sink.hdfs.status(`/_sink/sim-group/t/${partition}`)?.fileId ?? 0
  for (let i = 0; i < 10; i++) {
    for (const partition of [0, 1]) sink.kafka.produce(partition, 5)
    await sink.fetch()
  }
  expect(sink.member.readable).toEqual([1])
  await sink.pass(500)
  expect(sink.kafka.committed.get(1)?.offset).toBe(50)
  sink.schedule.rule = undefined
  await sink.pass(10_000)
  expect(sink.member.readable).toEqual([0, 1])
  expect(sink.budget.heldBytes).toBe(0)
})

it('a partition with as many flushes as HDFS can be busy with is not read until they are done', async () => {
  const sink = oneProcess({ partitions: 2 })
  await sink.assign()
  sink.schedule.block(({ op }) => op === 'CREATE')
  sink.kafka.produce(0, 65 * 5)
  sink.kafka.produce(1, 64 * 5)
  await sink.fetch(65 * 5)
  expect(sink.member.readable).toEqual([1])
  sink.schedule.unblock()
  await sink.pass(10_000)
  expect(sink.member.readable).toEqual([0, 1])
  expect(Object.values(sink.files()).flat()).toHaveLength((65 + 64) * 5)
  expect(sink.budget.heldBytes).toBe(0)
})
