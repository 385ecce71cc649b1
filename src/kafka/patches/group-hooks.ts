import type { Cluster } from 'kafkajs'
import type { Unfetchable } from '../fetch-warnings.ts'
import { privateName, wrapMethod } from './internals.ts'

/*
 * What kafkajs's consumer does not tell: that it is about to join the group anew, its generation,
 * the name it was given before it is a member, and that a position is out of range (it would commit
 * -1 or -2 over the group's offset).
 */

export const CONSUMER_GROUP = 'consumer/consumerGroup.js'
const BROKER = 'broker/index.js'
const OFFSET_MANAGER = 'consumer/offsetManager/index.js'

/** kafkajs's own object behind a consumer, as far as it is used here. A restart makes a new one. */
export interface ConsumerGroup {
  readonly cluster: Cluster
  readonly memberId: string | null
  readonly coordinator: object | null
  readonly generationId: number | null
  readonly maxWaitTime: number
  /** Of the next fetch from any broker. */
  maxBytes: number
  readonly maxBytesPerPartition: number
  readonly offsetManager: { nextOffset(topic: string, partition: number): { toString(): string } }
  readonly subscriptionState: {
    assigned(): Partitions[]
    isPaused(topic: string, partition: number): boolean
  }
  filterPartitionsByNode(nodeId: string, topics: Partitions[]): Partitions[]
  /** By the id of the broker that they are fetched from. */
  findReadReplicaForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  checkForStaleAssignment(): void
  recoverFromFetch(error: unknown): Promise<void>
  recoverFromOffsetOutOfRange(at: { topic: string; partition: number }): Promise<void>
}

interface Partitions {
  readonly topic: string
  readonly partitions: number[]
}

export interface GroupObserver {
  /** Awaited before each JoinGroup; throws to prevent it. */
  joining(group: ConsumerGroup): Promise<void>
  /** A fetch of `position` was refused. Nothing is fetched from there again if it is paused now. */
  outOfRange(topic: string, partition: number, position: string): void
  /** A fetch brought an error for this partition, or from this broker, so many times in a row. */
  fetchFailed(which: Unfetchable, error: Error, failures: number): void
  /** Nothing is to be fetched from a broker: resolves when something may be, or after `maxWaitMs`. */
  idle(maxWaitMs: number): Promise<void>
}

const observers = new WeakMap<object, GroupObserver>()
const joins = new WeakMap<object, Promise<void>>()
const promisedIds = new WeakMap<object, string>()

/** For the consumer that has this cluster object: its assigner's factory receives it. */
export function observeGroup(cluster: Cluster, observer: GroupObserver): void {
  observers.set(cluster, observer)
}

export function observerOf(cluster: Cluster): GroupObserver | undefined {
  return observers.get(cluster)
}

/** The joining that is under way, from before JoinGroup until after SyncGroup. */
export function joinUnderWay(group: ConsumerGroup): Promise<void> | undefined {
  return joins.get(group)
}

/** The coordinator gives a newcomer its id with a first answer, and counts it with the next. */
export function memberIdOf(group: ConsumerGroup): string | undefined {
  if (group.memberId !== null && group.memberId !== '') return group.memberId
  return group.coordinator === null ? undefined : promisedIds.get(group.coordinator)
}

export function installGroupHooks(): void {
  wrapMethod<ConsumerGroup, [], Promise<void>>(
    CONSUMER_GROUP,
    privateName(CONSUMER_GROUP, 'private:ConsumerGroup:join'),
    (join) =>
      async function joinObserved() {
        await observers.get(this.cluster)?.joining(this)
        return join.call(this)
      },
  )

  // A member that gives up in the midst of joining can leave only under this id.
  wrapMethod<object, [object], Promise<unknown>>(
    BROKER,
    privateName(BROKER, 'private:Broker:sendRequest'),
    (send) =>
      async function sendAndNoteId(request) {
        try {
          return await send.call(this, request)
        } catch (error) {
          if (error instanceof Error && 'memberId' in error) {
            promisedIds.set(this, String(error.memberId))
          }
          throw error
        }
      },
  )

  // The fetchers of two brokers may both find their metadata stale, and would join side by side.
  wrapMethod<ConsumerGroup, [], Promise<void>>(
    CONSUMER_GROUP,
    'joinAndSync',
    (joinAndSync) =>
      function joinOnce() {
        const current = joins.get(this)
        if (current !== undefined) return current
        const joining = joinAndSync.call(this).then(() => {
          if (this.coordinator !== null) promisedIds.delete(this.coordinator)
        })
        const tracked = joining.finally(() => joins.delete(this))
        joins.set(this, tracked)
        return tracked
      },
  )

  wrapMethod<ConsumerGroup, [{ topic: string; partition: number }], Promise<void>>(
    CONSUMER_GROUP,
    'recoverFromOffsetOutOfRange',
    () =>
      async function reportOutOfRange({ topic, partition }) {
        const position = this.offsetManager.nextOffset(topic, partition).toString()
        observers.get(this.cluster)?.outOfRange(topic, partition, position)
      },
  )

  // Nothing calls it any more. If something does after all, it must not commit.
  wrapMethod<unknown, [{ topic: string; partition: number }], Promise<void>>(
    OFFSET_MANAGER,
    'setDefaultOffset',
    () =>
      async function refuse({ topic, partition }) {
        throw new Error(`kafkajs tried to reset the offset of ${topic}-${partition}`)
      },
  )
}
