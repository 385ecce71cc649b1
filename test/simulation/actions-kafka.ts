import { isOurMetadata } from '../../src/core/journal.ts'
import type { WorldAction, WorldView } from './actions.ts'
import { JOURNALS } from './ledger.ts'
import type { Random } from './random.ts'

/*
 * What becomes of logs and of the group's offsets.
 */

/** How far below its true end a new leader may see a log. */
const MAX_UNKNOWN = 6
/** How long it may: less than the pause after which the sink believes it. */
const MAX_UNKNOWN_MS = 4_000

export const KAFKA_ACTIONS: readonly WorldAction[] = [
  { name: 'offsets without records', weight: 12, act: produceVoid },
  { name: 'compaction', weight: 8, act: compact },
  { name: 'retention of what is written', weight: 6, act: deleteWritten },
  { name: 'retention passes', weight: 2, act: deleteUnwritten },
  { name: 'committed offset expires', weight: 3, act: expireOffset },
  { name: 'a new leader reports a low end', weight: 3, act: reportLowEnd },
  { name: 'a record that is refused', weight: 3, act: produceRefused },
  { name: 'somebody moves the group', weight: 2, act: moveGroup },
  { name: 'the topic is created again', weight: 1, act: recreateTopic },
]

function partitionOf({ kafka }: WorldView, random: Random): number {
  return random.int(kafka.partitions)
}

/** Whether nothing has befallen it yet that may stop it. */
function isOrdinary({ oracle }: WorldView, partition: number): boolean {
  return !oracle.expectedStops.has(partition)
}

function produceVoid(world: WorldView, random: Random): boolean {
  world.kafka.produceVoid(partitionOf(world, random), 1 + random.int(4))
  return true
}

/** Whoever reads it stops there, and reads nothing beyond. */
function produceRefused(world: WorldView, random: Random): boolean {
  const { kafka, oracle, mayStop } = world
  const partition = partitionOf(world, random)
  if (!mayStop || kafka.incarnation(partition) > 0) return false
  oracle.refused(partition, kafka.produceRefused(partition))
  return true
}

function compact(world: WorldView, random: Random): boolean {
  const { kafka } = world
  const partition = partitionOf(world, random)
  const { start, end } = kafka.bounds(partition)
  if (end <= start) return false
  return kafka.compact(partition, start + random.int(end - start))
}

function deleteWritten(world: WorldView, random: Random): boolean {
  const { kafka } = world
  const partition = partitionOf(world, random)
  const { start } = kafka.bounds(partition)
  const written = journalEnd(world, partition)
  if (!isOrdinary(world, partition) || written === undefined || written <= start) return false
  kafka.deleteBelow(partition, start + 1 + random.int(written - start))
  return true
}

/** The next offset to write; undefined where there is no journal. */
function journalEnd({ hdfs, kafka }: WorldView, partition: number): number | undefined {
  const names = hdfs.list(`${JOURNALS}/${partition}`)?.map(({ name }) => name) ?? []
  const end = names.flatMap((name) => /^head\.\d+\.(\d+)\./.exec(name)?.[1] ?? [])[0]
  return end === undefined ? undefined : Math.min(Number(end), kafka.trueEnd(partition))
}

/** Beyond what is written: either the sink goes on after the gap, or it stops. */
function deleteUnwritten(world: WorldView, random: Random): boolean {
  const { kafka, oracle, mayStop, onRetentionGap } = world
  const partition = partitionOf(world, random)
  const written = oracle.completeUpTo(partition)
  const end = kafka.trueEnd(partition)
  if (written >= end || kafka.bounds(partition).end < end) return false
  if (onRetentionGap === 'stop') {
    if (!mayStop) return false
    oracle.expectStop(partition, ['retention-passed'])
  }
  kafka.deleteBelow(partition, written + 1 + random.int(end - written))
  return true
}

function expireOffset(world: WorldView, random: Random): boolean {
  const partition = partitionOf(world, random)
  return isOrdinary(world, partition) && world.kafka.committed.delete(partition)
}

function reportLowEnd(world: WorldView, random: Random): boolean {
  const { kafka } = world
  const partition = partitionOf(world, random)
  const { start, end } = kafka.bounds(partition)
  if (end <= start) return false
  const low = Math.max(start, end - 1 - random.int(MAX_UNKNOWN))
  return kafka.leadAnew(partition, low, 1 + random.int(MAX_UNKNOWN_MS))
}

/** To an offset that the sink did not commit: the group is empty then, or its next commit wins. */
function moveGroup(world: WorldView, random: Random): boolean {
  const { kafka, oracle, mayStop } = world
  const partition = partitionOf(world, random)
  const { start, end } = kafka.bounds(partition)
  const committed = kafka.committed.get(partition)
  // Before its journal is made whoever moves the group says where it begins.
  if (!mayStop || !isOrdinary(world, partition)) return false
  if (committed === undefined || !isOurMetadata(committed.metadata)) return false
  oracle.expectStop(partition, ['group-moved'])
  kafka.committed.set(partition, { offset: start + random.int(end - start + 1), metadata: '' })
  return true
}

/** All of its partitions; not before each of them has a journal that knows the old one. */
function recreateTopic(world: WorldView): boolean {
  const { kafka, oracle, mayStop } = world
  const partitions = Array.from({ length: kafka.partitions }, (_, partition) => partition)
  const known = partitions.every(
    (partition) => isOrdinary(world, partition) && journalEnd(world, partition) !== undefined,
  )
  if (!mayStop || !known || kafka.incarnation(0) > 0) return false
  for (const partition of partitions) {
    oracle.expectStop(partition, ['topic-recreated', 'log-truncated', 'group-moved'])
  }
  kafka.recreate()
  return true
}
