import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { abortable } from './cancel.ts'
import type { KafkaRecord } from './compare.ts'
import type { WebEvent } from './web-events.ts'

/* Kafka as any other program sees it: kafkajs as it comes, and nothing of the sink. */

export interface TopicAddress {
  readonly brokers: readonly string[]
  readonly topic: string
}

const TICK_MS = 50
const MOST_EVENTS_A_REQUEST = 1_000
const GOODBYE_TIMEOUT_MS = 2_000

function client({ brokers }: TopicAddress): Kafka {
  return new Kafka({ clientId: 'demo', brokers: [...brokers], logLevel: logLevel.NOTHING })
}

export async function createTopic(
  at: TopicAddress,
  partitions: number,
  signal: AbortSignal,
): Promise<void> {
  const admin = client(at).admin()
  try {
    await abortable(admin.connect(), signal)
    const topics = [{ topic: at.topic, numPartitions: partitions, replicationFactor: 1 }]
    await abortable(admin.createTopics({ topics, waitForLeaders: true }), signal)
  } finally {
    await sayGoodbye(admin)
  }
}

export interface Production {
  readonly nextEvent: (nowMs: number) => WebEvent
  /** Infinity: until the signal aborts. */
  readonly events: number
  readonly eventsPerSecond: number
  /** How many the broker has acknowledged so far. */
  readonly onProduced: (events: number) => void
  readonly signal: AbortSignal
}

/** Sends events at a steady pace, each with its user's name as key. Throws when the signal aborts. */
export async function produceEvents(at: TopicAddress, production: Production): Promise<void> {
  const { events, eventsPerSecond, onProduced, signal } = production
  const producer = client(at).producer({ allowAutoTopicCreation: false })
  try {
    await abortable(producer.connect(), signal)
    const since = performance.now()
    let produced = 0
    while (produced < events) {
      const due = Math.ceil(((performance.now() - since) / 1000) * eventsPerSecond)
      const count = Math.min(due - produced, events - produced, MOST_EVENTS_A_REQUEST)
      if (count > 0) {
        await abortable(send(producer, at.topic, production, count), signal)
        produced += count
        onProduced(produced)
      }
      await sleep(TICK_MS, undefined, { signal })
    }
  } finally {
    await sayGoodbye(producer)
  }
}

async function send(
  producer: Producer,
  topic: string,
  { nextEvent }: Production,
  count: number,
): Promise<void> {
  const messages = Array.from({ length: count }, () => {
    const nowMs = Date.now()
    const event = nextEvent(nowMs)
    return { key: event.userName, value: JSON.stringify(event), timestamp: String(nowMs) }
  })
  await producer.send({ topic, messages })
}

/** Every record that the topic holds at this moment, in no particular order. */
export async function readTopic(at: TopicAddress, signal: AbortSignal): Promise<KafkaRecord[]> {
  const ends = await endOffsets(at, signal)
  const left = new Map([...ends].filter(([, end]) => end > 0))
  const records: KafkaRecord[] = []
  if (left.size === 0) return records
  const consumer = client(at).consumer({ groupId: `demo-${randomUUID()}`, maxWaitTimeInMs: 200 })
  const done = Promise.withResolvers<void>()
  consumer.on('consumer.crash', ({ payload }) => done.reject(payload.error))
  try {
    await abortable(consumer.connect(), signal)
    await abortable(consumer.subscribe({ topic: at.topic, fromBeginning: true }), signal)
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        const end = ends.get(partition) ?? 0
        for (const { offset, timestamp, key, value } of messages) {
          if (Number(offset) >= end) continue
          records.push({
            partition,
            offset: Number(offset),
            timestampMs: Number(timestamp),
            key: key?.toString() ?? null,
            value: value?.toString() ?? null,
          })
        }
        if (Number(messages.at(-1)?.offset ?? -1) >= end - 1) left.delete(partition)
        if (left.size === 0) done.resolve()
      },
    })
    await abortable(done.promise, signal)
    return records
  } finally {
    await sayGoodbye(consumer)
  }
}

async function endOffsets(at: TopicAddress, signal: AbortSignal): Promise<Map<number, number>> {
  const admin = client(at).admin()
  try {
    await abortable(admin.connect(), signal)
    const offsets = await abortable(admin.fetchTopicOffsets(at.topic), signal)
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  } finally {
    await sayGoodbye(admin)
  }
}

/** Nothing depends on it, and the broker may be gone. */
async function sayGoodbye(connected: { disconnect(): Promise<void> }): Promise<void> {
  const gone = connected.disconnect().catch(() => undefined)
  const tired = new AbortController()
  const timeout = sleep(GOODBYE_TIMEOUT_MS, undefined, { signal: tired.signal })
  await Promise.race([gone, timeout.catch(() => undefined)])
  tired.abort()
}
