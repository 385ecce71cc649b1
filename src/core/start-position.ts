import { isOurMetadata } from './journal.ts'
import type { CommittedOffset, LogBounds } from './ports.ts'

/*
 * Where a partition goes on. The journal decides; Kafka's committed offset is only advice, but a
 * disagreement that the sink cannot have caused means that somebody moved something on purpose,
 * and then the partition stops instead of guessing.
 */

export type StartDecision =
  /** Write from here: `at` becomes the journal's start, or is its end. */
  | { readonly kind: 'start'; readonly at: number }
  /** Records between were deleted by retention, and the configuration says to go on after them. */
  | { readonly kind: 'skip'; readonly from: number; readonly to: number }
  /** What was found may be passing: read the offsets once more after a pause. */
  | { readonly kind: 'look-again' }
  | { readonly kind: 'stop'; readonly stop: Disagreement }

/** Why journal, group and log do not fit together. */
export type Disagreement =
  | { readonly reason: 'journal-lost'; readonly committed: CommittedOffset }
  | { readonly reason: 'group-moved'; readonly end: number; readonly committed: CommittedOffset }
  /** `next` is what would be read next: the journal's end, or beyond it. */
  | {
      readonly reason: 'log-truncated'
      readonly end: number
      readonly next: number
      readonly log: LogBounds
    }
  | { readonly reason: 'topic-recreated'; readonly end: number; readonly log: LogBounds }
  | { readonly reason: 'retention-passed'; readonly end: number; readonly log: LogBounds }

/** Where a partition without a journal begins. */
export function decideWithoutJournal(found: {
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  readonly startFrom: 'earliest' | 'latest'
  /** The partition was added to the topic after the sink first met the topic. */
  readonly addedLater: boolean
}): StartDecision {
  const { committed, log } = found
  if (committed === undefined || committed.offset < 0) {
    const latest = found.startFrom === 'latest' && !found.addedLater
    return { kind: 'start', at: latest ? log.end : log.start }
  }
  if (isOurMetadata(committed.metadata)) {
    return { kind: 'stop', stop: { reason: 'journal-lost', committed } }
  }
  return { kind: 'start', at: committed.offset }
}

/**
 * Where a partition goes on whose journal ends at `end`. Asked after the claim: `end` is settled.
 * `next` is the first offset still to be read: `end`, or beyond it where records are held already.
 */
export function decideWithJournal(found: {
  /** Of the topic that the journal was made for. */
  readonly topicId?: string | undefined
  readonly end: number
  readonly next: number
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  readonly onRetentionGap: 'stop' | 'skip'
  /** The log's end was already below `end` when it was read a pause ago. */
  readonly seenBefore: boolean
}): StartDecision {
  const { end, next, committed, log } = found
  if (committed !== undefined && !agrees(end, committed)) {
    return { kind: 'stop', stop: { reason: 'group-moved', end, committed } }
  }
  if (found.topicId !== undefined && log.topicId !== undefined && found.topicId !== log.topicId) {
    return { kind: 'stop', stop: { reason: 'topic-recreated', end, log } }
  }
  if (next > log.end) {
    if (!found.seenBefore) return { kind: 'look-again' }
    return { kind: 'stop', stop: { reason: 'log-truncated', end, next, log } }
  }
  if (next < log.start) {
    if (found.onRetentionGap === 'skip') return { kind: 'skip', from: next, to: log.start }
    return { kind: 'stop', stop: { reason: 'retention-passed', end: next, log } }
  }
  return { kind: 'start', at: next }
}

/** Whether there is an offset, and somebody else committed it. */
export function isForeign(committed: CommittedOffset | undefined): boolean {
  return committed !== undefined && committed.offset >= 0 && !isOurMetadata(committed.metadata)
}

/** Whether a sink has told Kafka more than this journal holds. */
export function isAheadAndOurs(committed: CommittedOffset | undefined, end: number): boolean {
  return committed !== undefined && committed.offset > end && isOurMetadata(committed.metadata)
}

/** An offset of ours may be behind the journal: a commit got lost. It can never be ahead. */
function agrees(end: number, committed: CommittedOffset): boolean {
  if (committed.offset < 0 || committed.offset === end) return true
  return committed.offset < end && isOurMetadata(committed.metadata)
}
