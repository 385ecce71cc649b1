import { lookup as lookUp } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** For so long uploads to a DataNode that got another address may fail; then it is left out for a minute. */
const KEPT_MS = 5_000
const MOST_KEPT = 1_000

type Answer = Parameters<Parameters<LookupFunction>[2]>

/**
 * Looks the names of hosts up as Node does, but not each time: a DataNode closes every connection after
 * its answer, so each upload needs a new one, and neither Node nor the C library remembers an address.
 * Failures are not kept.
 */
export function rememberingLookup(
  nowMs: () => number = () => performance.now(),
  ask: LookupFunction = lookUp,
): LookupFunction {
  const known = new Map<string, { readonly answer: Answer; readonly untilMs: number }>()
  return (host, options, done) => {
    const { family = 0, hints = 0, all = false } = options
    const key = `${host} ${family} ${hints} ${all}`
    const found = known.get(key)
    if (found !== undefined && nowMs() < found.untilMs) {
      // Never before the call returns, as without a memory.
      process.nextTick(done, ...found.answer)
      return
    }
    ask(host, options, (...answer) => {
      if (known.size >= MOST_KEPT) known.clear()
      if (answer[0] === null) known.set(key, { answer, untilMs: nowMs() + KEPT_MS })
      else known.delete(key)
      done(...answer)
    })
  }
}
