import type { Head, JournalIdentity } from './journal.ts'
import type { CommittedOffset, LogBounds } from './ports.ts'
import type { BufferSize, RotationTrigger } from './rotation.ts'
import type { StopReason } from './stop-reason.ts'

/*
 * What the partition writer hears and what it asks for. An effect that is a question carries a
 * `turn`; its answer carries the same number, and an answer to an older question is ignored.
 */

/** A journal as one listing showed it. */
export interface FoundJournal {
  /** Path that stays valid when the directory is renamed, and fails for ever when it is deleted. */
  readonly base: string
  readonly identity: JournalIdentity | 'unreadable' | undefined
  readonly names: readonly string[]
}

export type WriterEvent =
  | Answer
  /** Records, or offsets without records, were added to the open buffer; sizes are totals. */
  | { readonly type: 'read'; readonly position: number; readonly size: Omit<BufferSize, 'sinceMs'> }
  | { readonly type: 'tick' }
  /** Memory is short: get rid of what is buffered. */
  | { readonly type: 'memory-short' }
  /** The open files hold as much as a segment may have. */
  | { readonly type: 'segment-full' }
  /** A segment of this flush cannot be had any more: somebody else is at work here. */
  | { readonly type: 'segment-surprised'; readonly flush: string }
  /** HDFS does not join the segments of this flush, however often it is asked. */
  | { readonly type: 'join-refused'; readonly key: number; readonly flush: string }
  /** The flush is on HDFS as stamped temp files. */
  | { readonly type: 'uploaded'; readonly key: number; readonly flush: string }
  /** A temp file vanished or the journal did: somebody else is at work here. */
  | { readonly type: 'upload-surprised'; readonly key: number; readonly flush: string }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'out-of-range' }
  /** A record cannot be written: flush what came before it, then stop. */
  | { readonly type: 'cannot-write'; readonly stop: StopReason }
  /** Nothing more can be done for this partition. */
  | { readonly type: 'cannot-go-on'; readonly stop: StopReason }
  | { readonly type: 'revoked' }
  | { readonly type: 'drain' }

/** The answer to the question of this turn. */
export type Answer = { readonly turn: number } & (
  | { readonly type: 'journal-found'; readonly journal: FoundJournal | undefined }
  | {
      readonly type: 'offsets-read'
      readonly committed: CommittedOffset | undefined
      readonly log: LogBounds
      readonly addedLater: boolean
    }
  /** A journal was made, by us or by somebody who was faster. */
  | { readonly type: 'journal-created' }
  | { readonly type: 'claimed' }
  /** The token was renamed, in a directory that is not, or not any more, in the journal's place. */
  | { readonly type: 'misplaced' }
  | { readonly type: 'settled' }
  | { readonly type: 'prepared' }
  | { readonly type: 'path-taken'; readonly path: string }
  /** It will be refused however often it is asked. */
  | { readonly type: 'refused'; readonly stop: StopReason }
  | { readonly type: 'committed' }
  | { readonly type: 'published' }
  /** Anything but a plain success where a rename was asked for: nothing follows from it. */
  | { readonly type: 'surprised' }
)

export type Effect = Question | Deed

/** Answered by exactly one event with the same turn. */
export type Question = { readonly turn: number } & (
  | { readonly do: 'find-journal'; readonly base: string | undefined }
  | { readonly do: 'read-offsets' }
  /** Commit this offset, wait until Kafka has it or refused it, and read the offsets again. */
  | { readonly do: 'tell-and-read-offsets'; readonly offset: number; readonly metadata: string }
  | {
      readonly do: 'create-journal'
      readonly start: number
      readonly writer: string
      readonly topicId: string | undefined
    }
  | { readonly do: 'claim'; readonly base: string; readonly from: Head; readonly to: Head }
  /** List again; publish what the carried flush still has; then delete the stale temp files. */
  | {
      readonly do: 'settle'
      readonly base: string
      readonly flush: string | undefined
      readonly stale: readonly string[]
    }
  | { readonly do: 'prepare'; readonly key: number }
  | { readonly do: 'commit'; readonly base: string; readonly from: Head; readonly to: Head }
  | { readonly do: 'publish'; readonly base: string; readonly key: number }
)

export type Deed =
  /** Seek there and let records flow. */
  | { readonly do: 'fetch-from'; readonly offset: number }
  /** Upload what the open files hold as segments of `flush`, and give its memory back. */
  | { readonly do: 'cut'; readonly flush: string; readonly base: string }
  /** The open files become the flush `key`. */
  | { readonly do: 'seal'; readonly key: number }
  /** Upload and stamp the files of `key` as temp files of `flush`; heard of by `uploaded`. */
  | {
      readonly do: 'upload'
      readonly key: number
      readonly flush: string
      readonly base: string
    }
  | { readonly do: 'cancel-uploads' }
  | { readonly do: 'tell-kafka'; readonly offset: number; readonly metadata: string }
  /** Final: give its memory back and count it. */
  | {
      readonly do: 'finish'
      readonly key: number
      readonly end: number
      readonly trigger: RotationTrigger
    }
  /** Give back the memory of the open files and of all flushes. */
  | { readonly do: 'discard' }
  | { readonly do: 'report-stop'; readonly stop: StopReason }
  | { readonly do: 'close' }
