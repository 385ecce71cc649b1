import { FencedMembershipError } from '../../src/core/errors.ts'
import type {
  CommittedOffset,
  LogBounds,
  Membership,
  OffsetToCommit,
} from '../../src/core/ports.ts'
import type { FetchedRecords } from '../../src/core/record-batch.ts'
import { SimLog } from './sim-log.ts'
import type { SimMember } from './sim-member.ts'

/*
 * One topic and one group, with the rules that the sink meets:
 * - a rebalance has two steps: whoever is present is told to give up everything, then a new
 *   generation begins. In between commits of the old generation still succeed, as on a broker
 * - who is absent is not told: a zombie reads on, and its commits fail from the new generation on
 * - a commit is checked for member and generation, and not for ownership: a member that is present
 *   may commit for a partition that it has lost
 * - a member that left, or whose session timed out, is unknown at once
 * - offsets that the group has committed may vanish (they expired), or be moved by an operator, who
 *   leaves no metadata of the sink's; they are deleted with the topic
 * - fetches are not fenced at all
 * What becomes of the logs themselves: sim-log.ts.
 */

export class SimKafka {
  readonly topic: string
  readonly committed = new Map<number, CommittedOffset>()
  /** Hears of every record that there is, and of every one that nobody can read any more. */
  onRecord: (partition: number, offset: number) => void = () => {}
  onRemoved: (partition: number, offset: number) => void = () => {}
  private readonly logs: SimLog[]
  private generation = 0
  private members: readonly SimMember[] = []
  private joining: readonly SimMember[] | undefined

  constructor(topic: string, partitions: number) {
    this.topic = topic
    this.logs = Array.from({ length: partitions }, (_, partition) => new SimLog(topic, partition))
  }

  get partitions(): number {
    return this.logs.length
  }

  /** Every record names its partition and offset. */
  produce(partition: number, count: number): void {
    const log = this.log(partition)
    const first = log.append(count)
    // Those of a topic that was created again must not be written in the place of the old ones.
    if (log.incarnation > 0) return
    for (let i = 0; i < count; i++) this.onRecord(partition, first + i)
  }

  /** The offset of a record that the sink's format refuses. */
  produceRefused(partition: number): number {
    const offset = this.log(partition).appendRefused()
    this.onRecord(partition, offset)
    return offset
  }

  /** An aborted transaction, or control records. */
  produceVoid(partition: number, count: number): void {
    this.log(partition).appendVoid(count)
  }

  /** Compaction takes this record. */
  compact(partition: number, offset: number): boolean {
    const done = this.log(partition).compact(offset)
    if (done) this.onRemoved(partition, offset)
    return done
  }

  /** Retention: nothing below `start` can be read any more. */
  deleteBelow(partition: number, start: number): void {
    for (const offset of this.log(partition).deleteBelow(start)) this.onRemoved(partition, offset)
  }

  /** The topic is deleted and created again, empty. */
  recreate(): void {
    this.committed.clear()
    for (const log of this.logs) log.recreate()
  }

  /** A new leader knows the log only up to here, for some time; once for each partition. */
  leadAnew(partition: number, end: number, forMs: number): boolean {
    return this.log(partition).leadAnew(end, forMs)
  }

  calm(): void {
    for (const log of this.logs) log.learnEnd()
  }

  bounds(partition: number): LogBounds {
    return this.log(partition).bounds
  }

  trueEnd(partition: number): number {
    return this.log(partition).trueEnd
  }

  incarnation(partition: number): number {
    return this.log(partition).incarnation
  }

  /** undefined where there is nothing new. */
  fetch(
    partition: number,
    offset: number,
    most: number,
  ): FetchedRecords | 'out-of-range' | undefined {
    return this.log(partition).fetch(offset, most)
  }

  commit({ memberId, generation }: Membership, offsets: readonly OffsetToCommit[]): void {
    const present = this.members.some(({ who }) => who === memberId)
    if (!present || generation !== this.generation) {
      throw new FencedMembershipError(memberId, generation, 'simulated')
    }
    for (const { partition, offset, metadata } of offsets) {
      this.committed.set(partition, { offset, metadata })
    }
  }

  // ------------------------------------------------------------ the group

  get isRebalancing(): boolean {
    return this.joining !== undefined
  }

  /** First step: whoever is present gives up everything; the others do not notice. */
  beginRebalance(present: readonly SimMember[]): void {
    this.joining = present
    for (const member of present) member.revoke()
  }

  /** Second step: a new generation, its partitions dealt out in turn, from `first` on. */
  completeRebalance(first = 0): void {
    const present = this.joining ?? []
    this.joining = undefined
    this.generation += 1
    this.members = present
    present.forEach((member, i) => {
      const partitions = this.logs.flatMap((_, partition) =>
        (partition + first) % present.length === i ? [{ topic: this.topic, partition }] : [],
      )
      member.assign(this.generation, partitions)
    })
  }

  /** The coordinator answers the heartbeats of those that it knows, as far as they are up. */
  heartbeats(up: (member: SimMember) => boolean = () => true): void {
    if (this.joining !== undefined) return
    for (const member of this.members) if (up(member)) member.acknowledge(this.generation)
  }

  /** Nobody is in the group. */
  get isEmpty(): boolean {
    return this.members.length === 0 && this.joining === undefined
  }

  /** The coordinator forgets a member: it left, or its session timed out. */
  expel(who: string): void {
    this.members = this.members.filter((member) => member.who !== who)
    this.joining = this.joining?.filter((member) => member.who !== who)
  }

  private log(partition: number): SimLog {
    const log = this.logs[partition]
    if (log === undefined) throw new RangeError(`no partition ${partition}`)
    return log
  }
}
