/** Settles as `work` does, or rejects with the signal's reason: `work` itself is not ended. */
export async function abortable<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * Two things at once. Where one fails, the other's signal aborts, and neither runs any more when
 * this rejects.
 * @returns what the second resolved with
 */
export async function together<Result>(
  signal: AbortSignal,
  first: (signal: AbortSignal) => Promise<unknown>,
  second: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const both = [first(either), second(either)] as const
  try {
    return (await Promise.all(both))[1]
  } finally {
    over.abort()
    await Promise.allSettled(both)
  }
}
