import { describe, expect, it } from 'vitest'
import { BUCKET_MS, History } from '../../src/telemetry/history.ts'

const START_MS = 1_000 * BUCKET_MS
const done = { readRecords: 300, writtenRecords: 150, writtenBytes: 3_000 }

describe('the last hour', () => {
  it('is 240 stretches of a quarter of a minute, with rates per second', () => {
    const history = new History(START_MS)
    history.add(done, START_MS + 1_000)
    history.add(done, START_MS + 14_000)
    history.lag(7, START_MS + 14_000)
    const points = history.points(START_MS + BUCKET_MS)
    expect(points).toHaveLength(240)
    expect(points.at(-2)).toEqual({
      ...{ atMs: START_MS, readPerSecond: 40, writtenPerSecond: 20 },
      ...{ writtenBytesPerSecond: 400, lagRecords: 7 },
    })
    // Nothing was there before the start, and little is known of what has just begun.
    expect(points.filter(({ readPerSecond }) => readPerSecond !== null)).toHaveLength(1)
  })

  it('counts the first stretch from the start, and the last until now', () => {
    const history = new History(START_MS + 5_000)
    history.add(done, START_MS + 7_000)
    expect(history.points(START_MS + 15_000).at(-2)?.readPerSecond).toBe(30)
    history.add(done, START_MS + 20_000)
    expect(history.points(START_MS + 21_000).at(-1)?.readPerSecond).toBe(50)
  })

  it('forgets what is older, and leaves a gap where nothing was heard', () => {
    const history = new History(START_MS)
    history.add(done, START_MS)
    const later = START_MS + 250 * BUCKET_MS
    history.add(done, later)
    const points = history.points(later + BUCKET_MS)
    expect(points.filter(({ readPerSecond }) => readPerSecond !== null)).toEqual([
      expect.objectContaining({ atMs: later }),
    ])
  })
})
