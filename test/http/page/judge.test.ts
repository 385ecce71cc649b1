import { describe, expect, it } from 'vitest'
import { type Found, judge } from '../../../src/http/page/judge.ts'
import { NOW_MS, partitionRow, STOPPED } from './sample.ts'

const GROUP = { name: 'group', ok: true, reason: '2 of 2 workers are members of the group' }
const HDFS = { name: 'hdfs', ok: false, reason: 'failing: rename' }
const WELL: Found = {
  ...{ checks: [GROUP], live: [{ name: 'event-loop', ok: true, reason: 'it answers' }] },
  ...{ isDraining: false, hasJoined: true, partitions: [partitionRow(0)] },
  lateBeforeMs: NOW_MS - 60_000,
}

describe('the state of the sink', () => {
  it('is moving where nothing is wrong, also without a partition', () => {
    expect(judge(WELL)).toEqual({ state: 'moving', reasons: [] })
    expect(judge({ ...WELL, partitions: [] }).state).toBe('moving')
  })

  it('is not ready where a check fails, and starting where it never was', () => {
    const failing = { ...WELL, checks: [GROUP, HDFS] }
    expect(judge(failing)).toEqual({ state: 'not-ready', reasons: ['hdfs: failing: rename'] })
    expect(judge({ ...failing, hasJoined: false }).state).toBe('starting')
  })

  it('needs attention where partitions are stopped, the first of which it names', () => {
    const stopped = [1, 2, 3, 4, 5].map((partition) => ({ ...STOPPED, partition }))
    expect(judge({ ...WELL, partitions: [STOPPED] })).toEqual({
      state: 'attention',
      reasons: ['1 partition is stopped and waiting for somebody to decide: select-color-7'],
    })
    expect(judge({ ...WELL, partitions: stopped }).reasons[0]).toMatch(
      /^5 partitions are stopped .*: select-color-1, select-color-2, select-color-3 and 2 more$/,
    )
  })

  it('needs attention where what was read is not written in time', () => {
    const partitions = [partitionRow(1), partitionRow(2, { oldestMs: NOW_MS - 61_000 })]
    expect(judge({ ...WELL, partitions })).toEqual({
      state: 'attention',
      reasons: ['1 partition is late: what was read should be in files by now: select-color-2'],
    })
  })

  it('says what else holds partitions back, and that it is shutting down', () => {
    const partitions = [
      partitionRow(1, { state: 'paused' }),
      partitionRow(2, { state: 'recovering' }),
    ]
    const { state, reasons } = judge({ ...WELL, partitions, isDraining: true })
    expect(state).toBe('stopping')
    expect(reasons).toHaveLength(2)
  })

  it('is not well where a worker hangs', () => {
    const live = [{ name: 'workers', ok: false, reason: 'no word for a minute from worker 1' }]
    expect(judge({ ...WELL, live }).state).toBe('not-ready')
  })
})
