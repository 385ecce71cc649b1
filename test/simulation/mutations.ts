import type { StrikeKind } from './exhaustive.ts'
import { journalMutations } from './mutations-journal.ts'
import {
  carriedFlushSwept,
  heldDataKept,
  segmentsKept,
  startNotJournaled,
  stopKept,
  surpriseIgnored,
  WRITER_MUTATIONS,
  type WriterMutation,
} from './mutations-writer.ts'
import type { WorldOptions } from './world.ts'

/*
 * Known-bad variants of the protocol: what they break must be noticed, or the checks are worth
 * nothing.
 */

export interface Mutation {
  readonly writer?: WriterMutation
  /** Changes a prototype; what it returns changes it back. */
  readonly patch?: () => () => void
  readonly options?: Partial<WorldOptions>
  /** What it does not survive at every step of the small workload, where chance does not show it. */
  readonly strike?: StrikeKind
}

const ofTheWriter = Object.entries(WRITER_MUTATIONS).map(([name, writer]) => [name, { writer }])

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...Object.fromEntries(ofTheWriter),
  'takes any answer to a publish for a success': { writer: surpriseIgnored('publishing') },
  'keeps what it holds across the commit of another': { writer: heldDataKept },
  'goes on with segments of an older claim': {
    writer: segmentsKept,
    options: { segmentBytes: 1 },
  },
  'stops at a record when what came before it is lost': {
    writer: stopKept,
    options: { mayStop: true, segmentBytes: 1, serverWeight: 100 },
  },
  'decides at each assignment where latest is': {
    writer: startNotJournaled,
    options: { startFrom: 'latest' },
  },
  'deletes what the last commit has left to publish': { writer: carriedFlushSwept },
  ...journalMutations,
}
