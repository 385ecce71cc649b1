import type { Cluster, PartitionAssigner } from 'kafkajs'
import { AssignerProtocol } from './kafkajs.ts'
import { assignSticky, type MemberClaim } from './sticky-assignment.ts'

const { MemberAssignment, MemberMetadata } = AssignerProtocol

const NAME = 'kafka-hdfs-sink-sticky'
const VERSION = 0
const NOTHING_OWNED = { generation: -1, owned: new Map<string, readonly number[]>() }

export type Owned = Pick<MemberClaim, 'generation' | 'owned'>

/**
 * For `partitionAssigners`. `owned` is asked before each JoinGroup for what this member has, or had
 * last. `received` gets the consumer's cluster object, at once.
 */
export function stickyAssigner(
  owned: () => Owned | undefined,
  received: (cluster: Cluster) => void,
): PartitionAssigner {
  return ({ cluster }) => {
    received(cluster)
    return {
      name: NAME,
      version: VERSION,
      protocol: ({ topics }) => ({
        name: NAME,
        metadata: MemberMetadata.encode({ version: VERSION, topics, userData: encode(owned()) }),
      }),
      assign: async ({ members, topics }) => {
        const claims = members.map(({ memberId, memberMetadata }) =>
          decodeClaim(memberId, memberMetadata),
        )
        const assignment = assignSticky(partitionsOf(cluster, topics), claims)
        return [...assignment].map(([memberId, partitions]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment: Object.fromEntries(partitions),
            userData: Buffer.alloc(0),
          }),
        }))
      },
    }
  }
}

function partitionsOf(cluster: Cluster, topics: readonly string[]): Map<string, number[]> {
  return new Map(
    topics.map((topic) => [
      topic,
      cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
    ]),
  )
}

function encode(owned: Owned = NOTHING_OWNED): Buffer {
  const { generation, owned: partitions } = owned
  return Buffer.from(JSON.stringify({ generation, owned: Object.fromEntries(partitions) }))
}

/** Whoever claims nothing that can be read gets what nobody else holds. */
function decodeClaim(memberId: string, metadata: Buffer): MemberClaim {
  const decoded = MemberMetadata.decode(metadata)
  return { memberId, topics: decoded?.topics ?? [], ...parseOwned(decoded?.userData) }
}

export function parseOwned(userData: Buffer | null | undefined): Owned {
  try {
    const { generation, owned } = JSON.parse(String(userData))
    if (!Number.isSafeInteger(generation)) return NOTHING_OWNED
    const entries = Object.entries<unknown>(owned).filter(
      (entry): entry is [string, number[]] =>
        Array.isArray(entry[1]) && entry[1].every((each) => Number.isSafeInteger(each)),
    )
    return { generation, owned: new Map(entries) }
  } catch {
    return NOTHING_OWNED
  }
}
