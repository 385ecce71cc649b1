/**
 * Notices that a session must be over. kafkajs waits for the answer to a heartbeat for as long as a
 * request may take, and sends it again on the same connection: where that has died without a word
 * (a firewall that forgot it, say), a member would learn only minutes later that it is none any more.
 */
export class SessionWatch {
  private readonly timeoutMs: number
  private readonly over: () => void
  private timer: NodeJS.Timeout | undefined

  /** `over` is called when a whole session went by without an answer, and each time another has. */
  constructor(sessionTimeoutMs: number, over: () => void) {
    this.timeoutMs = sessionTimeoutMs
    this.over = over
  }

  /** The coordinator has just answered as to a member. */
  acknowledged(): void {
    if (this.timer === undefined) this.timer = setInterval(this.over, this.timeoutMs)
    else this.timer.refresh()
  }

  /** There is no session now: a join takes as long as the others let it. */
  suspend(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }
}
