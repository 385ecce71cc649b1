import type { TopicPartition } from '../core/record-batch.ts'

interface Held {
  paused: boolean
  /** The offset of the next fetch; undefined until the first seek or the first records. */
  position: number | undefined
}

/** What this member has of its present assignment, and how far each partition was handed on. */
export class HeldPartitions {
  private readonly byTopic = new Map<string, Map<number, Held>>()

  /** All of them paused. */
  replace(partitions: readonly TopicPartition[]): void {
    this.clear()
    for (const { topic, partition } of partitions) {
      const byPartition = this.byTopic.get(topic) ?? new Map<number, Held>()
      byPartition.set(partition, { paused: true, position: undefined })
      this.byTopic.set(topic, byPartition)
    }
  }

  clear(): void {
    this.byTopic.clear()
  }

  all(): TopicPartition[] {
    return [...this.byTopic].flatMap(([topic, byPartition]) =>
      [...byPartition.keys()].map((partition) => ({ topic, partition })),
    )
  }

  has(at: TopicPartition): boolean {
    return this.get(at) !== undefined
  }

  get({ topic, partition }: TopicPartition): Held | undefined {
    return this.byTopic.get(topic)?.get(partition)
  }

  setPaused(at: TopicPartition, paused: boolean): void {
    const held = this.get(at)
    if (held !== undefined) held.paused = paused
  }

  setPosition(at: TopicPartition, position: number): void {
    const held = this.get(at)
    if (held !== undefined) held.position = position
  }
}

/** In the shape that kafkajs takes. */
export function groupPartitions(
  partitions: readonly TopicPartition[],
): { topic: string; partitions: number[] }[] {
  const grouped = Map.groupBy(partitions, ({ topic }) => topic)
  return [...grouped].map(([topic, each]) => ({
    topic,
    partitions: each.map(({ partition }) => partition),
  }))
}
