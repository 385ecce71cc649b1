import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../core/observer.ts'

export interface TopicWatchOptions {
  readonly resolve: () => Promise<Map<string, number>>
  readonly everyMs: number
  readonly changed: (topics: readonly string[]) => void
  readonly signal: AbortSignal
  readonly log: Log
}

/** Matches a pattern of topics again and again, until the signal aborts. */
export async function watchTopics(
  options: TopicWatchOptions,
  first: readonly string[],
): Promise<void> {
  const { resolve, everyMs, changed, signal, log } = options
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  let known = first.toSorted().join()
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const found = resolve().catch((error) => {
      log.warn({ err: error }, 'topics could not be matched again')
      return undefined
    })
    // Kafka may take its time, and the end does not wait for it.
    const topics = await Promise.race([found, aborted])
    if (signal.aborted) return
    if (topics === undefined || topics.size === 0) continue
    const now = [...topics.keys()].toSorted()
    if (now.join() === known) continue
    known = now.join()
    log.info({ topics: now }, 'other topics match now')
    changed(now)
  }
}
