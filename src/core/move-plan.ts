import { SinkError } from './errors.ts'
import { isOurMetadata } from './journal.ts'
import type { CommittedOffset, LogBounds } from './ports.ts'
import type { TopicPartition } from './record-batch.ts'

/*
 * Where `offsets reset` moves a partition, and what that means for its records.
 */

/** What stands behind --to. */
export type Target =
  | { readonly kind: 'earliest' | 'latest' | 'journal' | 'group' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number }

/** What a target may refer to. */
export interface Standing {
  readonly at: TopicPartition
  /** The journal's end; undefined where there is no journal that can be read. */
  readonly end: number | undefined
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  /** Of the first record of the target's time or later. */
  readonly offsetAtTime?: number | undefined
}

export interface MovePlan {
  readonly at: TopicPartition
  /** Where the sink stands: the journal's end, or else what the sink told the group. */
  readonly from: number | undefined
  readonly fromGroup: number | undefined
  readonly to: number
  /** `begin`: nothing is known of what was written before. */
  readonly direction: 'same' | 'rewind' | 'forward' | 'begin'
}

/** The target means nothing for this partition, or lies outside its log. */
export class TargetRefusedError extends SinkError {
  readonly action = 'stop-process'
  readonly at: TopicPartition
  constructor(at: TopicPartition, found: string, whatToDo: string) {
    super(`${at.topic}-${at.partition} cannot be moved: ${found}. ${whatToDo}`)
    this.at = at
  }
}

const WORDS = ['earliest', 'latest', 'journal', 'group'] as const
/** With a date, so that a number is never taken for a year; local time unless a zone is named. */
const TIME = /^\d{4}-\d{2}-\d{2}(T.+)?$/

/** undefined for a text that is no target. */
export function parseTarget(text: string): Target | undefined {
  const word = WORDS.find((known) => known === text)
  if (word !== undefined) return { kind: word }
  if (/^\d+$/.test(text)) {
    const offset = Number(text)
    return Number.isSafeInteger(offset) ? { kind: 'offset', offset } : undefined
  }
  const timestampMs = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(timestampMs) ? undefined : { kind: 'time', timestampMs }
}

/** Throws TargetRefusedError. */
export function planMove(target: Target, standing: Standing): MovePlan {
  const { at, end, committed, log } = standing
  const to = resolve(target, standing)
  if (to < log.start || to > log.end) {
    throw new TargetRefusedError(
      at,
      `its log goes from ${log.start} to ${log.end}, and ${to} is outside of it`,
      'Choose an offset within it, or earliest or latest.',
    )
  }
  const told = committed !== undefined && isOurMetadata(committed.metadata)
  const from = end ?? (told ? committed.offset : undefined)
  const fromGroup = committed?.offset
  return { at, from, fromGroup, to, direction: directionOf(from, to) }
}

function directionOf(from: number | undefined, to: number): MovePlan['direction'] {
  if (from === undefined) return 'begin'
  if (from === to) return 'same'
  return to < from ? 'rewind' : 'forward'
}

function resolve(target: Target, { at, end, committed, log, offsetAtTime }: Standing): number {
  switch (target.kind) {
    case 'earliest':
      return log.start
    case 'latest':
      return log.end
    case 'offset':
      return target.offset
    case 'time':
      // No record is as young: whatever comes next will be.
      return offsetAtTime ?? log.end
    case 'journal':
      if (end !== undefined) return end
      throw new TargetRefusedError(at, 'no journal tells its end', 'Choose another --to.')
    case 'group':
      if (committed !== undefined) return committed.offset
      throw new TargetRefusedError(at, 'the group has no offset for it', 'Choose another --to.')
  }
}

/** What a move means, in words; `files` hold offsets that will be read again. */
export function explainMove({ from, to, direction }: MovePlan, log: LogBounds): string {
  switch (direction) {
    case 'same':
      return `Nothing moves: journal and group will agree on ${to}.`
    case 'begin':
      return `A new journal begins at ${to}: what is known of files before is only what is listed.`
    case 'rewind':
      return (
        `Rewinds by ${(from as number) - to}: the records from ${to} on will be written again. ` +
        'Their old files must be moved away first, or these records are there twice, and new files ' +
        'whose names are taken stop the partition.'
      )
    case 'forward': {
      const lost = Math.max(0, Math.min(to, log.start) - (from as number))
      const skipped = to - (from as number) - lost
      const gone = lost === 0 ? '' : `; ${lost} more were removed by retention already`
      return `Skips ${skipped} offsets, from ${to - skipped} on, that will never be written${gone}.`
    }
  }
}
