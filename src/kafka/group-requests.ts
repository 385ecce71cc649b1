import type { Cluster } from 'kafkajs'
import { KafkaUnavailableError } from '../core/errors.ts'
import type { Membership, OffsetToCommit } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { BrokerRequests, type LineWatch, type OffsetCommitRequest } from './broker-requests.ts'
import { toCommitError, typeOf } from './kafka-errors.ts'
import { OffsetReads } from './offset-reads.ts'

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

/** What a member, or whoever looks after a group, asks of the brokers. */
export class GroupRequests {
  readonly offsets: OffsetReads
  private readonly requests: BrokerRequests
  private readonly groupId: string

  constructor(cluster: Cluster, groupId: string, timeoutMs: number, line?: LineWatch) {
    this.groupId = groupId
    this.requests = new BrokerRequests(cluster, groupId, timeoutMs, line)
    this.offsets = new OffsetReads(this.requests)
  }

  /**
   * kafkajs's own commit would be repeated after a rebalance, with the generation of that time;
   * this one carries `membership` whatever has happened since. `check` may still throw just before.
   * Returns the partitions that are gone, and for which nothing could be committed.
   */
  async commit(
    membership: Membership,
    offsets: readonly OffsetToCommit[],
    check: () => void,
  ): Promise<TopicPartition[]> {
    const coordinator = await this.requests.coordinator()
    check()
    const commit = () =>
      coordinator.offsetCommit({
        groupId: this.groupId,
        memberId: membership.memberId,
        groupGenerationId: membership.generation,
        topics: byTopic(offsets),
      })
    try {
      const { responses } = await this.requests.inTime('the commit of offsets', commit)
      return responses.flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ errorCode }) => errorCode !== 0)
          .map(({ partition }) => ({ topic, partition })),
      )
    } catch (error) {
      throw toCommitError(error, membership, offsets)
    }
  }

  /** Who is in the group now, and what the group is doing: Empty, Stable, Dead (not there) ... */
  async describe(): Promise<GroupState> {
    return this.requests.ask(`describing group ${this.groupId}`, async () => {
      const coordinator = await this.requests.coordinator()
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
    const operation = `counting the partitions of ${topic}`
    return this.requests.ask(operation, async () => {
      await this.requests.cluster.refreshMetadata()
      const count = this.requests.cluster.findTopicPartitionMetadata(topic).length
      // The brokers do not know it (yet): that is no topic without partitions.
      if (count === 0) throw new KafkaUnavailableError(operation, 'no such topic')
      return count
    })
  }

  /** Fine when the group does not know this member any more. */
  async leave(memberId: string): Promise<void> {
    await this.requests.ask(`leaving group ${this.groupId}`, async () => {
      await this.requests.cluster.connect()
      await this.requests.cluster.refreshMetadataIfNecessary()
      const coordinator = await this.requests.coordinator()
      try {
        await coordinator.leaveGroup({ groupId: this.groupId, memberId })
      } catch (error) {
        if (typeOf(error) !== 'UNKNOWN_MEMBER_ID') throw error
      }
    })
  }
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
