import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AlreadyExistsError,
  KafkaRefusedError,
  KafkaUnavailableError,
  NotFoundError,
  OtherNameNodeError,
} from '../../src/core/errors.ts'
import {
  NameNodeUnreachableError,
  PermissionDeniedError,
  RequestRefusedError,
  RequestTimeoutError,
} from '../../src/hdfs/errors.ts'
import { isChangedState, retryUntilDone } from '../../src/sink/retry.ts'
import { failed } from '../simulation/sim-hdfs-errors.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

const FAILURE = failed('RENAME', '/x', 'simulated')

describe('a call that is repeated until it works', () => {
  const seen: string[] = []
  const deps = {
    log: { ...NO_LOG, warn: (_: object, text: string) => seen.push(`warn ${text}`) },
    observer: {
      ...NO_OBSERVER,
      retried: (component: string, op: string) => seen.push(`retried ${component} ${op}`),
      trouble: (_: string, op: string, state: string) => seen.push(`${op} ${state}`),
    },
  }
  const { signal } = new AbortController()

  beforeEach(() => {
    vi.useFakeTimers()
    seen.length = 0
  })
  afterEach(() => void vi.useRealTimers())

  it.each([
    new RequestTimeoutError(FAILURE),
    new PermissionDeniedError(FAILURE),
    new NameNodeUnreachableError(FAILURE, false),
    new KafkaUnavailableError('fetch', 'no leader'),
  ])('is repeated after $name', async (error) => {
    const call = vi.fn().mockRejectedValueOnce(error).mockResolvedValueOnce('done')
    const result = retryUntilDone('hdfs', 'op', call, deps, signal)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await result).toBe('done')
    expect(seen).toEqual(['retried hdfs op', 'op begins', 'op ends'])
  })

  it.each([
    new NotFoundError(FAILURE),
    new AlreadyExistsError(FAILURE),
    new OtherNameNodeError(FAILURE),
    new NameNodeUnreachableError(FAILURE, true),
    new RequestRefusedError(FAILURE),
    new KafkaRefusedError('commit', 'GROUP_AUTHORIZATION_FAILED'),
    new RangeError('a defect'),
  ])('is not repeated after $name, which comes out as it is', async (error) => {
    const call = vi.fn().mockRejectedValue(error)
    await expect(retryUntilDone('hdfs', 'op', call, deps, signal)).rejects.toBe(error)
    expect(call).toHaveBeenCalledTimes(1)
    expect(seen).toEqual([])
  })

  it('waits longer and longer, at most ten seconds, and goes on for ever', async () => {
    const call = vi.fn().mockRejectedValue(new RequestTimeoutError(FAILURE))
    const stop = new AbortController()
    const result = retryUntilDone('hdfs', 'op', call, deps, stop.signal)
    const ended = expect(result).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(60_000)
    const inFirstMinute = call.mock.calls.length
    expect(inFirstMinute).toBeGreaterThan(8)
    expect(inFirstMinute).toBeLessThan(30)
    await vi.advanceTimersByTimeAsync(100_000)
    expect(call.mock.calls.length - inFirstMinute).toBeGreaterThanOrEqual(9)
    stop.abort(new Error('enough'))
    await ended
    const calls = call.mock.calls.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(call).toHaveBeenCalledTimes(calls)
    expect(seen.at(-1)).toBe('op ends')
  })

  it('is talked about loudly from its third failure on', async () => {
    const error = new RequestTimeoutError(FAILURE)
    const call = vi.fn().mockRejectedValueOnce(error).mockRejectedValueOnce(error)
    call.mockRejectedValueOnce(error).mockResolvedValue('done')
    const result = retryUntilDone('hdfs', 'op', call, { ...deps, log: { ...deps.log } }, signal)
    await vi.advanceTimersByTimeAsync(10_000)
    await result
    expect(seen.filter((line) => line.startsWith('warn'))).toEqual(['warn op failed, trying again'])
  })

  it('is one of many that fail alike, for which one line stands', async () => {
    const error = new RequestTimeoutError(FAILURE)
    const log = { ...deps.log }
    const stop = new AbortController()
    const call = () => Promise.reject(error)
    const calls = Array.from({ length: 100 }, () =>
      retryUntilDone('hdfs', 'op', call, { ...deps, log }, stop.signal).catch(() => undefined),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    stop.abort(new Error('enough'))
    await Promise.all(calls)
    const warnings = seen.filter((line) => line.startsWith('warn'))
    expect(warnings.length).toBeGreaterThanOrEqual(5)
    expect(warnings.length).toBeLessThanOrEqual(6)
  })

  it('is trouble once, however often it fails', async () => {
    const error = new RequestTimeoutError(FAILURE)
    const call = vi.fn().mockRejectedValueOnce(error).mockRejectedValueOnce(error)
    call.mockResolvedValue('done')
    const result = retryUntilDone('hdfs', 'op', call, deps, signal)
    await vi.advanceTimersByTimeAsync(10_000)
    await result
    expect(seen).toEqual(['retried hdfs op', 'op begins', 'retried hdfs op', 'op ends'])
  })
})

it('a changed state is told from what merely failed', () => {
  expect(isChangedState(new NotFoundError(FAILURE))).toBe(true)
  expect(isChangedState(new AlreadyExistsError(FAILURE))).toBe(true)
  expect(isChangedState(new OtherNameNodeError(FAILURE))).toBe(true)
  expect(isChangedState(new RequestTimeoutError(FAILURE))).toBe(false)
})
