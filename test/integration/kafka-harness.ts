import { randomUUID } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { onTestFinished } from 'vitest'
import type { GroupHandlers, GroupMember, Membership } from '../../src/core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../../src/core/record-batch.ts'
import { createGroupMember, type GroupMemberOptions } from '../../src/kafka/group-member.ts'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'
import { readAll, type SeenRecord } from '../kafka/read-records.ts'
import { stackInfo } from '../support/stack.ts'

const WAIT_MS = 30_000

/** kafkajs as it is, for what a test does beside the member: topics, producers, groups. */
export function kafka(): InstanceType<typeof Kafka> {
  return new Kafka({
    brokers: stackInfo().brokers,
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 100 },
  })
}

export async function createTopic(partitions = 1, config: Record<string, string> = {}) {
  const topic = `t-${randomUUID()}`
  const admin = kafka().admin()
  await admin.connect()
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  await admin.createTopics({
    topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
  })
  await admin.disconnect()
  return topic
}

export async function producer(transactionalId?: string): Promise<Producer> {
  const made = kafka().producer(
    transactionalId === undefined
      ? { createPartitioner: toNamedPartition }
      : {
          createPartitioner: toNamedPartition,
          transactionalId,
          idempotent: true,
          maxInFlightRequests: 1,
        },
  )
  await made.connect()
  onTestFinished(() => made.disconnect())
  return made
}

function toNamedPartition() {
  return ({ message }: { message: { partition?: number } }) => message.partition ?? 0
}

export async function produce(topic: string, values: readonly string[], partition = 0) {
  const plain = await producer()
  await plain.send({ topic, messages: values.map((value) => ({ value, partition })) })
}

export function memberOptions(
  topic: string,
  overrides: Partial<GroupMemberOptions> = {},
): GroupMemberOptions {
  const ignore = () => undefined
  return {
    brokers: stackInfo().brokers,
    clientId: 'member',
    groupId: `g-${randomUUID()}`,
    topics: [topic],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    heartbeatIntervalMs: 300,
    maxWaitMs: 100,
    maxDecompressedBatchBytes: 16 * 1024 * 1024,
    requestTimeoutMs: 5_000,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...overrides,
  }
}

/** A member that writes down what it is told, and whose test can wait for any of it. */
export class RecordingMember implements GroupHandlers {
  readonly member: GroupMember
  readonly log: string[] = []
  readonly records_: SeenRecord[] = []
  readonly fetches: FetchedRecords[] = []
  readonly assignments: { epoch: number; partitions: readonly TopicPartition[] }[] = []
  readonly memberships: Membership[] = []
  readonly errors: Error[] = []
  /** What to do on assignment; by default every partition is read from its beginning. */
  onAssigned: (partitions: readonly TopicPartition[]) => void = (partitions) => {
    for (const at of partitions) this.member.seek(at, 0)
    this.member.resume(partitions)
  }
  onRevoking: () => Promise<void> = async () => undefined
  onOutOfRange: (at: TopicPartition) => void = () => undefined
  onRecords: (fetched: FetchedRecords) => void = () => undefined
  private readonly checks = new Set<() => void>()

  constructor(options: GroupMemberOptions) {
    this.member = createGroupMember(options)
    onTestFinished(() => this.member.stop())
  }

  static async start(options: GroupMemberOptions): Promise<RecordingMember> {
    const recording = new RecordingMember(options)
    await recording.member.start(recording)
    return recording
  }

  assigned(epoch: number, partitions: readonly TopicPartition[]): void {
    this.assignments.push({ epoch, partitions })
    this.note(`assigned ${epoch}: ${partitions.map(({ partition }) => partition).join(' ')}`)
    this.onAssigned(partitions)
  }

  async revoking(): Promise<void> {
    this.note('revoking')
    await this.onRevoking()
    this.note('revoked')
  }

  heartbeat(membership: Membership): void {
    this.memberships.push(membership)
    this.check()
  }

  records(fetched: FetchedRecords): void {
    this.fetches.push(fetched)
    this.records_.push(...readAll(fetched))
    this.onRecords(fetched)
    this.check()
  }

  outOfRange(at: TopicPartition): void {
    this.note(`out of range: ${at.partition}`)
    this.onOutOfRange(at)
  }

  crashed(error: Error): void {
    this.errors.push(error)
    this.note(`crashed: ${error.message}`)
  }

  get values(): string[] {
    return this.records_.map(({ value }) => value)
  }

  /** Resolves as soon as `condition` holds; looked at whenever the member was told something. */
  until(what: string, condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.checks.delete(check)
        reject(new Error(`${what}: not within ${WAIT_MS} ms; log: ${this.log.join(', ')}`))
      }, WAIT_MS)
      const check = () => {
        if (!condition()) return
        clearTimeout(timer)
        this.checks.delete(check)
        resolve()
      }
      this.checks.add(check)
      check()
    })
  }

  private note(entry: string): void {
    this.log.push(entry)
    this.check()
  }

  private check(): void {
    for (const check of [...this.checks]) check()
  }
}
