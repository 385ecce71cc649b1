import pRetry, { AbortError } from 'p-retry'
import { AlreadyExistsError, NotFoundError, SinkError } from '../core/errors.ts'
import type { Component, Log, Observer } from '../core/observer.ts'

export interface RetryDeps {
  readonly observer: Pick<Observer, 'retried' | 'trouble'>
  readonly log: Log
  /** Then the last error is thrown; for ever unless given. */
  readonly patienceMs?: number
}

/**
 * Repeats a call that may be repeated until it succeeds or the signal aborts, with exponential
 * backoff and jitter up to 10 s. An error that repeating cannot mend is thrown at once.
 */
export function retryUntilDone<T>(
  component: Component,
  op: string,
  call: () => Promise<T>,
  deps: RetryDeps,
  signal: AbortSignal,
): Promise<T> {
  const guarded = async (): Promise<T> => {
    try {
      return await call()
    } catch (error) {
      if (isRetriable(error)) throw error
      throw new AbortError(error instanceof Error ? error : new Error(String(error)))
    }
  }
  let failing = false
  return pRetry(guarded, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 10_000,
    factor: 2,
    randomize: true,
    maxRetryTime: deps.patienceMs ?? Number.POSITIVE_INFINITY,
    signal,
    onFailedAttempt: ({ error, attemptNumber }) => {
      deps.observer.retried(component, op)
      if (!failing) deps.observer.trouble(component, op, 'begins')
      failing = true
      const level = attemptNumber >= 3 && isNews(deps.log, op, error) ? 'warn' : 'debug'
      deps.log[level]({ err: error, op, attempt: attemptNumber }, `${op} failed, trying again`)
    },
  }).finally(() => {
    if (failing) deps.observer.trouble(component, op, 'ends')
  })
}

/** While a server is away thousands of calls may be tried again: one line stands for all of a kind. */
const SILENCE_MS = 10_000
const toldAtMs = new WeakMap<Log, Map<string, number>>()

function isNews(log: Log, op: string, { name }: Error): boolean {
  const told = toldAtMs.get(log) ?? new Map<string, number>()
  toldAtMs.set(log, told)
  const kind = `${op} ${name}`
  const nowMs = performance.now()
  if (nowMs - (told.get(kind) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return false
  told.set(kind, nowMs)
  return true
}

/** Whether the same call may simply be sent again. */
function isRetriable(error: unknown): boolean {
  return error instanceof SinkError && error.action === 'retry' && !isChangedState(error)
}

/**
 * The answer says that something is not as it was, the active NameNode among other things: whoever
 * asked has to look again first.
 */
export function isChangedState(error: unknown): boolean {
  return (
    error instanceof NotFoundError ||
    error instanceof AlreadyExistsError ||
    (error instanceof SinkError && error.action === 'other-namenode')
  )
}
