import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs: number
  /** Default 100. */
  readonly intervalMs?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits for the first of: `ready`, that its time is `over`, or its end.
 * Throws the signal's reason when that is aborted.
 */
export async function readyOrEnded<End>(
  isReady: () => Promise<boolean>,
  ended: Promise<End>,
  options: WaitOptions,
): Promise<'ready' | 'over' | End> {
  const decided = new AbortController()
  const signals = options.signal === undefined ? [] : [options.signal]
  const signal = AbortSignal.any([decided.signal, ...signals])
  const ready = becomesTrue(isReady, { ...options, signal })
  // When the end comes first this is aborted, and nobody listens to its rejection any more.
  ready.catch(() => undefined)
  const answer = ready.then((yes) => (yes ? 'ready' : 'over'))
  answer.catch(() => undefined)
  return await Promise.race([answer, ended]).finally(() => decided.abort())
}

/**
 * Asks until the answer is true. An answer of false and an error both mean "not yet".
 * @returns false when the time is over; throws the signal's reason when that is aborted
 */
export async function becomesTrue(
  ask: () => Promise<boolean>,
  { timeoutMs, intervalMs = 100, signal }: WaitOptions,
): Promise<boolean> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    signal?.throwIfAborted()
    if (await ask().catch(() => false)) return true
    await sleep(intervalMs, undefined, signal === undefined ? {} : { signal })
  }
  return false
}
