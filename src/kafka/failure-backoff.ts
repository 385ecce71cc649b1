const FIRST_MS = 200

interface Failure {
  count: number
  untilMs: number
}

/** How long each of many things that failed is left alone: ever longer, until it works again. */
export class FailureBackoff<Key> {
  private readonly longestMs: number
  private readonly nowMs: () => number
  private readonly random: () => number
  private readonly failures = new Map<Key, Failure>()

  constructor(longestMs: number, nowMs: () => number, random: () => number) {
    this.longestMs = longestMs
    this.nowMs = nowMs
    this.random = random
  }

  get hasAny(): boolean {
    return this.failures.size > 0
  }

  /** Returns how often in a row it has failed now. */
  failed(key: Key): number {
    const count = (this.failures.get(key)?.count ?? 0) + 1
    const mostMs = Math.min(FIRST_MS * 2 ** (count - 1), this.longestMs)
    const untilMs = this.nowMs() + mostMs * (0.5 + this.random() / 2)
    this.failures.set(key, { count, untilMs })
    return count
  }

  worked(key: Key): void {
    this.failures.delete(key)
  }

  /** 0: it may be tried. */
  waitMs(key: Key): number {
    const failure = this.failures.get(key)
    return failure === undefined ? 0 : Math.max(0, failure.untilMs - this.nowMs())
  }
}
