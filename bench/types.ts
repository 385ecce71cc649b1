import type { Stack } from '../stack/index.ts'
import type { Figures } from './figures.ts'
import type { Peer } from './peers/peer.ts'

/** What a scenario has to work with. */
export interface Bench {
  readonly stack: Stack
  readonly full: boolean
  /** Of the number of records; 1 unless asked for. */
  readonly scale: number
  /** Those that are to be measured, and can be. */
  readonly peers: readonly Peer[]
  readonly say: (line: string) => void
  /** Where to put CPU profiles of the sinks that are measured. */
  readonly profiles?: string | undefined
}

/** One of several things that are measured in turn. */
export interface Subject {
  readonly name: string
  run(round: number): Promise<Figures>
}

export interface Prepared {
  /** What they were measured with, in a sentence. */
  readonly facts: string
  readonly subjects: readonly Subject[]
  /** Figures that compare the subjects of one round, to be added to theirs. */
  readonly compare?: (round: ReadonlyMap<string, Figures>) => ReadonlyMap<string, Figures>
  cleanUp(): Promise<void>
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** A paragraph for the page. */
  readonly about: string
  /** How often each subject is measured; none: not in that set. */
  readonly rounds: { readonly quick: number; readonly full: number }
  prepare(bench: Bench): Promise<Prepared>
}

export interface SubjectResult {
  readonly subject: string
  /** One for each round. */
  readonly rounds: readonly Figures[]
}

export interface ScenarioResult {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly facts: string
  readonly subjects: readonly SubjectResult[]
  /** Why it, or one of its subjects, could not be measured. */
  readonly failures: readonly string[]
  readonly run: RunInfo
}

export interface RunInfo {
  readonly command: string
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: string
}
