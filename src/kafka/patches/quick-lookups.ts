import { CONSUMER_GROUP, type ConsumerGroup } from './group-hooks.ts'
import { wrapMethod } from './internals.ts'

/*
 * For every fetch kafkajs looks, for each partition of a topic, through all partitions of that topic,
 * and copies what it has found so far: with a thousand a tenth of a worker's CPU time. Here each is
 * looked at once, and what was looked at is not looked at again while the metadata are the same.
 */

interface PartitionMetadata {
  readonly partitionId: number
  readonly leader: number | null
}

interface LookingGroup extends ConsumerGroup {
  readonly topicsSubscribed: readonly string[]
  /** Made anew with each assignment; what the metadata are compared with. */
  readonly partitionsPerSubscribedTopic: object | null
  readonly preferredReadReplicasPerTopicPartition: Readonly<Record<string, object | undefined>>
}

type ByBroker = Record<string, number[]>

/** Of each partition its broker, as long as the metadata of its topic are this array. */
const leaders = new WeakMap<object, ReadonlyMap<number, number>>()
/** What a group's assignment was compared with last, and found to be the same. */
const compared = new WeakMap<LookingGroup, readonly object[]>()

export function installQuickLookups(): void {
  wrapMethod<LookingGroup, [string, number[]], ByBroker>(
    CONSUMER_GROUP,
    'findReadReplicaForPartitions',
    (find) =>
      function findLeaders(topic, partitions) {
        const leaderOf = leadersOf(this.cluster.findTopicPartitionMetadata(topic))
        const replicas = this.preferredReadReplicasPerTopicPartition[topic] ?? {}
        // Its own way for what is left to it: followers, and metadata that name no leader.
        if (leaderOf === undefined || Object.keys(replicas).length > 0) {
          return find.call(this, topic, partitions)
        }
        const found: ByBroker = {}
        for (const partition of partitions) {
          const leader = leaderOf.get(partition)
          if (leader === undefined) continue
          found[leader] ??= []
          found[leader].push(partition)
        }
        return found
      },
  )

  wrapMethod<LookingGroup, [], void>(
    CONSUMER_GROUP,
    'checkForStaleAssignment',
    (check) =>
      function checkWhatIsNew() {
        const assignment = this.partitionsPerSubscribedTopic
        if (!assignment) return
        const { cluster, topicsSubscribed } = this
        const metadata = topicsSubscribed.map((topic) => cluster.findTopicPartitionMetadata(topic))
        const now = [assignment, ...metadata]
        const last = compared.get(this)
        if (last?.length === now.length && now.every((each, i) => each === last[i])) return
        check.call(this)
        compared.set(this, now)
      },
  )
}

function leadersOf(
  metadata: readonly PartitionMetadata[],
): ReadonlyMap<number, number> | undefined {
  const known = leaders.get(metadata)
  if (known !== undefined) return known
  const made = new Map<number, number>()
  for (const { partitionId, leader } of metadata) {
    if (leader === null || leader === undefined) return undefined
    made.set(partitionId, leader)
  }
  leaders.set(metadata, made)
  return made
}
