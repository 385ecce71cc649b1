/** What a member of the group says about itself when it joins. */
export interface MemberClaim {
  readonly memberId: string
  /** What it subscribed to. */
  readonly topics: readonly string[]
  /** The generation in which it got `owned`; -1 when it had none. */
  readonly generation: number
  readonly owned: ReadonlyMap<string, readonly number[]>
}

/** Partitions by topic by member. Every member is in it, if only with nothing. */
export type Assignment = Map<string, Map<string, number[]>>

/**
 * Deals partitions out so that of each topic, and of all topics together, no member has more than
 * one partition more than another (members that subscribed to the same topics), and within that
 * everybody keeps what it has. Depends on nothing but its arguments: not on their order either.
 */
export function assignSticky(
  partitionsByTopic: ReadonlyMap<string, readonly number[]>,
  claims: readonly MemberClaim[],
): Assignment {
  const members = [...claims].sort((a, b) => compare(a.memberId, b.memberId))
  const assignment: Assignment = new Map(members.map(({ memberId }) => [memberId, new Map()]))
  const totals = new Map(members.map(({ memberId }) => [memberId, 0]))
  for (const topic of [...partitionsByTopic.keys()].sort(compare)) {
    const subscribed = members.filter(({ topics }) => topics.includes(topic))
    if (subscribed.length === 0) continue
    const shares = dealTopic(topic, partitionsByTopic.get(topic)!, subscribed, totals)
    for (const [memberId, partitions] of shares) {
      if (partitions.length === 0) continue
      assignment.get(memberId)!.set(
        topic,
        partitions.sort((a, b) => a - b),
      )
      totals.set(memberId, totals.get(memberId)! + partitions.length)
    }
  }
  return assignment
}

function dealTopic(
  topic: string,
  partitions: readonly number[],
  members: readonly MemberClaim[],
  totals: ReadonlyMap<string, number>,
): Map<string, number[]> {
  const owners = ownersOf(topic, members)
  const held = new Map(members.map(({ memberId }) => [memberId, [] as number[]]))
  const ascending = [...partitions].sort((a, b) => a - b)
  for (const partition of ascending) {
    const owner = owners.get(partition)
    if (owner !== undefined) held.get(owner)!.push(partition)
  }
  const quotas = quotasOf(partitions.length, held, totals)
  const free = ascending.filter((partition) => !owners.has(partition))
  for (const [memberId, kept] of held) free.push(...kept.splice(quotas.get(memberId)!))
  free.sort((a, b) => b - a)
  for (const [memberId, kept] of held) {
    while (kept.length < quotas.get(memberId)!) kept.push(free.pop()!)
  }
  return held
}

/** Two may claim the same partition when one of them slept: the later generation is right. */
function ownersOf(topic: string, members: readonly MemberClaim[]): Map<number, string> {
  const owners = new Map<number, MemberClaim>()
  for (const member of members) {
    for (const partition of member.owned.get(topic) ?? []) {
      const rival = owners.get(partition)
      if (rival === undefined || rival.generation < member.generation) {
        owners.set(partition, member)
      }
    }
  }
  return new Map([...owners].map(([partition, { memberId }]) => [partition, memberId]))
}

/**
 * An equal share each; where it does not come out even, one more for those who have least of the
 * other topics, and among these for those who hold more than their share already.
 */
function quotasOf(
  count: number,
  held: ReadonlyMap<string, readonly number[]>,
  totals: ReadonlyMap<string, number>,
): Map<string, number> {
  const share = Math.floor(count / held.size)
  const order = [...held.keys()].sort(
    (a, b) =>
      totals.get(a)! - totals.get(b)! ||
      Math.min(held.get(b)!.length, share + 1) - Math.min(held.get(a)!.length, share + 1) ||
      compare(a, b),
  )
  const extra = count - share * held.size
  return new Map(order.map((memberId, rank) => [memberId, share + (rank < extra ? 1 : 0)]))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
