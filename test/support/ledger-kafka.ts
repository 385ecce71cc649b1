import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { StackInfo } from '../../stack/index.ts'

/*
 * Kafka beside the sink, by kafkajs as it is: nothing of src/ is loaded here.
 */

export function kafkaClient({ brokers }: Pick<StackInfo, 'brokers'>): Kafka {
  return new Kafka({
    brokers,
    clientId: 'ledger',
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 100 },
  })
}

export async function withAdmin<T>(
  stack: Pick<StackInfo, 'brokers'>,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkaClient(stack).admin()
  await admin.connect()
  return await use(admin).finally(() => admin.disconnect())
}

/** With one replica of each partition; on this broker, where it is given. */
export async function createTopic(
  stack: StackInfo,
  topic: string,
  partitions: number,
  broker?: number,
): Promise<void> {
  const placed = (replicas: number[]) =>
    Array.from({ length: partitions }, (_, partition) => ({ partition, replicas }))
  await withAdmin(stack, (admin) =>
    admin.createTopics({
      topics: [
        broker === undefined
          ? { topic, numPartitions: partitions, replicationFactor: 1 }
          : { topic, replicaAssignment: placed([broker]) },
      ],
      waitForLeaders: true,
    }),
  )
}

/** By partition; -1 where the group has none. */
export async function committedOffsets(
  stack: StackInfo,
  group: string,
  topic: string,
): Promise<number[]> {
  const [found] = await withAdmin(stack, (admin) =>
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  )
  return byPartition(found?.partitions ?? [], ({ offset }) => offset)
}

/** By partition: the last stable offset. */
export async function logEnds(stack: StackInfo, topic: string): Promise<number[]> {
  const offsets = await withAdmin(stack, (admin) => admin.fetchTopicOffsets(topic))
  return byPartition(offsets, ({ high }) => high)
}

/** How many members it has; none if it is not there. */
export async function describeGroup(
  stack: StackInfo,
  group: string,
): Promise<{ state: string | undefined; members: number }> {
  const { groups } = await withAdmin(stack, (admin) => admin.describeGroups([group]))
  return { state: groups[0]?.state, members: groups[0]?.members.length ?? 0 }
}

function byPartition<Row extends { readonly partition: number }>(
  rows: readonly Row[],
  offsetOf: (row: Row) => string,
): number[] {
  const sorted = rows.toSorted((a, b) => a.partition - b.partition)
  return sorted.map((row) => Number(offsetOf(row)))
}
