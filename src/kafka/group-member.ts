import type { Cluster, Consumer, ConsumerCrashEvent, EachBatchPayload } from 'kafkajs'
import { FencedMembershipError } from '../core/errors.ts'
import type {
  CommittedOffset,
  GroupHandlers,
  GroupMember,
  LogBounds,
  Membership,
  OffsetToCommit,
} from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { createClient, type KafkaClient, type KafkaClientOptions, RETRY } from './client.ts'
import { GroupRequests } from './group-requests.ts'
import { groupPartitions, HeldPartitions } from './held-partitions.ts'
import { toSinkError } from './kafka-errors.ts'
import { KafkaJSNonRetriableError } from './kafkajs.ts'
import { leaveGroup } from './leave-group.ts'
import { PartitionFetch } from './partition-fetch.ts'
import { limitLegacyBatches } from './patches/bounded-codecs.ts'
import { type ConsumerGroup, observeGroup } from './patches/group-hooks.ts'
import { rawFetchOf } from './patches/raw-batches.ts'
import { type Owned, stickyAssigner } from './sticky-assigner.ts'
import { within } from './timeout.ts'
import { WakeUp } from './wake-up.ts'

export interface GroupMemberOptions extends KafkaClientOptions {
  readonly groupId: string
  /** Names, not patterns. */
  readonly topics: readonly string[]
  /** Without a heartbeat for so long a member is thrown out of the group. */
  readonly sessionTimeoutMs: number
  /** How long the others wait for this member when the group rebalances. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Of one fetch. Default 1 MiB: more is not faster, and takes more memory. */
  readonly maxBytesPerPartition?: number
  /** How long a broker may wait for new records before it answers. Default 300. */
  readonly maxWaitMs?: number
  readonly maxDecompressedBatchBytes: number
}

const DEFAULT_MAX_BYTES_PER_PARTITION = 1024 * 1024
const DEFAULT_MAX_WAIT_MS = 300
/** New partitions are noticed within this time. */
const METADATA_MAX_AGE_MS = 60_000
/** The longest that a JoinGroup is held back for whoever is losing partitions. */
const MAX_REVOKING_MS = 5_000

/** One consumer in the group. Nothing happens before `start()`. */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  return new KafkaGroupMember(options)
}

class KafkaGroupMember implements GroupMember {
  private readonly options: GroupMemberOptions
  private readonly client: KafkaClient
  private readonly consumer: Consumer
  private readonly cluster: Cluster
  private readonly requests: GroupRequests
  private readonly held = new HeldPartitions()
  private readonly resumed = new WakeUp()
  private readonly stopRequested = Promise.withResolvers<void>()

  private handlers!: GroupHandlers
  private epoch = 0
  private membership: Membership | undefined
  private lastOwned: Owned | undefined
  private group: ConsumerGroup | undefined
  /** Since `assigned` was called last: under way or over. */
  private revoking: Promise<void> | undefined
  private stopping: Promise<void> | undefined

  constructor(options: GroupMemberOptions) {
    this.options = options
    limitLegacyBatches(options.maxDecompressedBatchBytes)
    this.client = createClient(options)
    let cluster: Cluster | undefined
    const assigner = stickyAssigner(
      () => this.lastOwned,
      (received) => {
        cluster = received
      },
    )
    this.consumer = this.client.kafka.consumer({
      groupId: options.groupId,
      partitionAssigners: [assigner],
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      maxBytesPerPartition: options.maxBytesPerPartition ?? DEFAULT_MAX_BYTES_PER_PARTITION,
      maxWaitTimeInMs: options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => this.stopping === undefined },
    })
    // kafkajs has called the assigner's factory by now.
    this.cluster = cluster!
    this.requests = new GroupRequests(this.cluster, options.groupId, options.requestTimeoutMs)
    observeGroup(this.cluster, {
      joining: (group) => this.joining(group),
      outOfRange: (topic, partition, position) =>
        this.outOfRange({ topic, partition }, Number(position)),
      idle: (maxWaitMs) => this.resumed.wait(maxWaitMs),
    })
  }

  /** Resolves after the first assignment, or after `stop()`. */
  async start(handlers: GroupHandlers): Promise<void> {
    this.handlers = handlers
    const { events } = this.consumer
    this.consumer.on(events.GROUP_JOIN, ({ payload }) => this.joined(payload.memberAssignment))
    this.consumer.on(events.HEARTBEAT, ({ payload }) =>
      this.heartbeatAcknowledged(payload.memberId, payload.groupGenerationId),
    )
    this.consumer.on(events.STOP, () => this.revoke())
    this.consumer.on(events.CRASH, (event) => this.crashed(event))
    try {
      await this.consumer.connect()
      const topics = [...this.options.topics]
      if (this.stopping === undefined)
        await this.consumer.subscribe({ topics, fromBeginning: true })
      if (this.stopping === undefined) await this.run()
    } catch (error) {
      if (this.stopping === undefined) throw toSinkError('joining the group', error)
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    const held = partitions.filter((at) => this.held.has(at))
    if (held.length === 0) return
    for (const at of held) this.held.setPaused(at, true)
    this.consumer.pause(groupPartitions(held))
  }

  resume(partitions: readonly TopicPartition[]): void {
    const held = partitions.filter((at) => this.held.has(at))
    if (held.length === 0) return
    for (const at of held) this.held.setPaused(at, false)
    this.consumer.resume(groupPartitions(held))
    this.resumed.ring()
  }

  seek(at: TopicPartition, offset: number): void {
    if (!this.held.has(at)) return
    this.held.setPosition(at, offset)
    this.consumer.seek({ topic: at.topic, partition: at.partition, offset: String(offset) })
  }

  async commitOffsets(membership: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    const check = () => this.checkPresent(membership)
    check()
    await this.requests.commit(membership, offsets, check)
  }

  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    return this.requests.committedOffset(at)
  }

  logBounds(at: TopicPartition): Promise<LogBounds> {
    return this.requests.logBounds(at)
  }

  partitionCount(topic: string): Promise<number> {
    return this.requests.partitionCount(topic)
  }

  stop(): Promise<void> {
    this.stopping ??= this.leave()
    return this.stopping
  }

  private async run(): Promise<void> {
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // Handlers return at once: there is nothing to do side by side.
      partitionsConsumedConcurrently: 1,
      eachBatch: async (payload) => this.fetched(payload),
    })
  }

  /** Before each JoinGroup, also where kafkajs starts itself anew after a crash. */
  private async joining(group: ConsumerGroup): Promise<void> {
    this.group = group
    this.refuseWhenStopping()
    this.pause(this.held.all())
    this.revoke()
    if (this.revoking === undefined) return
    const longestMs = Math.min(this.options.sessionTimeoutMs / 3, MAX_REVOKING_MS)
    await within(longestMs, Promise.race([this.revoking, this.stopRequested.promise]), undefined)
    this.refuseWhenStopping()
  }

  private refuseWhenStopping(): void {
    if (this.stopping === undefined) return
    throw new KafkaJSNonRetriableError('this member is stopping')
  }

  /** Once per assignment. From here on nothing of it is handed on any more. */
  private revoke(): void {
    this.held.clear()
    if (this.membership === undefined || this.revoking !== undefined) return
    if (this.stopping !== undefined) return
    this.revoking = this.handlers.revoking().catch((error: unknown) => {
      this.options.logger.error({ err: error }, 'what was to be done on revocation failed')
    })
  }

  private joined(memberAssignment: Record<string, number[]>): void {
    const partitions = Object.entries(memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    )
    // kafkajs keeps pauses over assignments, and fetches as soon as this returns.
    if (partitions.length > 0) this.consumer.pause(groupPartitions(partitions))
    if (this.stopping !== undefined) return
    const { memberId, generationId } = this.group!
    this.epoch += 1
    this.membership = { memberId: memberId!, generation: generationId!, epoch: this.epoch }
    this.lastOwned = { generation: generationId!, owned: new Map(Object.entries(memberAssignment)) }
    this.revoking = undefined
    this.held.replace(partitions)
    this.handlers.assigned(this.epoch, partitions)
    // The coordinator has just acknowledged this membership: its answer was the assignment.
    this.handlers.heartbeat(this.membership)
  }

  /** An answer may come late, when the group has gone on already. */
  private heartbeatAcknowledged(memberId: string, generation: number): void {
    const { membership } = this
    if (membership === undefined || this.stopping !== undefined) return
    if (membership.memberId === memberId && membership.generation === generation) {
      this.handlers.heartbeat(membership)
    }
  }

  private fetched({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const { topic, partition } = batch
    const raw = rawFetchOf(batch.messages[0])
    const held = this.held.get({ topic, partition })
    if (raw === undefined || held === undefined || held.paused || isStale()) return
    const fetchedOffset = fetchedOffsetOf(batch)
    if (held.position !== undefined && held.position !== fetchedOffset) {
      // Fetched before the last seek, or by another broker's fetcher.
      this.seek({ topic, partition }, held.position)
      return
    }
    const fetch = new PartitionFetch({
      topic,
      partition,
      fetchedOffset,
      highWatermark: Number(batch.highWatermark),
      raw,
      maxDecompressedBatchBytes: this.options.maxDecompressedBatchBytes,
    })
    held.position = fetch.nextOffset
    resolveOffset(String(fetch.nextOffset - 1))
    this.handOn(fetch)
  }

  private handOn(fetch: PartitionFetch): void {
    try {
      this.handlers.records(fetch)
    } catch (error) {
      // kafkajs would fetch the same again for ever.
      this.pause([{ topic: fetch.topic, partition: fetch.partition }])
      this.handlers.crashed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  private outOfRange(at: TopicPartition, position: number): void {
    const held = this.held.get(at)
    if (held === undefined || held.paused) return
    if (held.position !== undefined && held.position !== position) return
    this.pause([at])
    this.handlers.outOfRange(at)
  }

  private crashed({ payload }: ConsumerCrashEvent): void {
    if (payload.restart || this.stopping !== undefined) return
    this.held.clear()
    this.handlers.crashed(payload.error)
  }

  private checkPresent({ memberId, generation, epoch }: Membership): void {
    if (epoch === this.epoch) return
    const found = `this is assignment ${epoch} of this member, and ${this.epoch} is in force`
    throw new FencedMembershipError(memberId, generation, found)
  }

  private async leave(): Promise<void> {
    // Not before `stopping` is set: everything below asks for it.
    await Promise.resolve()
    this.held.clear()
    this.stopRequested.resolve()
    this.resumed.ring()
    const { client, consumer, cluster, requests, group, options } = this
    await leaveGroup({ client, consumer, cluster, requests, group, logger: options.logger })
  }
}

/** A field that kafkajs's types do not show. */
function fetchedOffsetOf(batch: object): number {
  return 'fetchedOffset' in batch ? Number(batch.fetchedOffset) : Number.NaN
}
