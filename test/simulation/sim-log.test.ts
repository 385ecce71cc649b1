import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { SimLog } from './sim-log.ts'

describe('a simulated log', () => {
  let log: SimLog

  beforeEach(() => {
    log = new SimLog('t', 3)
    log.append(10)
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  /** The values that a fetch brings, from its offset on. */
  function fetched(offset: number, most = 100): { values: string[]; next: number } {
    const found = log.fetch(offset, most)
    if (found === undefined || found === 'out-of-range') throw new Error(String(found))
    const cursor = new RecordCursor()
    const values: string[] = []
    for (const batch of found.batches()) {
      cursor.reset(batch)
      while (cursor.next()) {
        if (cursor.offset < offset) continue
        const value = batch.records.subarray(
          cursor.valueStart,
          cursor.valueStart + cursor.valueLength,
        )
        values.push(String(value))
      }
    }
    return { values, next: found.nextOffset }
  }

  it('names partition and offset in every record', () => {
    expect(fetched(8)).toEqual({ values: ['3:8', '3:9'], next: 10 })
    expect(log.fetch(10, 1)).toBeUndefined()
  })

  it('answers from the batch on that holds the offset', () => {
    const found = log.fetch(6, 2)
    if (found === undefined || found === 'out-of-range') throw new Error('nothing')
    expect(
      [...found.batches()].map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
    ).toEqual([[4, 7]])
  })

  it('goes over offsets without a record, also at the end', () => {
    log.appendVoid(2)
    expect(fetched(9)).toEqual({ values: ['3:9'], next: 12 })
    log.appendVoid(4)
    expect(fetched(12)).toEqual({ values: [], next: 16 })
    expect(log.append(1)).toBe(16)
  })

  it('loses records, but no offsets, to compaction, and never the last one', () => {
    expect(log.compact(8)).toBe(true)
    expect(log.compact(8)).toBe(false)
    expect(log.compact(9)).toBe(false)
    expect(fetched(7)).toEqual({ values: ['3:7', '3:9'], next: 10 })
    expect(fetched(7, 2)).toEqual({ values: ['3:7'], next: 9 })
  })

  it('is out of range before its start and beyond its end', () => {
    log.compact(1)
    expect(log.deleteBelow(3)).toEqual([0, 2])
    expect(log.bounds).toMatchObject({ start: 3, end: 10 })
    expect(log.fetch(2, 1)).toBe('out-of-range')
    expect(log.fetch(11, 1)).toBe('out-of-range')
    expect(fetched(3, 1)).toEqual({ values: ['3:3'], next: 4 })
  })

  it('ends too early for a while under a new leader, once', () => {
    vi.useFakeTimers({ now: 0 })
    expect(log.leadAnew(6, 1_000)).toBe(true)
    expect(log.bounds.end).toBe(6)
    expect(log.fetch(6, 1)).toBeUndefined()
    expect(log.fetch(7, 1)).toBe('out-of-range')
    vi.setSystemTime(1_000)
    expect(log.bounds.end).toBe(10)
    expect(log.leadAnew(6, 1_000)).toBe(false)
  })

  it('begins again under another id when its topic is created again', () => {
    const { topicId } = log.bounds
    log.recreate()
    expect(log.bounds).toMatchObject({ start: 0, end: 0 })
    expect(log.bounds.topicId).not.toBe(topicId)
    log.append(9)
    expect(fetched(8)).toEqual({ values: ['3:8:1'], next: 9 })
  })
})
