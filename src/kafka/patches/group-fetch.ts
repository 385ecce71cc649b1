import { keyOf, type TopicPartition } from '../../core/record-batch.ts'
import { FailureBackoff } from '../failure-backoff.ts'
import { FetchTurns } from '../fetch-turns.ts'
import { isStaleMetadata } from '../kafka-errors.ts'
import {
  CONSUMER_GROUP,
  type ConsumerGroup,
  type GroupObserver,
  observerOf,
} from './group-hooks.ts'
import { wrapMethod } from './internals.ts'
import { type FetchOutcome, type PartitionFailure, withOutcome } from './partial-answers.ts'

/*
 * kafkajs ends all fetches of a member for an error of one partition or one broker, and joins the
 * group anew for every leader that moved. Here the partition, or the broker, is left alone for a
 * while, and nobody else hears of it.
 *
 * It also asks every broker, at once, for all that a member may hold: here they share it. And it asks
 * for all partitions, in a random order: here those that are behind take turns.
 */

const LONGEST_OF_PARTITIONS_MS = 10_000
const LONGEST_OF_BROKERS_MS = 2_000
/** As a part of a file has by default (memory.segmentBytes). */
const TURN_BYTES = 16 * 1024 * 1024

const OUT_OF_RANGE = 'OFFSET_OUT_OF_RANGE'
/** How kafkajs names what goes wrong between it and one broker. */
const UNREACHABLE = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
]

type Fetch = (this: ConsumerGroup, nodeId: string) => Promise<unknown[]>
type Partitions = Parameters<ConsumerGroup['filterPartitionsByNode']>[1]

interface GroupState {
  readonly partitions: FailureBackoff<string>
  readonly brokers: FailureBackoff<string>
  /** Of each broker. */
  readonly turns: Map<string, FetchTurns>
  /** Of all brokers together. */
  readonly maxBytes: number
}

const states = new WeakMap<ConsumerGroup, GroupState>()

/** Leaders were looked for anew, and whoever asks them again should not do so at once. */
class StaleMetadataError extends Error {}

export function installGroupFetch(): void {
  wrapMethod<ConsumerGroup, [string], Promise<unknown[]>>(
    CONSUMER_GROUP,
    'fetch',
    (fetch) =>
      async function fetchOrIdle(nodeId) {
        const observer = observerOf(this.cluster)
        if (observer === undefined) return fetch.call(this, nodeId)
        const { brokers } = stateOf(this)
        const waitMs = Math.min(brokers.waitMs(nodeId), this.maxWaitTime)
        if (waitMs > 0) {
          await observer.idle(waitMs)
          return []
        }
        try {
          return await fetchFrom(this, nodeId, fetch, observer)
        } catch (error) {
          if (!isOfOneBroker(error)) throw error
          observer.fetchFailed({ broker: nodeId }, error, brokers.failed(nodeId))
          return []
        }
      },
  )

  wrapMethod<ConsumerGroup, [unknown], Promise<void>>(
    CONSUMER_GROUP,
    'recoverFromFetch',
    (recover) =>
      async function recoverWithoutJoining(error) {
        if (!isStale(error)) return recover.call(this, error)
        await this.cluster.refreshMetadata()
        throw new StaleMetadataError('what leads it has moved', { cause: error })
      },
  )

  wrapMethod<ConsumerGroup, [string, Partitions], Partitions>(
    CONSUMER_GROUP,
    'filterPartitionsByNode',
    (filter) =>
      function filterThoseToFetch(nodeId, topics) {
        const found = filter.call(this, nodeId, topics)
        // One of kafkajs's own, by which its admin client sets offsets: all of it is paused.
        if (observerOf(this.cluster) === undefined) return found
        const readable = found.flatMap(({ topic, partitions }) =>
          partitions.map((partition) => ({ topic, partition })).filter((at) => isActive(this, at)),
        )
        const most = Math.max(Math.floor(this.maxBytes / this.maxBytesPerPartition), 1)
        const chosen = turnsOf(this, nodeId).choose(new Set(readable.map(keyOf)), most)
        return found.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.filter((partition) => chosen.has(keyOf({ topic, partition }))),
        }))
      },
  )
}

/** kafkajs sleeps where there is nothing to fetch from a broker: this sleep ends with a resume. */
async function fetchFrom(
  group: ConsumerGroup,
  nodeId: string,
  fetch: Fetch,
  observer: GroupObserver,
): Promise<unknown[]> {
  let active = false
  try {
    await group.cluster.refreshMetadataIfNecessary()
    group.checkForStaleAssignment()
    const found = lookAt(group, nodeId)
    group.maxBytes = Math.ceil(stateOf(group).maxBytes / Math.max(found.brokers, 1))
    active = found.active
  } catch (error) {
    await group.recoverFromFetch(error)
    return []
  }
  if (!active) {
    await observer.idle(group.maxWaitTime)
    return []
  }
  const [batches, outcome] = await withOutcome(() => fetch.call(group, nodeId))
  stateOf(group).brokers.worked(nodeId)
  noteTurns(group, nodeId, outcome)
  await settle(group, outcome, observer)
  return batches
}

function noteTurns(group: ConsumerGroup, nodeId: string, { well }: FetchOutcome): void {
  const turns = turnsOf(group, nodeId)
  for (const { topic, partition, bytes, nextOffset, lastStableOffset } of well) {
    const next = nextOffset ?? Number(group.offsetManager.nextOffset(topic, partition))
    turns.answered(keyOf({ topic, partition }), bytes, next < lastStableOffset)
  }
}

async function settle(group: ConsumerGroup, outcome: FetchOutcome, observer: GroupObserver) {
  const { partitions } = stateOf(group)
  if (partitions.hasAny) for (const at of outcome.well) partitions.worked(keyOf(at))
  for (const failure of outcome.failures) await settleFailure(group, failure, observer)
  if (!outcome.failures.some(({ error }) => isStaleMetadata(error))) return
  // What was fetched for others counts all the same, and this is tried again with the next failure.
  await group.cluster.refreshMetadata().catch(() => undefined)
}

async function settleFailure(
  group: ConsumerGroup,
  { topic, partition, error }: PartitionFailure,
  observer: GroupObserver,
): Promise<void> {
  const at = { topic, partition }
  if (error.type === OUT_OF_RANGE) {
    await group.recoverFromOffsetOutOfRange(at)
    return
  }
  const failures = stateOf(group).partitions.failed(keyOf(at))
  observer.fetchFailed(at, error, failures)
}

/**
 * How many brokers the partitions of this member are at, and whether any is to be fetched from this one.
 * Paused ones count: they may be fetched while what others were asked for is on its way.
 */
function lookAt(group: ConsumerGroup, nodeId: string): { brokers: number; active: boolean } {
  const brokers = new Set<string>()
  let active = false
  for (const { topic, partitions } of group.subscriptionState.assigned()) {
    const byBroker = group.findReadReplicaForPartitions(topic, partitions)
    for (const each of Object.keys(byBroker)) brokers.add(each)
    active ||= byBroker[nodeId]?.some((partition) => isActive(group, { topic, partition })) ?? false
  }
  return { brokers: brokers.size, active }
}

function isActive(group: ConsumerGroup, at: TopicPartition): boolean {
  return !group.subscriptionState.isPaused(at.topic, at.partition) && isFetched(group, at)
}

/** It is not left alone for its last failures. */
function isFetched(group: ConsumerGroup, at: TopicPartition): boolean {
  const { partitions } = stateOf(group)
  return !partitions.hasAny || partitions.waitMs(keyOf(at)) === 0
}

function stateOf(group: ConsumerGroup): GroupState {
  const known = states.get(group)
  if (known !== undefined) return known
  const backoff = (longestMs: number) =>
    new FailureBackoff<string>(longestMs, () => performance.now(), Math.random)
  const made = {
    partitions: backoff(LONGEST_OF_PARTITIONS_MS),
    brokers: backoff(LONGEST_OF_BROKERS_MS),
    turns: new Map<string, FetchTurns>(),
    maxBytes: group.maxBytes,
  }
  states.set(group, made)
  return made
}

function turnsOf(group: ConsumerGroup, nodeId: string): FetchTurns {
  const { turns } = stateOf(group)
  const known = turns.get(nodeId)
  if (known !== undefined) return known
  const made = new FetchTurns(TURN_BYTES, () => performance.now())
  turns.set(nodeId, made)
  return made
}

function isStale(error: unknown): boolean {
  if (isStaleMetadata(error)) return true
  return error instanceof Error && error.name === 'KafkaJSTopicMetadataNotLoaded'
}

function isOfOneBroker(error: unknown): error is Error {
  if (error instanceof StaleMetadataError) return true
  return error instanceof Error && UNREACHABLE.includes(error.name)
}
