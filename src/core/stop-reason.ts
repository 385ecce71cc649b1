import type { TopicPartition } from './record-batch.ts'
import type { Disagreement } from './start-position.ts'

/** Why a partition was stopped. It stays stopped until it is assigned again. */
export type StopReason =
  | Disagreement
  | { readonly reason: 'foreign-journal'; readonly expected: string; readonly found: string }
  | { readonly reason: 'journal-damaged'; readonly found: string }
  | { readonly reason: 'journal-gone' }
  | { readonly reason: 'path-taken'; readonly path: string }
  | {
      readonly reason: 'unwritable'
      readonly explanation: string
      /** Of the only record that is refused; unknown where more than that is wrong. */
      readonly offset?: number
    }

export interface StopContext {
  readonly at: TopicPartition
  readonly group: string
  readonly journal: string
}

/** One paragraph for people: what was found, what it means, and the command that resolves it. */
export function explainStop(stop: StopReason, context: StopContext): string {
  const { at, group, journal } = context
  const where = `${at.topic}-${at.partition}`
  const reset = (...options: string[]): string => resetCommand(at, options)
  switch (stop.reason) {
    case 'journal-lost':
      return (
        `There is no journal at ${journal}, yet group ${group} has offset ` +
        `${stop.committed.offset} of ${where} committed by this sink. The journal was deleted, or ` +
        'hdfs.root was changed. Restore the directory or the setting and start the sink again; or, ' +
        `to begin a new journal at the group's offset: ${reset('--to group')}`
      )
    case 'group-moved':
      return (
        `The journal of ${where} ends at ${stop.end}, but group ${group} stands at ` +
        `${stop.committed.offset}: somebody moved the group. To go on from the journal, with ` +
        `nothing lost or written twice: ${reset('--to journal')}; to go where the group was moved, ` +
        `${consequence(stop.end, stop.committed.offset)}: ${reset('--to group')}`
      )
    case 'log-truncated':
      return (
        `The journal of ${where} ends at ${stop.end}, records before ${stop.next} were read, but ` +
        `the log ends at ${stop.log.end}: brokers lost records, or the topic was deleted and created ` +
        'again, which those before 2.8 do not tell. Where records were lost, files from ' +
        `${stop.log.end} on have more than Kafka: move them away, as their offsets come again, and to ` +
        `go on there: ${reset(`--to ${stop.log.end}`)}; where the topic is another one: ` +
        `${fromTheBeginning(stop.end)}: ${reset('--to earliest')}`
      )
    case 'topic-recreated':
      return (
        `The journal of ${where} was made for another topic of this name: it was deleted and ` +
        `created again since. ${fromTheBeginning(stop.end)}: ${reset('--to earliest')}`
      )
    case 'retention-passed':
      return (
        `The journal of ${where} ends at ${stop.end}, but the log begins at ${stop.log.start}: ` +
        `retention has removed ${stop.log.start - stop.end} offsets that were not written. To go on ` +
        `without them: ${reset('--to earliest')}; to do so whenever it happens set ` +
        'kafka.onRetentionGap: skip.'
      )
    case 'foreign-journal':
      return (
        `The journal at ${journal} belongs to ${stop.found}, not to ${stop.expected}. Give this ` +
        'sink another hdfs.root or kafka.group, and an hdfs.path that none of its files has; or, if ' +
        'the other is no more, move its files away, put its journal aside and begin a new one: ' +
        reset('--to earliest', '--new-journal')
      )
    case 'journal-damaged':
      return (
        `The journal at ${journal} should hold exactly one head.* directory, and attributes as the ` +
        `sink wrote them; found ${stop.found}. ` +
        'Only the sink may change this directory: restore it as it was and start the sink again; ' +
        "or put it aside and begin a new one at the group's offset: " +
        reset('--to group', '--new-journal')
      )
    case 'journal-gone':
      return (
        `The journal at ${journal} was deleted or replaced while the sink used it. Restore the ` +
        "directory and start the sink again; or begin a new one at the group's offset: " +
        reset('--to group', '--new-journal')
      )
    case 'path-taken':
      return (
        `Something that this sink has not written stands at ${stop.path}. Change hdfs.path so that ` +
        'names are unique to this sink, or move it away, for instance to a name that readers of ' +
        `HDFS skip, and start the sink again: ${moveCommand(stop.path)}`
      )
    case 'unwritable':
      if (stop.offset === undefined) return stop.explanation
      return `${stop.explanation} To leave this record out for good: ${reset(`--to ${stop.offset + 1}`)}`
  }
}

function consequence(end: number, moved: number): string {
  return moved < end
    ? `which writes ${end - moved} offsets again, so that their files have to be moved away first`
    : `which skips ${moved - end} offsets for good`
}

function fromTheBeginning(end: number): string {
  return (
    `Files up to ${end} stay as they are; move them away first, as their names could come again. ` +
    'To read the log from its beginning'
  )
}

/** Ends a sentence, and so has no full stop that might be copied with it. */
function resetCommand(at: TopicPartition, options: readonly string[]): string {
  const command = `kafka-hdfs-sink offsets reset --topic ${at.topic}:${at.partition}`
  return `stop the sink and run, with its configuration, ${command} ${options.join(' ')} --execute`
}

function moveCommand(path: string): string {
  const slash = path.lastIndexOf('/')
  const hidden = `${path.slice(0, slash)}/_${path.slice(slash + 1)}`
  return `hdfs dfs -mv ${quoted(path)} ${quoted(hidden)}`
}

/** For a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
