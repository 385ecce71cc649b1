/** setTimeout takes more for nothing. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Calls back at one moment, which may be moved. Early where that is very far. */
export class WakeTimer {
  private readonly nowMs: () => number
  private readonly wake: () => void
  private timer: NodeJS.Timeout | undefined
  private atMs: number | undefined

  constructor(nowMs: () => number, wake: () => void) {
    this.nowMs = nowMs
    this.wake = wake
  }

  /** undefined: not at all. */
  setTo(atMs: number | undefined): void {
    if (atMs === this.atMs) return
    clearTimeout(this.timer)
    this.atMs = atMs
    if (atMs === undefined) return
    const fired = () => {
      this.atMs = undefined
      this.wake()
    }
    this.timer = setTimeout(fired, Math.min(Math.max(0, atMs - this.nowMs()), LONGEST_TIMER_MS))
  }
}
