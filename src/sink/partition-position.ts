import type { CommittedOffset, LogBounds } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import {
  decideWithJournal,
  decideWithoutJournal,
  type StartDecision,
} from '../core/start-position.ts'
import type { StopReason } from '../core/stop-reason.ts'
import {
  type JournalPlace,
  type JournalView,
  viewInitialPartitions,
  viewJournal,
} from './journal-view.ts'

/** Kafka, as far as a position depends on it. */
export interface OffsetReader {
  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined>
  logBounds(at: TopicPartition): Promise<LogBounds>
}

/** Where a partition stands, in the journal, in the group and in the log. */
export interface PartitionPosition {
  readonly at: TopicPartition
  readonly journal: JournalView
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  /** How many partitions the topic had when the sink first met it, if it has. */
  readonly initialPartitions: number | undefined
}

/**
 * Of a sink that may be running: the group is read first and the log last, as a commit follows the
 * journal, and the journal follows the log.
 */
export async function readPosition(
  place: JournalPlace,
  kafka: OffsetReader,
): Promise<PartitionPosition> {
  const { at } = place
  const committed = await kafka.committedOffset(at)
  const journal = await viewJournal(place)
  const initialPartitions = await viewInitialPartitions(place)
  const log = await kafka.logBounds(at)
  return { at, journal, committed, log, initialPartitions }
}

export interface StartSettings {
  readonly startFrom: 'earliest' | 'latest'
  readonly onRetentionGap: 'stop' | 'skip'
}

export type Outlook =
  | Exclude<StartDecision, { kind: 'stop' }>
  | { readonly kind: 'stop'; readonly stop: StopReason }

/** What a sink would do with this partition if it were assigned now. */
export function outlookOf(position: PartitionPosition, settings: StartSettings): Outlook {
  const { at, journal, committed, log, initialPartitions } = position
  const { state } = journal
  switch (state.kind) {
    case 'unusable':
      return { kind: 'stop', stop: state.stop }
    case 'none': {
      const addedLater = initialPartitions !== undefined && at.partition >= initialPartitions
      return decideWithoutJournal({ ...settings, committed, log, addedLater })
    }
    case 'sound': {
      const { end } = state.head
      const { topicId } = state
      // The log was read after the journal: only a leader that is new may report less for a moment.
      return decideWithJournal({
        ...settings,
        topicId,
        end,
        next: end,
        committed,
        log,
        seenBefore: true,
      })
    }
  }
}
