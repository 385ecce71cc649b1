import { KAFKA_ACTIONS } from './actions-kafka.ts'
import { NAME_NODE_ACTIONS } from './actions-name-nodes.ts'
import { USER_ACTIONS } from './actions-users.ts'
import type { Random } from './random.ts'
import type { SimKafka } from './sim-kafka.ts'
import type { SimNameNodes } from './sim-name-nodes.ts'

/*
 * What the world does to the servers, and what people do to what is on them. Each act is one step.
 */

/** What an act tells the oracle. */
export interface Oracle {
  produced(partition: number, offset: number): void
  removed(partition: number, offset: number): void
  /** The sink's format refuses this record: it may stop there, once all before it is written. */
  refused(partition: number, offset: number): void
  movedAway(path: string): void
  /** From now on the sink may stop this partition, for one of these reasons. */
  expectStop(partition: number, reasons: readonly string[]): void
  readonly expectedStops: ReadonlyMap<number, unknown>
  /** The first offset whose record is not visible though it should be. */
  completeUpTo(partition: number): number
  /** One past the last visible record before which nothing is missing. */
  writtenUpTo(partition: number): number
}

export interface WorldView {
  readonly hdfs: SimNameNodes
  readonly kafka: SimKafka
  readonly oracle: Oracle
  /** Acts that rightly stop a partition belong to a share of the runs only. */
  readonly mayStop: boolean
  readonly onRetentionGap: 'stop' | 'skip'
}

export interface WorldAction {
  readonly name: string
  readonly weight: number
  /** false: not possible now. */
  act(world: WorldView, random: Random): boolean
}

export const ACTIONS: readonly WorldAction[] = [
  ...NAME_NODE_ACTIONS,
  ...KAFKA_ACTIONS,
  ...USER_ACTIONS,
]

/** All servers are well again. */
export function calm({ hdfs, kafka }: WorldView): void {
  hdfs.calm()
  kafka.calm()
}
