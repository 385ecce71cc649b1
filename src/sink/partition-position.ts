import {
  initialPartitionsIn,
  inodePath,
  type JournalIdentity,
  journalDirectory,
  topicDirectory,
} from '../core/journal.ts'
import { type JournalView, NO_JOURNAL, viewJournal } from '../core/journal-view.ts'
import type { CommittedOffset, FileSystem, LogBounds } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'

export interface JournalPlace {
  readonly fs: FileSystem
  readonly root: string
  readonly identity: Omit<JournalIdentity, 'journalId'>
  readonly at: TopicPartition
}

/** Kafka, as far as a position depends on it. */
export interface OffsetReader {
  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined>
  logBounds(at: TopicPartition): Promise<LogBounds>
}

/** Where a partition stands, in the journal, in the group and in the log. */
export interface PartitionPosition extends JournalView {
  readonly at: TopicPartition
  /** Where the journal is, or would be. */
  readonly journal: string
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  /** The partition was added to the topic after the sink first met the topic. */
  readonly addedLater: boolean
}

/**
 * Of a sink that may be running: the group is read first and the log last, as a commit follows the
 * journal, and the journal follows the log.
 */
export async function readPosition(
  place: JournalPlace,
  kafka: OffsetReader,
): Promise<PartitionPosition> {
  const { at, root, identity } = place
  const journal = journalDirectory(root, identity.group, at)
  const committed = await kafka.committedOffset(at)
  const view = await lookAtJournal(place, journal)
  const addedLater = await wasAddedLater(place)
  const log = await kafka.logBounds(at)
  return { at, journal, ...view, committed, log, addedLater }
}

async function lookAtJournal(
  { fs, identity }: JournalPlace,
  directory: string,
): Promise<JournalView> {
  const status = await fs.status(directory)
  if (status === undefined) return NO_JOURNAL
  const base = inodePath(status.fileId)
  const attributes = await fs.getXattrs(base)
  const entries = await fs.list(base)
  if (attributes === undefined || entries === undefined) return NO_JOURNAL
  return viewJournal({ base, attributes, names: entries.map(({ name }) => name) }, identity)
}

/** The first worker that met the topic wrote down how many partitions it had. */
async function wasAddedLater({ fs, root, identity, at }: JournalPlace): Promise<boolean> {
  const attributes = await fs.getXattrs(topicDirectory(root, identity.group, at.topic))
  const partitions = attributes && initialPartitionsIn(attributes)
  return partitions !== undefined && at.partition >= partitions
}
