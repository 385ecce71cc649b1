import { expect, test } from 'vitest'
import { FailureBackoff } from '../../src/kafka/failure-backoff.ts'

test('what fails is left alone for ever longer, up to a bound, and what works no longer', () => {
  let nowMs = 0
  const backoff = new FailureBackoff<string>(
    1_000,
    () => nowMs,
    () => 1,
  )
  expect(backoff.waitMs('a')).toBe(0)
  const waits = [1, 2, 3, 4, 5].map((count) => {
    expect(backoff.failed('a')).toBe(count)
    return backoff.waitMs('a')
  })
  expect(waits).toEqual([200, 400, 800, 1_000, 1_000])
  expect(backoff.waitMs('b')).toBe(0)
  nowMs += 999
  expect(backoff.waitMs('a')).toBe(1)
  nowMs += 1
  expect(backoff.waitMs('a')).toBe(0)
  backoff.worked('a')
  expect(backoff.failed('a')).toBe(1)
})

test('chance takes up to half of the wait', () => {
  const backoff = new FailureBackoff<string>(
    1_000,
    () => 0,
    () => 0,
  )
  backoff.failed('a')
  expect(backoff.waitMs('a')).toBe(100)
})
