import {
  type Head,
  IDENTITY_ATTRIBUTE,
  type JournalIdentity,
  parseHead,
  unreadable,
} from './journal.ts'
import type { FoundJournal } from './partition-events.ts'
import type { StopReason } from './stop-reason.ts'

/** A journal that may be claimed. */
export interface SoundJournal {
  readonly kind: 'sound'
  readonly base: string
  readonly journalId: string
  /** Of the topic that it was made for, if that is known. */
  readonly topicId: string | undefined
  /** The first offset that it answers for, where it says so. */
  readonly start: number | undefined
  readonly head: Head
}

/** Whether a journal is ours and whole, from one listing of it. */
export function examineJournal(
  found: FoundJournal,
  expected: Omit<JournalIdentity, 'journalId'>,
): SoundJournal | { readonly kind: 'unusable'; readonly stop: StopReason } {
  const { base, identity } = found
  if (identity === undefined) return damaged('a directory without its attributes')
  if (identity === 'unreadable') return damaged(unreadable(IDENTITY_ATTRIBUTE, 'the directory'))
  if (!isSame(expected, identity)) {
    const names = { expected: name(expected), found: name(identity) }
    return { kind: 'unusable', stop: { reason: 'foreign-journal', ...names } }
  }
  const heads = found.names.flatMap((entry) => parseHead(entry) ?? [])
  const [head] = heads
  if (head === undefined || heads.length > 1) return damaged(`${heads.length}`)
  const { journalId, topicId, start } = identity
  return { kind: 'sound', base, journalId, topicId, start, head }
}

type Identity = Omit<JournalIdentity, 'journalId'>

function isSame(expected: Identity, found: Identity): boolean {
  return (
    expected.clusterId === found.clusterId &&
    expected.topic === found.topic &&
    expected.group === found.group
  )
}

function name(of: Identity): string {
  return `topic ${of.topic} of cluster ${of.clusterId}, group ${of.group}`
}

function damaged(found: string): { readonly kind: 'unusable'; readonly stop: StopReason } {
  return { kind: 'unusable', stop: { reason: 'journal-damaged', found } }
}
