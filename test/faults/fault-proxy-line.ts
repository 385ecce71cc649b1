import { Transform, type TransformCallback } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the way between the sinks and a server is like, in both directions. */
export class Line {
  delayMs = 0
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** Requests and answers that were kept waiting. */
  slowed = 0
  #cut: PromiseWithResolvers<void> | undefined

  /** Nothing gets through any more, and nobody is told. What is on its way arrives when it heals. */
  cut(): void {
    this.#cut ??= Promise.withResolvers()
  }

  heal(): void {
    this.delayMs = 0
    this.bytesPerSecond = Number.POSITIVE_INFINITY
    this.#cut?.resolve()
    this.#cut = undefined
  }

  /** The time that the beginning of a message takes. */
  async begin(): Promise<void> {
    await this.#cut?.promise
    if (this.delayMs === 0) return
    this.slowed += 1
    await sleep(this.delayMs)
    await this.#cut?.promise
  }

  /** The time that these bytes take. */
  async carry(byteLength: number): Promise<void> {
    await this.#cut?.promise
    const ms = (byteLength / this.bytesPerSecond) * 1000
    if (ms >= 1) await sleep(ms)
  }

  /** Bytes go through it as the line allows. */
  stream(): Transform {
    const transform = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
      this.carry(chunk.length).then(() => done(null, chunk), done)
    }
    return new Transform({ transform, highWaterMark: 65_536 })
  }
}
