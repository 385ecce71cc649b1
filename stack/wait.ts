import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs: number
  /** Default 100. */
  readonly intervalMs?: number
  readonly signal?: AbortSignal | undefined
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
