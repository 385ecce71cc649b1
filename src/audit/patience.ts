import pRetry from 'p-retry'
import { NotFoundError, SinkError } from '../core/errors.ts'

/** About a minute in all: an audit that HDFS or Kafka does not answer ends, and says why. */
const RETRIES = 10

/** A read that may be repeated, repeated while that can help. Throws what it failed with last. */
export function patiently<T>(call: () => Promise<T>): Promise<T> {
  return pRetry(call, {
    retries: RETRIES,
    minTimeout: 100,
    maxTimeout: 10_000,
    factor: 2,
    shouldRetry: ({ error }) => mayHeal(error),
  })
}

function mayHeal(error: unknown): boolean {
  if (!(error instanceof SinkError) || error instanceof NotFoundError) return false
  return error.action === 'retry' || error.action === 'other-namenode'
}
