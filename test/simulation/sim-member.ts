import { KafkaUnavailableError } from '../../src/core/errors.ts'
import type {
  CommittedOffset,
  GroupHandlers,
  GroupMember,
  LogBounds,
  Membership,
  OffsetToCommit,
} from '../../src/core/ports.ts'
import type { TopicPartition } from '../../src/core/record-batch.ts'
import { type Schedule, throughSeam } from './schedule.ts'
import type { SimKafka } from './sim-kafka.ts'

interface Held {
  paused: boolean
  position: number | undefined
}

/** A member of SimKafka's group; nothing is fetched before somebody calls `fetch`. */
export class SimMember implements GroupMember {
  readonly who: string
  private readonly kafka: SimKafka
  private readonly schedule: Schedule
  private readonly held = new Map<number, Held>()
  private handlers: GroupHandlers | undefined
  private membership: Membership | undefined
  private epoch = 0

  constructor(kafka: SimKafka, who: string, schedule: Schedule) {
    this.kafka = kafka
    this.who = who
    this.schedule = schedule
  }

  async start(handlers: GroupHandlers): Promise<void> {
    this.handlers = handlers
  }

  async stop(): Promise<void> {
    this.held.clear()
    this.handlers = undefined
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.change(at, { paused: true })
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.change(at, { paused: false })
  }

  seek(at: TopicPartition, offset: number): void {
    this.change(at, { position: offset })
  }

  commitOffsets(membership: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    const subject = offsets.map(({ partition, offset }) => `${partition}@${offset}`).join()
    return this.send('commit', subject, true, () => this.kafka.commit(membership, offsets))
  }

  committedOffset({ partition }: TopicPartition): Promise<CommittedOffset | undefined> {
    const read = (): CommittedOffset | undefined => this.kafka.committed.get(partition)
    return this.send('committed', String(partition), false, read)
  }

  logBounds({ partition }: TopicPartition): Promise<LogBounds> {
    return this.send('bounds', String(partition), false, () => this.kafka.bounds(partition))
  }

  partitionCount(topic: string): Promise<number> {
    return this.send('count', topic, false, () => this.kafka.partitions)
  }

  topicId(topic: string): Promise<string | undefined> {
    return this.send('topic', topic, false, () => this.kafka.bounds(0).topicId)
  }

  // ------------------------------------------------------------ what the group does to it

  revoke(): void {
    this.held.clear()
    void this.handlers?.revoking()
  }

  assign(generation: number, partitions: readonly TopicPartition[]): void {
    this.held.clear()
    for (const { partition } of partitions) {
      this.held.set(partition, { paused: true, position: undefined })
    }
    this.epoch += 1
    this.membership = { memberId: this.who, generation, epoch: this.epoch }
    this.handlers?.assigned(this.epoch, partitions)
    this.acknowledge(generation)
  }

  acknowledge(generation: number): void {
    const { membership } = this
    if (membership?.generation === generation) this.handlers?.heartbeat(membership)
  }

  /** Partitions that would be fetched now. */
  get readable(): number[] {
    return [...this.held].flatMap(([partition, { paused, position }]) =>
      paused || position === undefined ? [] : [partition],
    )
  }

  /** Brings at most so many records; false when there was nothing new. */
  fetch(partition: number, most: number): boolean {
    const held = this.held.get(partition)
    if (held?.position === undefined || held.paused) return false
    const fetched = this.kafka.fetch(partition, held.position, most)
    if (fetched === undefined) return false
    if (fetched === 'out-of-range') {
      held.paused = true
      this.handlers?.outOfRange({ topic: this.kafka.topic, partition })
    } else {
      held.position = fetched.nextOffset
      this.handlers?.records(fetched)
    }
    return true
  }

  private change({ partition }: TopicPartition, to: Partial<Held>): void {
    const held = this.held.get(partition)
    if (held !== undefined) Object.assign(held, to)
  }

  private send<T>(op: string, subject: string, changes: boolean, effect: () => T): Promise<T> {
    return throughSeam(effect, {
      schedule: this.schedule,
      call: { who: this.who, port: 'kafka', op, subject, changes },
      lost: (kind) => new KafkaUnavailableError(op, kind),
    })
  }
}
