import { describe, expect, it } from 'vitest'
import { age, bytes, clock, count, duration, short } from '../../../src/http/page/format.ts'

describe('numbers on the page', () => {
  it('are grouped, shortened, and a dash where they are not known', () => {
    expect([count(1_234_567), count(null)]).toEqual(['1,234,567', '–'])
    expect([short(0), short(0.25), short(999), short(1_250), short(999_999)]).toEqual([
      ...['0', '0.3', '999', '1.3k', '1M'],
    ])
  })

  it('have units of 1024 where they are bytes', () => {
    expect([bytes(0), bytes(1023), bytes(1024), bytes(1536), bytes(128 * 2 ** 20)]).toEqual([
      ...['0 B', '1023 B', '1 KiB', '1.5 KiB', '128 MiB'],
    ])
    expect([bytes(2 ** 80), bytes(null)]).toEqual(['1073741824 PiB', '–'])
  })

  it('are durations that people read', () => {
    expect([0, 84.4, 2_000, 2_340, 59_999, 185_000].map(duration)).toEqual([
      ...['0 ms', '84 ms', '2 s', '2.3 s', '1 min', '3 min 5 s'],
    ])
    expect([3_600_000, 7_440_000, 266_400_000].map(duration)).toEqual([
      '1 h',
      '2 h 4 min',
      '3 d 2 h',
    ])
  })

  it('are ages in whole seconds, never negative, and times in UTC', () => {
    expect([age(1_000, 4_600), age(5_000, 1_000)]).toEqual(['4 s', '0 s'])
    expect(clock(Date.UTC(2026, 0, 1, 4, 5, 6))).toBe('04:05:06')
  })
})
