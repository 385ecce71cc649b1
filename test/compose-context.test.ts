import { afterEach, expect, it, vi } from 'vitest'
import { steadyNowMs } from '../src/compose-context.ts'

afterEach(() => void vi.useRealTimers())

it("writers' time goes on when the clock is set back", () => {
  const before = steadyNowMs()
  expect(Math.abs(before - Date.now())).toBeLessThan(60_000)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
  expect(steadyNowMs()).toBeGreaterThanOrEqual(before)
})
