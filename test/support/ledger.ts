import { hash, randomBytes } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { onTestFinished } from 'vitest'
import type { StackInfo } from '../../stack/index.ts'
import { createTopic, kafkaClient, withAdmin } from './ledger-kafka.ts'

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
  readonly #stack: StackInfo
  #producer: Producer
  #sequence = 0

  private constructor(stack: StackInfo, topic: string, partitions: number, producer: Producer) {
    this.#stack = stack
    this.topic = topic
    this.entries = Array.from({ length: partitions }, () => [])
    this.#producer = producer
  }

  static async open(stack: StackInfo, topic: string, partitions: number): Promise<Ledger> {
    await createTopic(stack, topic, partitions)
    return new Ledger(stack, topic, partitions, await connectProducer(stack))
  }

  get partitions(): number {
    return this.entries.length
  }

  get total(): number {
    return this.#sequence
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

  /** These values, in a transaction that is aborted: they are in Kafka's log, and no records. */
  async sendAborted(partition: number, values: readonly string[]): Promise<void> {
    const producer = kafkaClient(this.#stack).producer({
      transactionalId: `aborting-${this.topic}`,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: () => () => partition,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: this.topic, messages: values.map((value) => ({ value })) })
    await transaction.abort()
    await producer.disconnect()
  }

  /** Nothing that was produced so far is expected anywhere. */
  forget(): void {
    for (const entries of this.entries) entries.length = 0
  }

  async addPartitions(count: number): Promise<void> {
    const topicPartitions = [{ topic: this.topic, count: this.partitions + count }]
    await withAdmin(this.#stack, (admin) => admin.createPartitions({ topicPartitions }))
    for (let i = 0; i < count; i++) this.entries.push([])
    // The old one does not know them, and would drop what is sent there.
    await this.reconnect()
  }

  /** With another producer. */
  async reconnect(): Promise<void> {
    this.#producer = await connectProducer(this.#stack)
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
      const offset = next.get(partition)
      if (offset === undefined) throw new Error(`partition ${partition} took no records`)
      next.set(partition, offset + 1)
      this.entries[partition]?.push({ offset, sequence: first + i, sha1: hash('sha1', value) })
    }
  }
}

async function connectProducer(stack: StackInfo): Promise<Producer> {
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
  return producer
}
