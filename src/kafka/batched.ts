import { SinkError } from '../core/errors.ts'
import { typeOf } from './kafka-errors.ts'

interface Asked<K, V> {
  readonly key: K
  readonly answer: PromiseWithResolvers<V>
}

/** The answers in the order of the keys; one of them may be an error without the others being one. */
export type AskAll<K, V> = (keys: readonly K[]) => Promise<readonly (V | SinkError)[]>

/**
 * Asks many questions of one kind with few requests: what is asked in one turn of the event loop, or
 * while a request is under way, goes into the next. So no answer is of a request that was sent before
 * its question was asked.
 */
export class Batched<K, V> {
  private readonly askAll: AskAll<K, V>
  private readonly most: number
  private waiting: Asked<K, V>[] = []
  private running = false

  /** `most` questions a request. */
  constructor(askAll: AskAll<K, V>, most = 1_000) {
    this.askAll = askAll
    this.most = most
  }

  ask(key: K): Promise<V> {
    const answer = Promise.withResolvers<V>()
    this.waiting.push({ key, answer })
    if (!this.running) void this.run()
    return answer.promise
  }

  private async run(): Promise<void> {
    this.running = true
    await new Promise((resolve) => setImmediate(resolve))
    while (this.waiting.length > 0) await this.answer(this.waiting.splice(0, this.most))
    this.running = false
  }

  private async answer(asked: readonly Asked<K, V>[]): Promise<void> {
    try {
      const answers = await this.askAll(asked.map(({ key }) => key))
      for (const [index, { answer }] of asked.entries()) {
        const value = answers[index] as V | SinkError
        if (value instanceof SinkError) answer.reject(value)
        else answer.resolve(value)
      }
    } catch (error) {
      // Kafka refuses a whole request for one of its partitions: find out which.
      if (asked.length > 1 && typeOf(error) !== undefined) await this.halve(asked)
      else for (const { answer } of asked) answer.reject(error)
    }
  }

  private async halve(asked: readonly Asked<K, V>[]): Promise<void> {
    const half = asked.length >> 1
    await this.answer(asked.slice(0, half))
    await this.answer(asked.slice(half))
  }
}
