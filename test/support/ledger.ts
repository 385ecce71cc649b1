import { hash, randomBytes } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { onTestFinished } from 'vitest'
import type { StackInfo } from '../../stack/index.ts'
import { createTopic, kafkaClient } from './ledger-kafka.ts'

/** A record that Kafka has acknowledged. */
export interface Entry {
  readonly offset: number
  /** Counts the records of the ledger. */
  readonly sequence: number
  readonly sha1: string
}

const RECORDS_PER_SEND = 1_500
/** Bytes of chance in a record, which base64 makes a third longer. */
const RANDOM_BYTES = 66

/**
 * Produces to a topic of its own, and writes down what became of each record: its partition, its
 * offset, its number and the hash of its value.
 */
export class Ledger {
  readonly topic: string
  /** By partition, in the order of their offsets. */
  readonly entries: Entry[][]
  readonly #producer: Producer
  #sequence = 0

  private constructor(topic: string, partitions: number, producer: Producer) {
    this.topic = topic
    this.entries = Array.from({ length: partitions }, () => [])
    this.#producer = producer
  }

  static async open(stack: StackInfo, topic: string, partitions: number): Promise<Ledger> {
    await createTopic(stack, topic, partitions)
    const producer = kafkaClient(stack).producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      // A record that is sent again must not be there twice: Kafka, not the sink, would have it so.
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    onTestFinished(() => producer.disconnect())
    return new Ledger(topic, partitions, producer)
  }

  get partitions(): number {
    return this.entries.length
  }

  get total(): number {
    return this.entries.reduce((sum, each) => sum + each.length, 0)
  }

  /** Spreads records of about a hundred bytes evenly over the partitions. */
  async produce(count: number): Promise<void> {
    for (let left = count; left > 0; left -= RECORDS_PER_SEND) {
      const size = Math.min(left, RECORDS_PER_SEND)
      const random = randomBytes(size * RANDOM_BYTES)
      const values = Array.from({ length: size }, (_, i) => {
        const bytes = random.subarray(i * RANDOM_BYTES, (i + 1) * RANDOM_BYTES)
        const number = String(this.#sequence + i).padStart(9, '0')
        return Buffer.from(`${number} ${bytes.toString('base64')}`)
      })
      await this.#send(values, (i) => i % this.partitions)
    }
  }

  /** These values, to one partition. */
  async send(partition: number, values: readonly (string | Buffer)[]): Promise<void> {
    await this.#send(
      values.map((value) => Buffer.from(value)),
      () => partition,
    )
  }

  /** The topic has got partitions since. */
  grow(partitions: number): void {
    while (this.entries.length < partitions) this.entries.push([])
  }

  async #send(values: readonly Buffer[], partitionOf: (i: number) => number): Promise<void> {
    const first = this.#sequence
    this.#sequence += values.length
    const answers = await this.#producer.send({
      topic: this.topic,
      messages: values.map((value, i) => ({ value, partition: partitionOf(i) })),
    })
    const next = new Map(
      answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]),
    )
    for (const [i, value] of values.entries()) {
      const partition = partitionOf(i)
      const offset = next.get(partition) ?? Number.NaN
      next.set(partition, offset + 1)
      this.entries[partition]?.push({ offset, sequence: first + i, sha1: hash('sha1', value) })
    }
  }
}
