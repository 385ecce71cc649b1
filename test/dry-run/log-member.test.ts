import { expect, it, vi } from 'vitest'
import type { GroupHandlers, LogBounds } from '../../src/core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../../src/core/record-batch.ts'
import { LogMember, type PartToRead } from '../../src/dry-run/log-member.ts'

/** A log that holds 10 offsets in each fetch up to `end`; below `start` there is nothing. */
class FakeLog {
  readonly fetched: number[] = []
  readonly start: number
  readonly end: number
  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }

  async fetch(at: TopicPartition, offset: number): Promise<FetchedRecords | undefined> {
    this.fetched.push(offset)
    if (offset < this.start) return undefined
    const nextOffset = Math.min(offset + 10, this.end)
    const { topic, partition } = at
    const counted = { highWatermark: this.end, byteLength: 0, batches: () => [] }
    return { topic, partition, fetchedOffset: offset, nextOffset, ...counted }
  }

  async logBounds(): Promise<LogBounds> {
    return { start: this.start, end: this.end }
  }
}

const at = { topic: 't', partition: 0 }

function memberOf(log: FakeLog, part: Omit<PartToRead, 'topic' | 'partition'>) {
  const member = new LogMember({
    log,
    parts: [{ ...at, ...part }],
    partitionCounts: new Map([['t', 1]]),
    maxFetchBytes: 1024,
    repeat: (_, call) => call(),
  })
  const handlers = {
    assigned: vi.fn<GroupHandlers['assigned']>(() => member.resume([at])),
    revoking: vi.fn<GroupHandlers['revoking']>(),
    heartbeat: vi.fn<GroupHandlers['heartbeat']>(),
    records: vi.fn<GroupHandlers['records']>(),
    outOfRange: vi.fn<GroupHandlers['outOfRange']>(),
    crashed: vi.fn<GroupHandlers['crashed']>(),
  }
  return { member, handlers }
}

it('reads from where it is told to where the log ended, and is finished then', async () => {
  const log = new FakeLog(0, 100)
  const { member, handlers } = memberOf(log, { from: 20, to: 45 })
  await member.start(handlers)
  await member.finished
  await member.stop()
  expect(log.fetched).toEqual([20, 30, 40])
  expect(handlers.records).toHaveBeenCalledTimes(3)
  expect(handlers.heartbeat).toHaveBeenCalled()
})

it('reads nothing while it is paused, and goes on where it was sent', async () => {
  const log = new FakeLog(0, 100)
  const { member, handlers } = memberOf(log, { from: 20, to: 100 })
  handlers.records.mockImplementationOnce(() => {
    member.pause([at])
    setImmediate(() => {
      member.seek(at, 90)
      member.resume([at])
    })
  })
  await member.start(handlers)
  await member.stop()
  expect(log.fetched).toEqual([20, 90])
})

it('a position outside of the log is told, and a partition that is given up ends it', async () => {
  const log = new FakeLog(50, 100)
  const { member, handlers } = memberOf(log, { from: 20, to: 100 })
  handlers.outOfRange.mockImplementation((where) => member.giveUp(where))
  await member.start(handlers)
  await member.stop()
  expect(handlers.outOfRange).toHaveBeenCalledExactlyOnceWith(at)
  expect(handlers.records).not.toHaveBeenCalled()
})

it('a log that brings nothing any more is at its end', async () => {
  const log = new FakeLog(0, 30)
  const { member, handlers } = memberOf(log, { from: 20, to: 100 })
  await member.start(handlers)
  await member.stop()
  expect(handlers.records).toHaveBeenCalledTimes(1)
})

it('keeps commits to itself, and begins as if somebody else had committed', async () => {
  const { member } = memberOf(new FakeLog(0, 30), { from: 20, to: 30 })
  expect(await member.committedOffset(at)).toEqual({ offset: 20, metadata: '' })
  const membership = { memberId: 'm', generation: 0, epoch: 1 }
  await member.commitOffsets(membership, [{ ...at, offset: 25, metadata: 'mine' }])
  expect(await member.committedOffset(at)).toMatchObject({ offset: 25, metadata: 'mine' })
})
