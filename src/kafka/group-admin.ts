import type { Admin, Cluster } from 'kafkajs'
import { KafkaUnavailableError, UnknownTopicError } from '../core/errors.ts'
import { createClient, type KafkaClient, type KafkaClientOptions, RETRY } from './client.ts'
import { GroupRequests } from './group-requests.ts'
import { toSinkError } from './kafka-errors.ts'
import { stickyAssigner } from './sticky-assigner.ts'
import { within, withTimeout } from './timeout.ts'

export interface GroupAdminOptions extends KafkaClientOptions {
  readonly groupId: string
}

/** What the main thread asks of Kafka. Every call ends within its timeout, or throws a SinkError. */
export interface GroupAdmin {
  /** The brokers' own name for their cluster: it tells two clusters at one address apart. */
  clusterId(): Promise<string>
  /**
   * Partition counts by topic. Names must exist: UnknownTopicError. A pattern may match none, and
   * never matches Kafka's own topics, which begin with two underscores.
   */
  resolveTopics(wanted: readonly string[] | RegExp): Promise<Map<string, number>>
  /** For a member that died without a word: the group goes on at once. Fine if it is gone. */
  leaveGroup(memberId: string): Promise<void>
  close(): Promise<void>
}

const CLOSE_WAIT_MS = 5_000

export function createGroupAdmin(options: GroupAdminOptions): GroupAdmin {
  return new KafkaGroupAdmin(options)
}

export class KafkaGroupAdmin implements GroupAdmin {
  private readonly client: KafkaClient
  private readonly timeoutMs: number
  protected readonly admin: Admin
  /** Of a consumer that never runs: only such an object can reach a group's coordinator. */
  protected readonly cluster: Cluster
  protected readonly requests: GroupRequests
  private connected: Promise<void> | undefined

  constructor(options: GroupAdminOptions) {
    this.timeoutMs = options.requestTimeoutMs
    this.client = createClient(options)
    this.admin = this.client.kafka.admin({ retry: RETRY })
    let cluster: Cluster | undefined
    const assigner = stickyAssigner(
      () => undefined,
      (received) => {
        cluster = received
      },
    )
    const { groupId } = options
    this.client.kafka.consumer({
      groupId,
      partitionAssigners: [assigner],
      allowAutoTopicCreation: false,
    })
    this.cluster = cluster!
    this.requests = new GroupRequests(this.cluster, groupId, this.timeoutMs)
  }

  clusterId(): Promise<string> {
    const operation = 'reading the cluster id'
    return this.ask(operation, async () => {
      const { clusterId } = await this.admin.describeCluster()
      if (!clusterId) throw new KafkaUnavailableError(operation, 'the broker named none')
      return clusterId
    })
  }

  resolveTopics(wanted: readonly string[] | RegExp): Promise<Map<string, number>> {
    return this.ask('reading the topics', async () => {
      const existing = await this.admin.listTopics()
      const names = wanted instanceof RegExp ? matching(existing, wanted) : [...new Set(wanted)]
      const missing = names.filter((name) => !existing.includes(name))
      if (missing.length > 0) throw new UnknownTopicError(missing)
      // Kafka takes no name at all for all names.
      if (names.length === 0) return new Map()
      const { topics } = await this.admin.fetchTopicMetadata({ topics: names })
      const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
      // Deleted since, or not known to the broker that was asked: never one with nothing to read.
      const gone = names.filter((name) => !counts.get(name))
      if (gone.length > 0) throw new UnknownTopicError(gone)
      return new Map(names.sort().map((name) => [name, counts.get(name)!]))
    })
  }

  leaveGroup(memberId: string): Promise<void> {
    return this.requests.leave(memberId)
  }

  async close(): Promise<void> {
    const disconnecting = Promise.allSettled([this.admin.disconnect(), this.cluster.disconnect()])
    await within(CLOSE_WAIT_MS, disconnecting, undefined)
    this.client.connections.close()
  }

  protected async ask<T>(operation: string, question: () => Promise<T>): Promise<T> {
    try {
      return await withTimeout(operation, this.timeoutMs, this.connect().then(question))
    } catch (error) {
      throw toSinkError(operation, error)
    }
  }

  private connect(): Promise<void> {
    this.connected ??= this.admin.connect().catch((error: unknown) => {
      this.connected = undefined
      throw error
    })
    return this.connected
  }
}

function matching(topics: readonly string[], pattern: RegExp): string[] {
  // Without the state that `g` and `y` keep between calls.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return topics.filter((topic) => !topic.startsWith('__') && stateless.test(topic))
}
