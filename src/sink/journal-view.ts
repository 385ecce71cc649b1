import {
  IDENTITY_ATTRIBUTE,
  inodePath,
  type JournalIdentity,
  journalDirectory,
  PARTITIONS_ATTRIBUTE,
  parseIdentity,
  topicDirectory,
} from '../core/journal.ts'
import { examineJournal, type SoundJournal } from '../core/journal-check.ts'
import type { CallOptions, FileSystem } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { parseResetNote, RESET_ATTRIBUTE, type ResetNote } from '../core/reset-note.ts'
import type { StopReason } from '../core/stop-reason.ts'

/** A journal as a passer-by sees it, without touching anything. */
export interface JournalView {
  /** Where it is, or would be. */
  readonly directory: string
  readonly state:
    | { readonly kind: 'none' }
    | SoundJournal
    | { readonly kind: 'unusable'; readonly stop: StopReason }
  /** Who moved it last. */
  readonly reset: ResetNote | undefined
}

export interface JournalPlace {
  readonly fs: FileSystem
  readonly root: string
  readonly identity: Omit<JournalIdentity, 'journalId'>
  readonly at: TopicPartition
}

export async function viewJournal(place: JournalPlace, call?: CallOptions): Promise<JournalView> {
  const { fs, root, identity, at } = place
  const directory = journalDirectory(root, identity.group, at)
  const none: JournalView = { directory, state: { kind: 'none' }, reset: undefined }
  const status = await fs.status(directory, call)
  if (status === undefined) return none
  const base = inodePath(status.fileId)
  const attributes = await fs.getXattrs(base, call)
  const entries = await fs.list(base, call)
  if (attributes === undefined || entries === undefined) return none
  const text = attributes.get(IDENTITY_ATTRIBUTE)
  const found = {
    base,
    identity: text === undefined ? undefined : parseIdentity(text),
    names: entries.map(({ name }) => name),
  }
  const note = attributes.get(RESET_ATTRIBUTE)
  const reset = note === undefined ? undefined : parseResetNote(note)
  return { directory, state: examineJournal(found, identity), reset }
}

/** How many partitions the topic had when the sink first met it; undefined before that. */
export async function viewInitialPartitions(
  { fs, root, identity, at }: JournalPlace,
  call?: CallOptions,
): Promise<number | undefined> {
  const attributes = await fs.getXattrs(topicDirectory(root, identity.group, at.topic), call)
  const text = attributes?.get(PARTITIONS_ATTRIBUTE)
  return text === undefined ? undefined : Number(text)
}
