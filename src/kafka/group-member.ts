import type { ConsumerCrashEvent, EachBatchPayload } from 'kafkajs'
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
import { warnOfFailure } from './fetch-warnings.ts'
import { createConsumer, type GroupConsumer, type GroupMemberOptions } from './group-consumer.ts'
import { GroupRequests } from './group-requests.ts'
import { HeldPartitions } from './held-partitions.ts'
import { toSinkError } from './kafka-errors.ts'
import { KafkaJSNonRetriableError } from './kafkajs.ts'
import { forgetMember, leaveGroup } from './leave-group.ts'
import { PartitionFetch } from './partition-fetch.ts'
import { limitLegacyBatches } from './patches/bounded-codecs.ts'
import { type ConsumerGroup, observeGroup } from './patches/group-hooks.ts'
import { rawFetchOf } from './patches/raw-batches.ts'
import type { RawFetch } from './raw-fetch.ts'
import { SessionWatch } from './session-watch.ts'
import type { Owned } from './sticky-assigner.ts'
import { within } from './timeout.ts'

export type { GroupMemberOptions }

/** The longest that a JoinGroup is held back for whoever is losing partitions. */
const MAX_REVOKING_MS = 5_000

/** One consumer in the group. Nothing happens before `start()`. */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  return new KafkaGroupMember(options)
}

class KafkaGroupMember implements GroupMember {
  private readonly options: GroupMemberOptions
  private readonly kafka: GroupConsumer
  private readonly requests: GroupRequests
  private readonly held: HeldPartitions
  private readonly session: SessionWatch
  private readonly stopRequested = Promise.withResolvers<void>()

  private handlers!: GroupHandlers
  private epoch = 0
  private membership: Membership | undefined
  private lastOwned: Owned | undefined
  /** A JoinGroup was sent, and no assignment has come yet. */
  private isJoining = false
  private group: ConsumerGroup | undefined
  /** Since `assigned` was called last: under way or over. */
  private revoking: Promise<void> | undefined
  private stopping: Promise<void> | undefined

  constructor(options: GroupMemberOptions) {
    this.options = options
    limitLegacyBatches(options.maxDecompressedBatchBytes)
    this.kafka = createConsumer(options, {
      owned: () => this.lastOwned,
      mayRestart: () => this.stopping === undefined,
    })
    const { consumer, cluster, client } = this.kafka
    const connectAnew = (found: string): void => {
      options.logger.warn({}, `${found}: connecting anew`)
      client.connections.reset()
    }
    this.session = new SessionWatch(options.sessionTimeoutMs, () =>
      connectAnew('no heartbeat was answered for a whole session'),
    )
    this.held = new HeldPartitions(consumer)
    this.requests = new GroupRequests(cluster, options.groupId, options.requestTimeoutMs, {
      isJoining: () => this.isJoining,
      silent: () => connectAnew('a request was not answered'),
    })
    observeGroup(cluster, {
      joining: (group) => this.joining(group),
      outOfRange: (topic, partition, position) =>
        this.outOfRange({ topic, partition }, Number(position)),
      fetchFailed: (which, error, failures) =>
        warnOfFailure(options.logger, which, error, failures),
      idle: (maxWaitMs) => this.held.idle(maxWaitMs),
    })
  }

  /** Resolves after the first assignment, or after `stop()`. */
  async start(handlers: GroupHandlers): Promise<void> {
    this.handlers = handlers
    const { consumer } = this.kafka
    const { events } = consumer
    consumer.on(events.GROUP_JOIN, ({ payload }) => this.joined(payload.memberAssignment))
    consumer.on(events.HEARTBEAT, ({ payload }) =>
      this.heartbeatAcknowledged(payload.memberId, payload.groupGenerationId),
    )
    consumer.on(events.STOP, () => this.revoke())
    consumer.on(events.CRASH, (event) => this.crashed(event))
    try {
      await consumer.connect()
      if (this.stopping === undefined) await consumer.subscribe(this.subscription())
      if (this.stopping === undefined) await this.run()
    } catch (error) {
      if (this.stopping === undefined) throw toSinkError('joining the group', error)
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.held.pause(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.held.resume(partitions)
  }

  seek(at: TopicPartition, offset: number): void {
    this.held.seek(at, offset)
  }

  async commitOffsets(membership: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    const check = () => this.checkPresent(membership)
    check()
    const gone = await this.requests.commit(membership, offsets, check)
    // The journal has it, and of the others Kafka was told: nothing is mended by trying again.
    if (gone.length > 0) this.options.logger.warn({ gone }, 'Kafka does not know these partitions')
  }

  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    return this.requests.offsets.committedOffset(at)
  }

  logBounds(at: TopicPartition): Promise<LogBounds> {
    return this.requests.offsets.logBounds(at)
  }

  partitionCount(topic: string): Promise<number> {
    return this.requests.partitionCount(topic)
  }

  topicId(topic: string): Promise<string | undefined> {
    return this.requests.offsets.topicId(topic)
  }

  stop(): Promise<void> {
    this.stopping ??= this.leave()
    return this.stopping
  }

  /** From the beginning: only where a handler resumes without a seek and nothing is committed. */
  private subscription() {
    return { topics: [...this.options.topics], fromBeginning: true }
  }

  private run(): Promise<void> {
    return this.kafka.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // Handlers return at once: there is nothing to do side by side.
      partitionsConsumedConcurrently: 1,
      eachBatch: async (payload) => {
        const raw = rawFetchOf(payload.batch.messages[0])
        if (raw === undefined) return
        this.fetched(payload, raw)
        raw.release()
      },
    })
  }

  /** Before each JoinGroup, also where kafkajs starts itself anew after a crash. */
  private async joining(group: ConsumerGroup): Promise<void> {
    const before = this.group
    this.group = group
    this.refuseWhenStopping()
    // After a crash the group would wait a session timeout for the member that we were.
    if (before !== group) await forgetMember(before, this.requests, this.options.logger)
    this.pause(this.held.all())
    this.revoke()
    if (this.revoking !== undefined) {
      const longestMs = Math.min(this.options.sessionTimeoutMs / 3, MAX_REVOKING_MS)
      await within(longestMs, Promise.race([this.revoking, this.stopRequested.promise]), undefined)
      this.refuseWhenStopping()
    }
    this.isJoining = true
  }

  private refuseWhenStopping(): void {
    if (this.stopping === undefined) return
    throw new KafkaJSNonRetriableError('this member is stopping')
  }

  /** Once per assignment. From here on nothing of it is handed on any more. */
  private revoke(): void {
    this.held.clear()
    this.session.suspend()
    if (this.membership === undefined || this.revoking !== undefined) return
    if (this.stopping !== undefined) return
    this.revoking = this.handlers.revoking().catch((error: unknown) => {
      this.options.logger.error({ err: error }, 'what was to be done on revocation failed')
    })
  }

  private joined(memberAssignment: Record<string, number[]>): void {
    this.isJoining = false
    const partitions = Object.entries(memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    )
    this.held.replace(partitions)
    if (this.stopping !== undefined) return
    const { memberId, generationId } = this.group!
    this.epoch += 1
    this.membership = { memberId: memberId!, generation: generationId!, epoch: this.epoch }
    this.lastOwned = { generation: generationId!, owned: new Map(Object.entries(memberAssignment)) }
    this.revoking = undefined
    this.session.acknowledged()
    this.handlers.assigned(this.epoch, partitions)
    // The coordinator has just acknowledged this membership: its answer was the assignment.
    this.handlers.heartbeat(this.membership)
  }

  /** An answer may come late, when the group has gone on already. */
  private heartbeatAcknowledged(memberId: string, generation: number): void {
    const { membership } = this
    if (membership === undefined || this.stopping !== undefined) return
    if (membership.memberId === memberId && membership.generation === generation) {
      if (this.revoking === undefined) this.session.acknowledged()
      this.handlers.heartbeat(membership)
    }
  }

  private fetched({ batch, resolveOffset, isStale }: EachBatchPayload, raw: RawFetch): void {
    const { topic, partition } = batch
    const held = this.held.get({ topic, partition })
    if (held === undefined || held.paused || isStale()) return
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
      this.pause([fetch])
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
    this.handlers.crashed(toSinkError('membership in the group', payload.error))
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
    this.session.suspend()
    this.stopRequested.resolve()
    this.held.wake()
    const { requests, group, options } = this
    await leaveGroup({ ...this.kafka, requests, group, logger: options.logger })
  }
}

/** A field that kafkajs's types do not show. */
function fetchedOffsetOf(batch: object): number {
  return 'fetchedOffset' in batch ? Number(batch.fetchedOffset) : Number.NaN
}
