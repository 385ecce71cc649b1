import { FencedMembershipError } from '../../src/core/errors.ts'
import type {
  CommittedOffset,
  LogBounds,
  Membership,
  OffsetToCommit,
} from '../../src/core/ports.ts'
import type { FetchedRecords } from '../../src/core/record-batch.ts'
import { valueBatch } from '../support/records.ts'
import type { SimMember } from './sim-member.ts'

/*
 * One topic and one group, with the rules that the sink meets:
 * - a rebalance has two steps: whoever is present is told to give up everything, then a new
 *   generation begins. In between commits of the old generation still succeed, as on a broker
 * - who is absent is not told: a zombie reads on, and its commits fail from the new generation on
 * - a commit is checked for member and generation, and not for ownership
 * - fetches are not fenced at all
 */

interface Log {
  start: number
  /** From offset 0 on; what retention removed is still here, but not readable. */
  readonly values: string[]
}

export class SimKafka {
  readonly topic: string
  readonly committed = new Map<number, CommittedOffset>()
  private readonly logs: Log[]
  private generation = 0
  private members: readonly SimMember[] = []
  private joining: readonly SimMember[] | undefined

  constructor(topic: string, partitions: number) {
    this.topic = topic
    this.logs = Array.from({ length: partitions }, () => ({ start: 0, values: [] }))
  }

  get partitions(): number {
    return this.logs.length
  }

  /** Every record names its partition and offset. */
  produce(partition: number, count: number): void {
    const { values } = this.log(partition)
    for (let i = 0; i < count; i++) values.push(`${partition}:${values.length}`)
  }

  /** Retention: nothing below `start` can be read any more. */
  deleteBelow(partition: number, start: number): void {
    this.log(partition).start = start
  }

  bounds(partition: number): LogBounds {
    const { start, values } = this.log(partition)
    return { start, end: values.length }
  }

  /** undefined where there is nothing new. */
  fetch(
    partition: number,
    offset: number,
    most: number,
  ): FetchedRecords | 'out-of-range' | undefined {
    const { start, values } = this.log(partition)
    if (offset < start || offset > values.length) return 'out-of-range'
    const found = values.slice(offset, offset + most)
    if (found.length === 0) return undefined
    const batch = valueBatch(found, offset)
    return {
      topic: this.topic,
      partition,
      fetchedOffset: offset,
      nextOffset: offset + found.length,
      highWatermark: values.length,
      byteLength: batch.records.length,
      batches: () => [batch],
    }
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

  /** The coordinator answers the heartbeats of those that it knows. */
  heartbeats(): void {
    if (this.joining !== undefined) return
    for (const member of this.members) member.acknowledge(this.generation)
  }

  private log(partition: number): Log {
    const log = this.logs[partition]
    if (log === undefined) throw new RangeError(`no partition ${partition}`)
    return log
  }
}
