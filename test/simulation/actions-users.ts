import { IDENTITY_ATTRIBUTE, isOurMetadata, STAMP_ATTRIBUTE } from '../../src/core/journal.ts'
import type { WorldAction, WorldView } from './actions.ts'
import { JOURNALS } from './ledger.ts'
import type { Random } from './random.ts'

/*
 * What people and their jobs do to the sink's files. Published files are theirs; the journals are
 * not, and whoever touches one stops its partition.
 */

export const OUTPUT = '/data'
/** Names that users give do not come twice. */
const MANY = 1e9

export const USER_ACTIONS: readonly WorldAction[] = [
  { name: 'a published file is moved away', weight: 5, act: moveFile },
  { name: 'all published files are moved away', weight: 2, act: moveDirectory },
  { name: 'the directory of the files is deleted', weight: 1, act: deleteDirectory },
  { name: 'a journal is deleted', weight: 2, act: deleteJournal },
  { name: 'a journal is moved away', weight: 2, act: moveJournal },
  { name: 'an attribute in a journal is damaged', weight: 2, act: damageAttribute },
  { name: 'a final path is taken', weight: 2, act: takePath },
]

function moveFile({ hdfs, oracle }: WorldView, random: Random): boolean {
  const paths = hdfs.filesBelow(OUTPUT)
  // What the oracle has not seen it would miss.
  if (paths.length === 0 || hdfs.unsynced > 0) return false
  const path = random.pick(paths)
  const to = `/taken/${random.int(MANY)}`
  const moved = hdfs.byUser((files) => {
    files.makeDirectory('/taken')
    files.rename(path, to)
  })
  if (moved !== undefined) oracle.movedAway(path)
  return moved !== undefined
}

/** With their directory: the sink makes it again, unless the users do. */
function moveDirectory({ hdfs, oracle }: WorldView, random: Random): boolean {
  const paths = hdfs.filesBelow(OUTPUT)
  if (paths.length === 0 || hdfs.unsynced > 0) return false
  const to = `/taken-${random.int(MANY)}`
  const anew = random.chance(0.5)
  const moved = hdfs.byUser((files) => {
    files.rename(OUTPUT, to)
    if (anew) files.makeDirectory(OUTPUT)
  })
  if (moved !== undefined) for (const path of paths) oracle.movedAway(path)
  return moved !== undefined
}

function deleteDirectory({ hdfs, oracle }: WorldView): boolean {
  const paths = hdfs.filesBelow(OUTPUT)
  if (hdfs.unsynced > 0) return false
  const deleted = hdfs.byUser((files) => files.delete(OUTPUT, true))
  if (deleted?.value !== true) return false
  for (const path of paths) oracle.movedAway(path)
  return true
}

/** Only where Kafka knows of the journal: without both of them nobody could tell. */
function mayLoseJournal({ kafka, oracle, mayStop }: WorldView, partition: number): boolean {
  const committed = kafka.committed.get(partition)
  if (!mayStop || oracle.expectedStops.has(partition) || committed === undefined) return false
  return isOurMetadata(committed.metadata)
}

/**
 * A journal that somebody was about to make when the lost one came to be may take its place: then
 * Kafka's offset, or the files, say that there was another.
 */
const LOST = ['journal-lost', 'journal-gone', 'group-moved', 'path-taken']

function deleteJournal(world: WorldView, random: Random): boolean {
  const { hdfs, kafka, oracle } = world
  const partition = random.int(kafka.partitions)
  if (!mayLoseJournal(world, partition)) return false
  const done = hdfs.byUser((files) => files.delete(`${JOURNALS}/${partition}`, true))
  if (done?.value !== true) return false
  oracle.expectStop(partition, LOST)
  return true
}

function moveJournal(world: WorldView, random: Random): boolean {
  const { hdfs, kafka, oracle } = world
  const partition = random.int(kafka.partitions)
  if (!mayLoseJournal(world, partition)) return false
  const to = `/journal-${random.int(MANY)}`
  const done = hdfs.byUser((files) => {
    if (files.status(`${JOURNALS}/${partition}`) === undefined) return false
    files.rename(`${JOURNALS}/${partition}`, to)
    return true
  })
  if (done?.value !== true) return false
  oracle.expectStop(partition, LOST)
  return true
}

/** Of the journal or of an upload in it: as when a shell eats the quotes of a value. */
function damageAttribute({ hdfs, kafka, oracle, mayStop }: WorldView, random: Random): boolean {
  const partition = random.int(kafka.partitions)
  if (!mayStop || oracle.expectedStops.has(partition)) return false
  const journal = `${JOURNALS}/${partition}`
  const temps = hdfs.filesBelow(journal).filter((path) => path.endsWith('.tmp'))
  const path = random.pick([journal, ...temps])
  const text = random.pick(['{bad', 'null', '{}'])
  const done = hdfs.byUser((files) => {
    const name = path === journal ? IDENTITY_ATTRIBUTE : STAMP_ATTRIBUTE
    if (files.getXattrs(path)?.has(name) !== true) return false
    files.setXattr(path, name, text, 'set')
    return true
  })
  if (done?.value !== true) return false
  oracle.expectStop(partition, ['journal-damaged'])
  return true
}

/** Where the next file of a partition may have to stand. */
function takePath(world: WorldView, random: Random): boolean {
  const { hdfs, kafka, oracle, mayStop } = world
  const partition = random.int(kafka.partitions)
  if (!mayStop || oracle.expectedStops.has(partition)) return false
  const offset = String(oracle.completeUpTo(partition)).padStart(20, '0')
  const path = `${OUTPUT}/${kafka.topic}-${partition}-${offset}.txt`
  if (hdfs.read(path) !== undefined) return false
  const done = hdfs.byUser((files) => {
    if (files.status(path) !== undefined) return false
    files.makeDirectory(path)
    return true
  })
  if (done?.value !== true) return false
  oracle.expectStop(partition, ['path-taken'])
  return true
}
