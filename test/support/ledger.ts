import { hash, randomBytes } from 'node:crypto'
import type { Producer } from 'kafkajs'
import type { StackInfo } from '../../stack/index.ts'
import { createTopic, kafkaClient, withAdmin } from './ledger-kafka.ts'
import { whenDone } from './scope.ts'

/** A record that Kafka has acknowledged. */
export interface Entry {
  readonly offset: number
  /** Counts the records of the ledger. */
  readonly sequence: number
  readonly sha1: string
}

/** It ends once. */
export interface OpenTransaction {
  abort(): Promise<void>
  commit(): Promise<void>
}

const RECORDS_PER_SEND = 1_500
/** Bytes of chance in a record, which base64 makes a third longer. */
const RANDOM_BYTES = 66

export interface LedgerOptions {
  /** Sends go on until Kafka takes them, however long it is away. */
  readonly patient?: boolean
  /** The timestamps of records are spread over this many days. */
  readonly days?: number
  /** All partitions are on this broker, and on no other. */
  readonly broker?: number
}

const DAY_MS = 86_400_000

/**
 * Produces to a topic of its own, and writes down what became of each record: its partition, its
 * offset, its number and the hash of its value.
 */
export class Ledger {
  readonly topic: string
  /** By partition, in the order of their offsets. */
  readonly entries: Entry[][]
  readonly #stack: StackInfo
  readonly #options: LedgerOptions
  #producer: Producer
  #sequence = 0

  private constructor(
    stack: StackInfo,
    topic: string,
    partitions: number,
    options: LedgerOptions,
    producer: Producer,
  ) {
    this.#stack = stack
    this.topic = topic
    this.entries = Array.from({ length: partitions }, () => [])
    this.#options = options
    this.#producer = producer
  }

  static async open(
    stack: StackInfo,
    topic: string,
    partitions: number,
    options: LedgerOptions = {},
  ): Promise<Ledger> {
    await createTopic(stack, topic, partitions, options.broker)
    const producer = await connectProducer(stack, options)
    return new Ledger(stack, topic, partitions, options, producer)
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
    const transaction = await this.beginTransaction(partition, values)
    await transaction.abort()
  }

  /** These values, in a transaction: nobody is to read them before it is committed, if it is. */
  async beginTransaction(partition: number, values: readonly string[]): Promise<OpenTransaction> {
    const producer = kafkaClient(this.#stack).producer({
      transactionalId: `transaction-${this.topic}-${partition}`,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: () => () => partition,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    const messages = values.map((value) => ({ value }))
    const [answer] = await transaction.send({ topic: this.topic, messages })
    const baseOffset = Number(answer?.baseOffset)
    return {
      abort: async () => {
        await transaction.abort()
        await producer.disconnect()
      },
      commit: async () => {
        await transaction.commit()
        await producer.disconnect()
        for (const [i, value] of values.entries()) {
          const sequence = this.#sequence++
          const entry = { offset: baseOffset + i, sequence, sha1: hash('sha1', value) }
          this.entries[partition]?.push(entry)
        }
      },
    }
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
    const former = this.#producer
    this.#producer = await connectProducer(this.#stack, this.#options)
    await former.disconnect()
  }

  async close(): Promise<void> {
    await this.#producer.disconnect()
  }

  #timestamp(sequence: number): { timestamp?: string } {
    const { days } = this.#options
    if (days === undefined) return {}
    return { timestamp: String(Date.now() - (sequence % days) * DAY_MS) }
  }

  async #send(values: readonly Buffer[], partitionOf: (i: number) => number): Promise<void> {
    const first = this.#sequence
    this.#sequence += values.length
    const byPartition = Map.groupBy(values.entries(), ([i]) => partitionOf(i))
    // A request each: of several partitions in one, kafkajs forgets those whose leader has moved to a
    // broker that has answered for others already.
    await Promise.all(
      [...byPartition].map(async ([partition, entries]) => {
        const messages = entries.map(([i, value]) => {
          return { value, partition, ...this.#timestamp(first + i) }
        })
        const [answer] = await this.#producer.send({ topic: this.topic, messages })
        const baseOffset = Number(answer?.baseOffset)
        if (Number.isNaN(baseOffset)) throw new Error(`partition ${partition} took no records`)
        const taken = entries.map(([i, value], n) => {
          return { offset: baseOffset + n, sequence: first + i, sha1: hash('sha1', value) }
        })
        this.entries[partition]?.push(...taken)
      }),
    )
  }
}

async function connectProducer(
  stack: StackInfo,
  { patient = false }: LedgerOptions,
): Promise<Producer> {
  const producer = kafkaClient(stack).producer({
    // Given up, its records might be in the log all the same, and their numbers be used again.
    ...(patient && { retry: { retries: 1_000_000, initialRetryTime: 100, maxRetryTime: 500 } }),
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
    // A record that is sent again must not be there twice: Kafka, not the sink, would have it so.
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  const forget = whenDone(() => producer.disconnect())
  producer.on(producer.events.DISCONNECT, forget)
  return producer
}
