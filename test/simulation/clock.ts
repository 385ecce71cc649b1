import { syncBuiltinESMExports } from 'node:module'
import { type Clock, install } from '@sinonjs/fake-timers'
import { Life } from './life.ts'

type Timer = ReturnType<Clock['setTimeout']>
type Callback = (...values: unknown[]) => void

/**
 * Time as the simulation has it: from 0 on, moved only by `advance`. A timer belongs to the life that
 * set it: it does not fire while that stands still, and not at all once it is dead.
 */
export interface VirtualClock {
  readonly nowMs: number
  advance(ms: number): void
  uninstall(): void
}

/**
 * Replaces timers, Date and Math.random of this thread until `uninstall`. node:timers/promises is
 * replaced with them, also for modules that have imported it already. setImmediate stays real: it
 * drains what can go on between two steps.
 */
export function installClock(random: () => number): VirtualClock {
  const clock = install({
    now: 0,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  })
  syncBuiltinESMExports()
  const realRandom = Math.random
  Math.random = random
  ownTimers(clock)
  return {
    get nowMs() {
      return clock.now
    },
    advance: (ms) => void clock.tick(ms),
    uninstall: () => {
      Math.random = realRandom
      clock.reset()
      clock.uninstall()
      syncBuiltinESMExports()
    },
  }
}

/** Lets other microtasks, and whatever they lead to, run until nothing is left to do. */
export function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function ownTimers(clock: Clock): void {
  const cleared = new WeakSet<object>()
  const owned = (set: Clock['setTimeout']): Clock['setTimeout'] => {
    const setOwned = (callback: Callback, ms?: number, ...values: unknown[]): Timer => {
      const life = Life.current
      if (life === undefined) return set(callback, ms ?? 0, ...values)
      const timer = set(() => {
        if (life.isRunning) life.run(() => callback(...values))
        // One that fired while its owner stood still may be cleared before the owner sees it.
        else life.deliver(() => cleared.has(timer as object) || callback(...values))
      }, ms ?? 0)
      return timer
    }
    return setOwned as Clock['setTimeout']
  }
  const forgetting = (clear: Clock['clearTimeout']): Clock['clearTimeout'] => {
    return (timer) => {
      if (typeof timer === 'object' && timer !== null) cleared.add(timer)
      clear(timer)
    }
  }
  clock.setTimeout = owned(clock.setTimeout)
  clock.setInterval = owned(clock.setInterval as Clock['setTimeout']) as Clock['setInterval']
  clock.clearTimeout = forgetting(clock.clearTimeout)
  clock.clearInterval = forgetting(clock.clearInterval as Clock['clearTimeout'])
}
