import { FencedMembershipError, SinkError, UnknownTopicError } from '../core/errors.ts'
import type { CommittedOffset, LogBounds, Membership, OffsetToCommit } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { type GroupAdmin, type GroupAdminOptions, KafkaGroupAdmin } from './group-admin.ts'
import type { GroupMemberState, GroupState } from './group-requests.ts'

export type { GroupMemberState, GroupState } from './group-requests.ts'

/** A group's offsets, for whoever looks at them or moves them without being a member. */
export interface GroupOffsets extends GroupAdmin {
  groupState(): Promise<GroupState>
  /** undefined where the group has none (or -1). */
  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined>
  logBounds(at: TopicPartition): Promise<LogBounds>
  /** Of the first record of that time or later; undefined when there is none. */
  offsetAtTime(at: TopicPartition, timestampMs: number): Promise<number | undefined>
  /** Kafka itself refuses it while the group has members: GroupInUseError. */
  commitToEmptyGroup(offsets: readonly OffsetToCommit[]): Promise<void>
}

/** The group has members, and only they may commit its offsets. */
export class GroupInUseError extends SinkError {
  readonly action = 'stop-process'
  readonly group: string
  readonly members: readonly GroupMemberState[]
  constructor(group: string, members: readonly GroupMemberState[], options?: ErrorOptions) {
    const who = members.map(({ clientId, host }) => `${clientId} at ${host}`).join(', ')
    super(
      `Expected nobody in group ${group}, found ${who === '' ? 'a member' : who}. Stop the sink ` +
        'first, every process of this group; one that was killed leaves when its session times out.',
      options,
    )
    this.group = group
    this.members = members
  }
}

export function createGroupOffsets(options: GroupAdminOptions): GroupOffsets {
  return new KafkaGroupOffsets(options)
}

/** What Kafka takes for a commit from outside. */
const NOBODY: Membership = { memberId: '', generation: -1, epoch: 0 }

export class KafkaGroupOffsets extends KafkaGroupAdmin implements GroupOffsets {
  private readonly group: string

  constructor(options: GroupAdminOptions) {
    super(options)
    this.group = options.groupId
  }

  async groupState(): Promise<GroupState> {
    await this.reach()
    return this.requests.describe()
  }

  async committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    await this.reach()
    return this.requests.offsets.committedOffset(at)
  }

  async logBounds(at: TopicPartition): Promise<LogBounds> {
    await this.reach(at.topic)
    return this.requests.offsets.logBounds(at)
  }

  async offsetAtTime(at: TopicPartition, timestampMs: number): Promise<number | undefined> {
    await this.reach(at.topic)
    return this.requests.offsets.offsetAtTime(at, timestampMs)
  }

  async commitToEmptyGroup(offsets: readonly OffsetToCommit[]): Promise<void> {
    await this.reach()
    try {
      const gone = await this.requests.commit(NOBODY, offsets, () => undefined)
      if (gone.length > 0) throw new UnknownTopicError([...new Set(gone.map(({ topic }) => topic))])
    } catch (error) {
      if (!(error instanceof FencedMembershipError)) throw error
      const { members } = await this.requests.describe()
      throw new GroupInUseError(this.group, members, { cause: error })
    }
  }
  /** The requests go over connections of their own, which have to know the leaders. */
  protected reach(topic?: string): Promise<void> {
    return this.ask('reaching the brokers', async () => {
      await this.cluster.connect()
      await this.cluster.refreshMetadataIfNecessary()
      if (topic !== undefined) await this.cluster.addTargetTopic(topic)
    })
  }
}
