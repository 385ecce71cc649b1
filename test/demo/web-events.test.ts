import { expect, it } from 'vitest'
import { webEvents } from '../../demo/web-events.ts'

function take(seed: number, count: number) {
  const next = webEvents(seed)
  return Array.from({ length: count }, (_, index) => next(1_700_000_000_000 + index))
}

it('the same seed gives the same events, another seed others', () => {
  expect(take(1, 50)).toEqual(take(1, 50))
  expect(take(1, 50)).not.toEqual(take(2, 50))
})

it('events have the time that they were given', () => {
  expect(take(1, 2).map(({ timestamp }) => timestamp)).toEqual([
    '2023-11-14T22:13:20.000Z',
    '2023-11-14T22:13:20.001Z',
  ])
})

it('names are Korean for the most part, and there are many of everything', () => {
  const events = take(3, 2_000)
  const korean = events.filter(({ userName }) => /^[가-힣]{3}$/.test(userName))
  expect(korean.length / events.length).toBeGreaterThan(0.8)
  expect(korean.length).toBeLessThan(events.length)
  expect(new Set(events.map(({ userName }) => userName)).size).toBeGreaterThan(200)
  expect(new Set(events.map(({ colorName }) => colorName)).size).toBe(9)
  expect(new Set(events.map(({ userAgent }) => userAgent)).size).toBe(6)
})
