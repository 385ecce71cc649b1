import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SessionWatch } from '../../src/kafka/session-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watch() {
  const over = vi.fn()
  return { over, session: new SessionWatch(1_000, over) }
}

it('is silent while answers come, and before there is a session', () => {
  const { over, session } = watch()
  vi.advanceTimersByTime(5_000)
  for (let i = 0; i < 5; i++) {
    session.acknowledged()
    vi.advanceTimersByTime(900)
  }
  expect(over).not.toHaveBeenCalled()
})

it('tells when a session went by without an answer, and again after each further one', () => {
  const { over, session } = watch()
  session.acknowledged()
  vi.advanceTimersByTime(999)
  expect(over).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(over).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(2_000)
  expect(over).toHaveBeenCalledTimes(3)
})

it('does not count the time of a join', () => {
  const { over, session } = watch()
  session.acknowledged()
  session.suspend()
  vi.advanceTimersByTime(10_000)
  expect(over).not.toHaveBeenCalled()
  session.acknowledged()
  vi.advanceTimersByTime(1_000)
  expect(over).toHaveBeenCalledOnce()
})
