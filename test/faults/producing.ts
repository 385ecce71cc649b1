import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from '../support/ledger.ts'
import { type Forget, whenDone } from '../support/scope.ts'

const INTERVAL_MS = 100

/** Produces small sends at a steady rate, until it is paused or ended. */
export class Producing {
  readonly #ledger: Ledger
  readonly #recordsPerSend: number
  readonly #ended = new AbortController()
  readonly #running: Promise<void>
  readonly #forget: Forget
  #pauses = 0
  #sending: Promise<void> = Promise.resolve()

  constructor(ledger: Ledger, recordsPerSecond: number) {
    this.#ledger = ledger
    this.#recordsPerSend = Math.round((recordsPerSecond * INTERVAL_MS) / 1_000)
    this.#running = this.#run()
    this.#running.catch(() => undefined)
    this.#forget = whenDone(() => this.#ended.abort())
  }

  pause(): void {
    this.#pauses += 1
  }

  resume(): void {
    this.#pauses = Math.max(0, this.#pauses - 1)
  }

  /** While `produce` runs nothing else is sent. */
  async alone(produce: () => Promise<void>): Promise<void> {
    this.pause()
    try {
      await this.#sending
      await produce()
    } finally {
      this.resume()
    }
  }

  /** Throws what has ended it before. */
  async end(): Promise<void> {
    this.#forget()
    this.#ended.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      if (this.#pauses === 0 && this.#recordsPerSend > 0) {
        this.#sending = this.#ledger.produce(this.#recordsPerSend)
        await this.#sending
      }
      await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
