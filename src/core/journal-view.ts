import { identityIn, type JournalIdentity } from './journal.ts'
import { examineJournal, type SoundJournal } from './journal-check.ts'
import type { CommittedOffset, LogBounds } from './ports.ts'
import { parseResetNote, RESET_ATTRIBUTE, type ResetNote } from './reset-note.ts'
import { decideWithJournal, decideWithoutJournal, type StartDecision } from './start-position.ts'
import type { StopReason } from './stop-reason.ts'

/*
 * A journal as a passer-by sees it who touches nothing, and what a sink would do with it.
 */

export interface JournalView {
  readonly state:
    | { readonly kind: 'none' }
    | SoundJournal
    | { readonly kind: 'unusable'; readonly stop: StopReason }
  /** Who moved it last. */
  readonly reset: ResetNote | undefined
}

export const NO_JOURNAL: JournalView = { state: { kind: 'none' }, reset: undefined }

/** What a journal's directory shows: its attributes, and the names in it. */
export function viewJournal(
  read: {
    readonly base: string
    readonly attributes: ReadonlyMap<string, string>
    readonly names: readonly string[]
  },
  expected: Omit<JournalIdentity, 'journalId'>,
): JournalView {
  const { base, attributes, names } = read
  const identity = identityIn(attributes)
  const note = attributes.get(RESET_ATTRIBUTE)
  const reset = note === undefined ? undefined : parseResetNote(note)
  return { state: examineJournal({ base, identity, names }, expected), reset }
}

export interface StartSettings {
  readonly startFrom: 'earliest' | 'latest'
  readonly onRetentionGap: 'stop' | 'skip'
}

export type Outlook =
  | Exclude<StartDecision, { kind: 'stop' }>
  | { readonly kind: 'stop'; readonly stop: StopReason }

/**
 * What a sink would do with a partition if it were assigned now. The log was read after the journal:
 * only a leader that is new may report less for a moment.
 */
export function outlookOf(
  found: {
    readonly state: JournalView['state']
    readonly committed: CommittedOffset | undefined
    readonly log: LogBounds
    /** The partition was added to the topic after the sink first met the topic. */
    readonly addedLater: boolean
  },
  { startFrom, onRetentionGap }: StartSettings,
): Outlook {
  const { state, committed, log, addedLater } = found
  if (state.kind === 'unusable') return { kind: 'stop', stop: state.stop }
  if (state.kind === 'none') return decideWithoutJournal({ startFrom, committed, log, addedLater })
  const { topicId, head } = state
  const { end } = head
  const standing = { topicId, end, next: end, committed, log, onRetentionGap, seenBefore: true }
  return decideWithJournal(standing)
}
