import type { Broker, Cluster } from 'kafkajs'
import { KafkaUnavailableError, OffsetTooLargeError } from '../core/errors.ts'
import type { CommittedOffset, LogBounds, Membership, OffsetToCommit } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { toCommitError, toSinkError, typeOf } from './kafka-errors.ts'
import { withTimeout } from './timeout.ts'
import { topicIdOf } from './topic-ids.ts'

/** What kafkajs's brokers can do beyond what its types say. */
interface Coordinator {
  offsetCommit(request: OffsetCommitRequest): Promise<unknown>
  offsetFetch(request: OffsetFetchRequest): Promise<OffsetFetchResponse>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  describeGroups(request: { groupIds: string[] }): Promise<DescribeGroupsResponse>
}

/** A group as its coordinator sees it. */
export interface GroupState {
  /** Kafka's word for it; `Dead` is a group that is not there. */
  readonly state: string
  readonly members: readonly GroupMemberState[]
}

export interface GroupMemberState {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
}

interface OffsetCommitRequest {
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: {
    topic: string
    partitions: { partition: number; offset: string; metadata: string }[]
  }[]
}

interface OffsetFetchRequest {
  groupId: string
  topics: { topic: string; partitions: { partition: number }[] }[]
}

interface OffsetFetchResponse {
  responses: {
    topic: string
    partitions: { partition: number; offset: string; metadata: string | null }[]
  }[]
}

interface DescribeGroupsResponse {
  groups: {
    state: string
    members: { memberId: string; clientId: string; clientHost: string }[]
  }[]
}

/** What is known of the connections that the requests go over. */
export interface LineWatch {
  /** A JoinGroup is under way: a broker answers nothing that was sent after it before it does. */
  isJoining(): boolean
  /** A request was not answered, though nothing was to keep the broker from it. */
  silent(): void
}

/** Questions to the brokers on a member's behalf: each sent once, each with a timeout. */
export class GroupRequests {
  private readonly cluster: Cluster
  private readonly groupId: string
  private readonly timeoutMs: number
  private readonly line: LineWatch | undefined

  constructor(cluster: Cluster, groupId: string, timeoutMs: number, line?: LineWatch) {
    this.cluster = cluster
    this.groupId = groupId
    this.timeoutMs = timeoutMs
    this.line = line
  }

  /**
   * kafkajs's own commit would be repeated after a rebalance, with the generation of that time;
   * this one carries `membership` whatever has happened since. `check` may still throw just before.
   */
  async commit(
    membership: Membership,
    offsets: readonly OffsetToCommit[],
    check: () => void,
  ): Promise<void> {
    const coordinator = await this.coordinator()
    check()
    const commit = coordinator.offsetCommit({
      groupId: this.groupId,
      memberId: membership.memberId,
      groupGenerationId: membership.generation,
      topics: byTopic(offsets),
    })
    try {
      await withTimeout('the commit of offsets', this.timeoutMs, commit)
    } catch (error) {
      throw toCommitError(error, membership, offsets)
    }
  }

  async committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    return this.ask(`reading the committed offset of ${nameOf(at)}`, async () => {
      const coordinator = await this.coordinator()
      const topics = [{ topic: at.topic, partitions: [{ partition: at.partition }] }]
      const { responses } = await coordinator.offsetFetch({ groupId: this.groupId, topics })
      const found = responses[0]?.partitions[0]
      // -1 means none; kafkajs's consumers have been seen to commit -2.
      if (found === undefined || found.offset.startsWith('-')) return undefined
      return { offset: toOffset(at, found.offset), metadata: found.metadata ?? '' }
    })
  }

  /** As a read_committed consumer sees it: the end is the last stable offset. */
  async logBounds(at: TopicPartition): Promise<LogBounds> {
    const operation = `reading the log's bounds of ${nameOf(at)}`
    return this.ask(operation, async () => {
      const [start, end] = await Promise.all([
        this.listOffset(at, true),
        this.listOffset(at, false),
      ])
      if (start === undefined || end === undefined) {
        await this.cluster.refreshMetadata()
        throw new KafkaUnavailableError(operation, NO_LEADER)
      }
      // Last, so that it is never older than the bounds.
      const topicId = await topicIdOf(this.cluster, at.topic)
      const bounds = { start: toOffset(at, start), end: toOffset(at, end) }
      return topicId === undefined ? bounds : { ...bounds, topicId }
    })
  }

  /** Of the first record that is as young; undefined when there is none. */
  async offsetAtTime(at: TopicPartition, timestampMs: number): Promise<number | undefined> {
    const operation = `looking for the offset of a time in ${nameOf(at)}`
    return this.ask(operation, async () => {
      const [found] = await this.cluster.fetchTopicsOffset([
        { topic: at.topic, partitions: [{ partition: at.partition }], fromTimestamp: timestampMs },
      ])
      const offset = found?.partitions[0]?.offset
      if (offset === undefined) {
        await this.cluster.refreshMetadata()
        throw new KafkaUnavailableError(operation, NO_LEADER)
      }
      return offset.startsWith('-') ? undefined : toOffset(at, offset)
    })
  }

  /** Who is in the group now, and what the group is doing: Empty, Stable, Dead (not there) ... */
  async describe(): Promise<GroupState> {
    return this.ask(`describing group ${this.groupId}`, async () => {
      const coordinator = await this.coordinator()
      const { groups } = await coordinator.describeGroups({ groupIds: [this.groupId] })
      const { state = 'Dead', members = [] } = groups[0] ?? {}
      return {
        state,
        members: members.map(({ memberId, clientId, clientHost }) => {
          return { memberId, clientId, host: clientHost.replace(/^\//, '') }
        }),
      }
    })
  }

  async partitionCount(topic: string): Promise<number> {
    return this.ask(`counting the partitions of ${topic}`, async () => {
      await this.cluster.refreshMetadata()
      return this.cluster.findTopicPartitionMetadata(topic).length
    })
  }

  async topicId(topic: string): Promise<string | undefined> {
    return this.ask(`reading the id of ${topic}`, () => topicIdOf(this.cluster, topic))
  }

  /** Fine when the group does not know this member any more. */
  async leave(memberId: string): Promise<void> {
    await this.ask(`leaving group ${this.groupId}`, async () => {
      await this.cluster.connect()
      await this.cluster.refreshMetadataIfNecessary()
      const coordinator = await this.coordinator()
      try {
        await coordinator.leaveGroup({ groupId: this.groupId, memberId })
      } catch (error) {
        if (typeOf(error) !== 'UNKNOWN_MEMBER_ID') throw error
      }
    })
  }

  private async listOffset(at: TopicPartition, fromBeginning: boolean) {
    const partitions = [{ partition: at.partition }]
    const topics = await this.cluster.fetchTopicsOffset([
      { topic: at.topic, partitions, fromBeginning },
    ])
    return topics[0]?.partitions[0]?.offset
  }

  private async coordinator(): Promise<Coordinator> {
    const operation = `finding the coordinator of group ${this.groupId}`
    const { groupId } = this
    const find = () => this.cluster.findGroupCoordinator({ groupId })
    try {
      return (await this.inTime(operation, find)) as Broker & Coordinator
    } catch (error) {
      throw toSinkError(operation, error)
    }
  }

  private async ask<T>(operation: string, question: () => Promise<T>): Promise<T> {
    try {
      return await this.inTime(operation, question)
    } catch (error) {
      // The leader has moved: whoever asks again finds the new one.
      if (isStaleMetadata(error)) this.cluster.refreshMetadata().catch(() => undefined)
      throw toSinkError(operation, error)
    }
  }

  private async inTime<T>(operation: string, question: () => Promise<T>): Promise<T> {
    const { line } = this
    const isWatched = line !== undefined && !line.isJoining()
    const answer = question().catch((error: unknown) => {
      if (isWatched && error instanceof Error && error.name === TIMED_OUT) line.silent()
      throw error
    })
    return await withTimeout(operation, this.timeoutMs, answer, () => {
      if (isWatched) line.silent()
    })
  }
}

const TIMED_OUT = 'KafkaJSRequestTimeoutError'

const NO_LEADER = 'no broker is known to lead this partition'

const STALE_METADATA = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

function isStaleMetadata(error: unknown): boolean {
  return STALE_METADATA.includes(typeOf(error) ?? '')
}

function byTopic(offsets: readonly OffsetToCommit[]): OffsetCommitRequest['topics'] {
  const grouped = Map.groupBy(offsets, ({ topic }) => topic)
  return [...grouped].map(([topic, each]) => ({
    topic,
    partitions: each.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata,
    })),
  }))
}

function toOffset(at: TopicPartition, text: string): number {
  const offset = Number(text)
  if (!Number.isSafeInteger(offset)) throw new OffsetTooLargeError(at, text)
  return offset
}

function nameOf(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`
}
