import { describe, expect, it } from 'vitest'
import { spreadOf, weightedPercentile } from '../../bench/page/statistics.ts'

describe('the spread of some values', () => {
  it('has the middle one as its median, whatever their order', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 })
  })

  it('has the mean of the two in the middle when their number is even', () => {
    expect(spreadOf([4, 1, 2, 100]).median).toBe(3)
  })

  it('is not defined for no values', () => {
    expect(() => spreadOf([])).toThrow(RangeError)
  })
})

describe('a percentile', () => {
  const values = [
    { value: 3, weight: 1 },
    { value: 1, weight: 98 },
    { value: 2, weight: 1 },
  ]

  it('counts each value as often as its weight says', () => {
    expect(weightedPercentile(values, 0.5)).toBe(1)
    expect(weightedPercentile(values, 0.98)).toBe(1)
    expect(weightedPercentile(values, 0.99)).toBe(2)
    expect(weightedPercentile(values, 1)).toBe(3)
  })

  it('is not defined for no values', () => {
    expect(() => weightedPercentile([], 0.5)).toThrow(RangeError)
  })
})
