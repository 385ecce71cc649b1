import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<Life>()

/**
 * A simulated thread, or a whole process: it runs, stands still (SIGSTOP) or is dead. Everything that
 * it starts belongs to it (timers, calls, promises), and everything that the world tells it comes
 * through `deliver`: at once, when it goes on, or never.
 */
export class Life {
  readonly who: string
  private present: 'running' | 'stalled' | 'dead' = 'running'
  private readonly inbox: (() => void)[] = []

  constructor(who: string) {
    this.who = who
  }

  /** Whose code is running now; undefined for the world's own. */
  static get current(): Life | undefined {
    return current.getStore()
  }

  get isRunning(): boolean {
    return this.present === 'running'
  }

  get isStalled(): boolean {
    return this.present === 'stalled'
  }

  get isDead(): boolean {
    return this.present === 'dead'
  }

  run<T>(code: () => T): T {
    return current.run(this, code)
  }

  deliver(code: () => void): void {
    if (this.present === 'running') this.run(code)
    else if (this.present === 'stalled') this.inbox.push(code)
  }

  stall(): void {
    if (this.present === 'running') this.present = 'stalled'
  }

  /** Goes on with whatever has come meanwhile. */
  wake(): void {
    if (this.present !== 'stalled') return
    this.present = 'running'
    for (const code of this.inbox.splice(0)) this.deliver(code)
  }

  kill(): void {
    this.present = 'dead'
    this.inbox.length = 0
  }
}
