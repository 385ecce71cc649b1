import { beforeEach, describe, expect, it } from 'vitest'
import { FetchTurns } from '../../src/kafka/fetch-turns.ts'

const TURN_BYTES = 100

let nowMs = 0
let turns: FetchTurns
beforeEach(() => {
  nowMs = 0
  turns = new FetchTurns(TURN_BYTES, () => nowMs)
})

function choose(readable: string, most: number): string {
  return [...turns.choose(new Set(readable), most)].join('')
}

function answer(each: Record<string, [bytes: number, hasMore: boolean]>): void {
  for (const [key, [bytes, hasMore]] of Object.entries(each)) turns.answered(key, bytes, hasMore)
}

describe('turns of a fetch', () => {
  it('ask for all where nobody is behind', () => {
    expect(choose('abc', 1)).toBe('abc')
    answer({ a: [10, false], b: [0, false], c: [10, false] })
    expect(choose('abc', 1)).toBe('abc')
  })

  it('go to those that are behind, so many at once, each until it has had its part', () => {
    choose('abcd', 2)
    answer({ a: [60, true], b: [30, true], c: [0, true], d: [0, false] })
    expect(choose('abcd', 2)).toBe('ab')
    answer({ a: [60, true], b: [60, true] })
    expect(choose('abcd', 2)).toBe('bc')
    answer({ b: [60, true], c: [60, true] })
    expect(choose('abcd', 2)).toBe('ca')
  })

  it('pass on where one has no more, or gets nothing', () => {
    choose('abc', 1)
    answer({ a: [10, true], b: [10, true], c: [10, true] })
    answer({ a: [10, false] })
    expect(choose('abc', 1)).toBe('b')
    answer({ b: [0, true] })
    expect(choose('abc', 1)).toBe('c')
    answer({ c: [1, true] })
    expect(choose('abc', 1)).toBe('c')
  })

  it('leave out those that cannot be read, and give them their place back', () => {
    choose('ab', 1)
    answer({ a: [10, true], b: [10, true] })
    expect(choose('b', 1)).toBe('b')
    expect(choose('ab', 1)).toBe('a')
  })

  it('reach those with nothing to read within 200 ms, however many are behind', () => {
    choose('abq', 1)
    answer({ a: [10, true], b: [10, true], q: [0, false] })
    nowMs += 199
    expect(choose('abq', 1)).toBe('a')
    nowMs += 1
    expect(choose('abq', 1)).toBe('aq')
    expect(choose('abq', 1)).toBe('a')
  })

  it('ask for those with nothing to read at once when nobody who is behind can be read', () => {
    choose('aq', 1)
    answer({ a: [10, true], q: [0, false] })
    expect(choose('q', 1)).toBe('q')
  })

  it('come to everybody who is behind', () => {
    const all = 'abcdefgh'
    choose(all, 2)
    for (const key of all) turns.answered(key, 0, true)
    const seen = new Set<string>()
    for (let fetch = 0; fetch < 16; fetch++) {
      for (const key of choose(all, 2)) {
        seen.add(key)
        turns.answered(key, 50, true)
      }
    }
    expect([...seen].sort().join('')).toBe(all)
  })
})
