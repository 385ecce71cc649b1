import { beforeEach, describe, expect, it } from 'vitest'
import { Activity } from '../../src/telemetry/activity.ts'
import type {
  PartitionProgress,
  WorkerActivity,
  WrittenFile,
} from '../../src/telemetry/worker-activity.ts'

const NOTHING: WorkerActivity = {
  ...{ isMember: true, partitions: [], files: [], problems: [], nameNode: undefined },
  done: { readRecords: 0, writtenRecords: 0, writtenBytes: 0 },
}
const FILE: WrittenFile = {
  ...{ topic: 't', partition: 0, path: '/a', bytes: 5, startOffset: 0, endOffset: 1, records: 1 },
  ...{ filesOfFlush: 1, trigger: 'records', durationMs: 1, atMs: 1 },
}

function partition(number: number, lagRecords: number | null): PartitionProgress {
  return {
    ...{ topic: 't', partition: number, state: 'writing', position: 1, committed: 1, logEnd: 1 },
    ...{ lagRecords, bufferedRecords: 0, bufferedBytes: 0, oldestMs: null },
  }
}

let activity: Activity

beforeEach(() => {
  activity = new Activity(() => 600_000)
})

describe('what all workers do', () => {
  it('is the sum of what each of them told last', () => {
    activity.update(0, { ...NOTHING, partitions: [partition(0, 5), partition(1, null)] })
    activity.update(1, { ...NOTHING, partitions: [partition(2, 7)] })
    activity.update(1, { ...NOTHING, partitions: [partition(2, 6)] })
    expect(activity.partitions.map((each) => [each.partition, each.worker])).toEqual([
      ...[
        [0, 0],
        [1, 0],
        [2, 1],
      ],
    ])
    expect(activity.lagRecords).toBe(11)
  })

  it('is without those of a worker that ended, but with what it did', () => {
    const done = { readRecords: 3, writtenRecords: 2, writtenBytes: 1 }
    activity.update(0, { ...NOTHING, done, files: [FILE], partitions: [partition(0, 5)] })
    activity.retire(0)
    expect([activity.partitions, activity.lagRecords]).toEqual([[], null])
    expect([activity.total, activity.files]).toEqual([done, [FILE]])
  })

  it('keeps the last 50 files of all, the newest first', () => {
    for (let index = 0; index < 60; index++) {
      activity.update(index % 2, { ...NOTHING, files: [{ ...FILE, path: `/${index}` }] })
    }
    expect(activity.files).toHaveLength(50)
    expect(activity.files[0]?.path).toBe('/59')
  })

  it('remembers whether anybody joined, and the NameNode that answered last', () => {
    activity.update(0, { ...NOTHING, isMember: false })
    expect([activity.hasJoined, activity.nameNode]).toEqual([false, undefined])
    activity.update(0, { ...NOTHING, nameNode: 'http://nn1' })
    activity.update(0, { ...NOTHING, isMember: false })
    expect([activity.hasJoined, activity.nameNode]).toEqual([true, 'http://nn1'])
  })

  it('has its lag in its history', () => {
    activity.update(0, { ...NOTHING, partitions: [partition(0, 5)] })
    activity.tick()
    expect(activity.history.at(-1)?.lagRecords).toBe(5)
  })
})

describe('a worker hangs', () => {
  it('when it says nothing for a minute, from its start on, until it is heard or gone', () => {
    activity.started(0)
    activity.started(1)
    for (let second = 0; second < 59; second++) activity.tick()
    expect(activity.hanging).toEqual([])
    activity.update(1, NOTHING)
    activity.tick()
    expect(activity.hanging).toEqual([0])
    activity.retire(0)
    expect(activity.hanging).toEqual([])
  })
})
