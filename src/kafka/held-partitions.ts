import type { Consumer } from 'kafkajs'
import type { TopicPartition } from '../core/record-batch.ts'
import { WakeUp } from './wake-up.ts'

interface Held {
  paused: boolean
  /** The offset of the next fetch; undefined until the first seek or the first records. */
  position: number | undefined
}

/**
 * What this member has of its present assignment, and how far each partition was handed on. kafkajs
 * knows that too, but forgets it at times of its own; calls about partitions that are not held are
 * ignored, as whoever makes them may not know yet.
 */
export class HeldPartitions {
  private readonly consumer: Consumer
  private readonly byTopic = new Map<string, Map<number, Held>>()
  private readonly resumed = new WakeUp()

  constructor(consumer: Consumer) {
    this.consumer = consumer
  }

  /** All of them paused, before kafkajs can fetch: it keeps pauses over assignments. */
  replace(partitions: readonly TopicPartition[]): void {
    this.clear()
    if (partitions.length > 0) this.consumer.pause(grouped(partitions))
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

  get({ topic, partition }: TopicPartition): Held | undefined {
    return this.byTopic.get(topic)?.get(partition)
  }

  pause(partitions: readonly TopicPartition[]): void {
    const held = this.setPaused(partitions, true)
    if (held.length > 0) this.consumer.pause(grouped(held))
  }

  resume(partitions: readonly TopicPartition[]): void {
    const held = this.setPaused(partitions, false)
    if (held.length === 0) return
    this.consumer.resume(grouped(held))
    this.resumed.ring()
  }

  seek(at: TopicPartition, offset: number): void {
    const held = this.get(at)
    if (held === undefined) return
    held.position = offset
    this.consumer.seek({ topic: at.topic, partition: at.partition, offset: String(offset) })
  }

  /** Resolves when something is resumed, or after `maxWaitMs`. */
  idle(maxWaitMs: number): Promise<void> {
    return this.resumed.wait(maxWaitMs)
  }

  wake(): void {
    this.resumed.ring()
  }

  private setPaused(partitions: readonly TopicPartition[], paused: boolean): TopicPartition[] {
    return partitions.filter((at) => {
      const held = this.get(at)
      if (held !== undefined) held.paused = paused
      return held !== undefined
    })
  }
}

/** In the shape that kafkajs takes. */
function grouped(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, each]) => ({
    topic,
    partitions: each.map(({ partition }) => partition),
  }))
}
