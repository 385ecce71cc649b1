import { describe, expect, it } from 'vitest'
import {
  type BufferSize,
  EMPTY_BUFFER,
  rotationDeadlineMs,
  rotationTrigger,
} from '../../src/core/rotation.ts'

const POLICY = { records: 100, bytes: 1_000, intervalMs: 60_000, openFiles: 3 }
const SMALL: BufferSize = { records: 1, bytes: 1, openFiles: 1, sinceMs: 5_000 }

describe('a buffer is closed', () => {
  it.each([
    ['records', { records: 100 }, 5_000],
    ['bytes', { bytes: 1_000 }, 5_000],
    ['open-files', { openFiles: 3 }, 5_000],
    ['interval', {}, 65_000],
    ['records', { records: 100, bytes: 1_000, openFiles: 3 }, 65_000],
  ] as const)('by %s', (trigger, size, nowMs) => {
    expect(rotationTrigger({ ...SMALL, ...size }, POLICY, nowMs)).toBe(trigger)
  })

  it.each([
    [{ records: 99 }, 5_000],
    [{ bytes: 999 }, 5_000],
    [{ openFiles: 2 }, 5_000],
    [{}, 64_999],
  ])('not yet with %o at %i', (size, nowMs) => {
    expect(rotationTrigger({ ...SMALL, ...size }, POLICY, nowMs)).toBeUndefined()
  })

  it('by time also without a record, so that progress is journaled', () => {
    const progress = { ...EMPTY_BUFFER, sinceMs: 0 }
    expect(rotationTrigger(progress, POLICY, 60_000)).toBe('interval')
  })

  it('never while it is empty', () => {
    expect(rotationTrigger(EMPTY_BUFFER, POLICY, 1e12)).toBeUndefined()
    expect(rotationDeadlineMs(EMPTY_BUFFER, POLICY)).toBeUndefined()
  })

  it('at a time that is known beforehand', () => {
    expect(rotationDeadlineMs(SMALL, POLICY)).toBe(65_000)
  })
})
