import { KafkaUnavailableError } from '../core/errors.ts'

/**
 * Fails with a KafkaUnavailableError when `work` takes longer, and says so before. The work itself
 * goes on.
 */
export async function withTimeout<T>(
  operation: string,
  timeoutMs: number,
  work: Promise<T>,
  late: () => void = () => {},
): Promise<T> {
  const tooLate = Symbol('too late')
  const outcome = await within(timeoutMs, work, tooLate)
  if (outcome === tooLate) {
    late()
    throw new KafkaUnavailableError(operation, `no answer within ${timeoutMs} ms`)
  }
  return outcome
}

/** What `work` resolves to, or `otherwise` when it takes longer. */
export async function within<T, U>(timeoutMs: number, work: Promise<T>, otherwise: U) {
  const { promise, resolve } = Promise.withResolvers<U>()
  const timer = setTimeout(resolve, timeoutMs, otherwise)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
