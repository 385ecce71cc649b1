import type { TopicPartition } from './record-batch.ts'
import type { Disagreement } from './start-position.ts'

/** Why a partition was stopped. It stays stopped until it is assigned again. */
export type StopReason =
  | Disagreement
  | { readonly reason: 'foreign-journal'; readonly expected: string; readonly found: string }
  | { readonly reason: 'journal-damaged'; readonly found: string }
  | { readonly reason: 'journal-gone' }
  | { readonly reason: 'path-taken'; readonly path: string }
  | { readonly reason: 'unwritable'; readonly explanation: string }

export interface StopContext {
  readonly at: TopicPartition
  readonly group: string
  readonly brokers: string
  readonly journal: string
}

/** One paragraph for people: what was found, what it means, and what resolves it. */
export function explainStop(stop: StopReason, context: StopContext): string {
  const { at, journal } = context
  const where = `${at.topic}-${at.partition}`
  switch (stop.reason) {
    case 'journal-lost':
      return (
        `There is no journal at ${journal}, yet group ${context.group} has offset ` +
        `${stop.committed.offset} of ${where} committed by this sink. The journal was deleted, or ` +
        'hdfs.root was changed. Restore the directory or the setting; or, to begin without it at ' +
        `the group's offset, commit that offset anew: ${resetOffset(context, stop.committed.offset)}`
      )
    case 'group-moved':
      return (
        `The journal of ${where} ends at ${stop.end}, but group ${context.group} stands at ` +
        `${stop.committed.offset}: somebody moved the group. To go on from the journal, with ` +
        `nothing lost or written twice: ${resetOffset(context, stop.end)}`
      )
    case 'log-truncated':
      return (
        `The journal of ${where} ends at ${stop.end}, records before ${stop.next} were read, but ` +
        `the log ends at ${stop.log.end}: the ` +
        'topic was deleted and created again, or brokers lost records. Files up to ' +
        `${stop.end} stay as they are. To read the new log from its beginning, move the journal ` +
        `away (hdfs dfs -mv ${journal} <elsewhere>) and the files of this partition, whose names ` +
        "could come again, with the sink stopped, and forget the group's " +
        `offset: ${deleteOffset(context)}`
      )
    case 'topic-recreated':
      return (
        `The journal of ${where} was made for another topic of this name: it was deleted and ` +
        `created again since. Files up to ${stop.end} stay as they are. To read the new log from ` +
        `its beginning, move the journal away (hdfs dfs -mv ${journal} <elsewhere>) and the files ` +
        'of this partition, whose names could come again, with the sink stopped, and forget the ' +
        `group's offset: ${deleteOffset(context)}`
      )
    case 'retention-passed':
      return (
        `The journal of ${where} ends at ${stop.end}, but the log begins at ${stop.log.start}: ` +
        `retention has removed ${stop.log.start - stop.end} offsets that were not written. To ` +
        'accept the gap set kafka.onRetentionGap: skip.'
      )
    case 'foreign-journal':
      return (
        `The journal at ${journal} belongs to ${stop.found}, not to ${stop.expected}. Give this ` +
        'sink another hdfs.root or kafka.group, or move the old journal away.'
      )
    case 'journal-damaged':
      return (
        `The journal at ${journal} should hold exactly one head.* directory; found ${stop.found}. ` +
        'Only the sink may change this directory: restore it as it was.'
      )
    case 'journal-gone':
      return (
        `The journal at ${journal} was deleted or replaced while the sink used it. Restore the ` +
        'directory; the partition is looked at again when it is next assigned.'
      )
    case 'path-taken':
      return (
        `Something that this sink has not written stands at ${stop.path}. Move it away, or ` +
        'change hdfs.path so that names are unique to this sink.'
      )
    case 'unwritable':
      return stop.explanation
  }
}

function resetOffset(context: StopContext, offset: number): string {
  return (
    'stop the sink and run kafka-consumer-groups.sh --bootstrap-server ' +
    `${context.brokers} --group ${context.group} --topic ${context.at.topic}:` +
    `${context.at.partition} --reset-offsets --to-offset ${offset} --execute`
  )
}

function deleteOffset(context: StopContext): string {
  return (
    `kafka-consumer-groups.sh --bootstrap-server ${context.brokers} --group ${context.group} ` +
    `--delete-offsets --topic ${context.at.topic}:${context.at.partition}`
  )
}
