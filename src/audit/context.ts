import type { JournalIdentity } from '../core/journal.ts'
import type { PathPattern } from '../core/path-pattern.ts'
import type { FileReader, LogReader } from '../core/ports.ts'
import type { LineFormat } from './contents.ts'
import type { Findings } from './findings.ts'

/**
 * How closely files are looked at. `quick`: names, stamps and lengths. `normal`: every file is read to
 * its end. `deep`: and for each file Kafka's records are counted, as far as it still has them.
 */
export type Thoroughness = 'quick' | 'normal' | 'deep'

/** What an audit works with. */
export interface AuditContext {
  readonly files: FileReader
  readonly log: LogReader
  readonly root: string
  readonly group: string
  readonly clusterId: string
  readonly thoroughness: Thoroughness
  readonly startFrom: 'earliest' | 'latest'
  readonly onRetentionGap: 'stop' | 'skip'
  /** Where a topic's files are. */
  readonly patternOf: (topic: string) => PathPattern
  /** Of files whose name does not tell. */
  readonly format: LineFormat
  /** In text one record is one line; not where line breaks are kept. */
  readonly countsLines: boolean
  /** Files that are held at once, at most twice as many. */
  readonly windowFiles: number
  readonly findings: Findings
  /** How far it is, for people; `part` where it is known how much there is. */
  readonly progress: (text: string, part?: { done: number; total: number }) => void
}

export function identityOf(
  { clusterId, group }: AuditContext,
  topic: string,
): Omit<JournalIdentity, 'journalId'> {
  return { clusterId, topic, group }
}
