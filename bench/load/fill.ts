import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../../src/kafka/client.ts'
import type { Stack } from '../../stack/index.ts'
import { KafkaRefusal, KafkaWire, type PartitionBytes } from './kafka-wire.ts'
import { batchCycle, batchSizes, encodeBatch } from './record-batches.ts'
import type { ValueKind } from './values.ts'

export interface TopicLoad {
  readonly topic: string
  readonly partitions: number
  /** The same for each partition, so that all files can be full. */
  readonly recordsPerPartition: number
  readonly values: ValueKind
}

const REQUEST_TIMEOUT_MS = 60_000
const REQUESTS_AT_ONCE = 4
const POLL_MS = 100
const TRIES = 300

/** Creates the topics, each with its partitions, and resolves when all can be written. */
export async function createTopics(
  stack: Stack,
  topics: readonly { topic: string; partitions: number }[],
): Promise<void> {
  await withAdmin(stack, async (admin) => {
    await admin.createTopics({
      // It would give up at the first answer of a broker that has not heard of the topic yet.
      waitForLeaders: false,
      timeout: REQUEST_TIMEOUT_MS,
      topics: topics.map(({ topic, partitions }) => ({ topic, numPartitions: partitions })),
    })
    const deadlineMs = Date.now() + REQUEST_TIMEOUT_MS
    while (!(await areKnown(admin, topics))) {
      if (Date.now() > deadlineMs) throw new Error('the topics did not become known')
      await wait(POLL_MS)
    }
  })
}

async function areKnown(
  admin: Admin,
  topics: readonly { topic: string; partitions: number }[],
): Promise<boolean> {
  try {
    const found = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) })
    const counts = new Map(
      found.topics.map(({ name, partitions }) => [
        name,
        partitions.filter(({ leader }) => leader >= 0).length,
      ]),
    )
    return topics.every(({ topic, partitions }) => counts.get(topic) === partitions)
  } catch {
    return false
  }
}

export async function deleteTopics(stack: Stack, topics: readonly string[]): Promise<void> {
  await withAdmin(stack, (admin) =>
    admin.deleteTopics({ topics: [...topics], timeout: REQUEST_TIMEOUT_MS }),
  )
}

type Admin = ReturnType<ReturnType<typeof createClient>['kafka']['admin']>

async function withAdmin(stack: Stack, act: (admin: Admin) => Promise<void>): Promise<void> {
  const ignore = (): void => undefined
  const client = createClient({
    brokers: stack.brokers,
    clientId: 'bench',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  })
  const admin = client.kafka.admin()
  await admin.connect()
  try {
    await act(admin)
  } finally {
    await admin.disconnect()
    client.connections.close()
  }
}

/** Appends the records of the load to an existing topic, all with the time of the call. */
export async function fillTopic(stack: Stack, load: TopicLoad): Promise<void> {
  const { recordsPerBatch, values } = batchCycle(load.values)
  const nowMs = Date.now()
  const whole = values.map((each) => encodeBatch(each, nowMs))
  const batch = (index: number, records: number): Buffer => {
    const place = index % whole.length
    if (records === recordsPerBatch) return whole[place]!
    return encodeBatch(values[place]!.slice(0, records), nowMs)
  }
  const wire = await KafkaWire.connect(stack.brokers[0] ?? '')
  try {
    const sizes = [...batchSizes(load.recordsPerPartition, recordsPerBatch)]
    const pending: Promise<number>[] = []
    for (const [index, records] of sizes.entries()) {
      const batches = batch(index, records)
      for (let partition = 0; partition < load.partitions; partition++) {
        if (pending.length >= REQUESTS_AT_ONCE) await pending.shift()
        const sent = produceEventually(wire, load.topic, { partition, batches })
        // Whoever waits for it hears of it; until then it must not count as unhandled.
        sent.catch(() => undefined)
        pending.push(sent)
      }
    }
    await Promise.all(pending)
  } finally {
    wire.close()
  }
}

/** A broker that was just made the leader of many partitions may not know of all of them yet. */
async function produceEventually(
  wire: KafkaWire,
  topic: string,
  bytes: PartitionBytes,
): Promise<number> {
  for (let tried = 1; ; tried++) {
    try {
      return await wire.produce(topic, bytes)
    } catch (error) {
      if (!(error instanceof KafkaRefusal) || tried === TRIES) throw error
      await wait(POLL_MS)
    }
  }
}

/** Creates one topic and fills it. */
export async function newTopic(stack: Stack, load: TopicLoad): Promise<void> {
  await createTopics(stack, [load])
  await fillTopic(stack, load)
}
