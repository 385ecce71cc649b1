import type { Figures } from '../../bench/figures.ts'
import type { RunInfo, ScenarioResult } from '../../bench/types.ts'

export const RUN: RunInfo = {
  command: 'npm run bench',
  date: '2026-01-01',
  commit: 'abc',
  machine: '2 cores',
  versions: 'Node 24',
}

/** What a scenario of this name would have measured. */
export function resultOf(
  name: string,
  subjects: Readonly<Record<string, readonly Figures[]>>,
  more: Partial<ScenarioResult> = {},
): ScenarioResult {
  return {
    name,
    title: `Title of ${name}`,
    about: 'About.',
    facts: 'Facts.',
    subjects: Object.entries(subjects).map(([subject, rounds]) => ({ subject, rounds })),
    failures: [],
    run: RUN,
    ...more,
  }
}
