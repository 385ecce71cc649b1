/** Those with nothing to read yet are asked for so often, however many others are behind. */
const QUIET_INTERVAL_MS = 200

/**
 * For which partitions a broker is asked next. Asked for all, it fills its answer with some of them,
 * and looks at all: where a thousand are behind each would get a little at a time, and hold a little
 * memory for long. So those that are behind take turns, as many at once as an answer has room for,
 * each until it has had a part of a file; the others are asked for now and then, or when nobody is
 * behind, and then for as long as the broker may wait.
 */
export class FetchTurns {
  private readonly turnBytes: number
  private readonly nowMs: () => number
  /** Those that are behind, next ones first, with what each has had in this turn. */
  private readonly behind = new Map<string, number>()
  private quietAskedMs = Number.NEGATIVE_INFINITY

  constructor(turnBytes: number, nowMs: () => number) {
    this.turnBytes = turnBytes
    this.nowMs = nowMs
  }

  /** Of these, which must be readable now, the ones to ask for: at most `most` that are behind. */
  choose(readable: ReadonlySet<string>, most: number): ReadonlySet<string> {
    const chosen = new Set<string>()
    for (const key of this.behind.keys()) {
      if (chosen.size >= most) break
      if (readable.has(key)) chosen.add(key)
    }
    const nowMs = this.nowMs()
    if (chosen.size > 0 && nowMs - this.quietAskedMs < QUIET_INTERVAL_MS) return chosen
    this.quietAskedMs = nowMs
    for (const key of readable) if (!this.behind.has(key)) chosen.add(key)
    return chosen
  }

  /** What the broker had for it, and whether it has more. */
  answered(key: string, bytes: number, hasMore: boolean): void {
    const before = this.behind.get(key)
    if (!hasMore) {
      this.behind.delete(key)
      return
    }
    const turn = (before ?? 0) + bytes
    // Nothing, though there is more: others may be what keeps it from its turn.
    const isOver = before !== undefined && (bytes === 0 || turn >= this.turnBytes)
    if (isOver) this.behind.delete(key)
    this.behind.set(key, isOver ? 0 : turn)
  }
}
