import { availableParallelism } from 'node:os'
import { commit, writeTable } from '../support/reliability-report.ts'
import type { Origin, Outcome } from './run.ts'

/** What a run of many schedules comes to. */
export interface Summary {
  readonly command: string
  readonly runs: number
  readonly seconds: number
  readonly counts: Readonly<Record<string, number>>
  readonly failures: number
  readonly hash: string
}

/** What a person needs to see of a failure, and the command that brings it back. */
export function describeFailure({ origin, failure }: Outcome, lines = 60): string {
  if (failure === undefined) return `${named(origin)} is well`
  const last = failure.lines.slice(-lines)
  return [
    `${named(origin)} at ${commit()}: ${failure.problem}: ${failure.text}`,
    `again: npm run simulate -- ${again(origin)}`,
    `the last ${last.length} of ${failure.lines.length} things that happened:`,
    ...last.map((line) => `  ${line}`),
  ].join('\n')
}

export function named(origin: Origin): string {
  return 'seed' in origin ? `seed ${origin.seed}` : JSON.stringify(origin.strikes)
}

function again(origin: Origin): string {
  if ('seed' in origin) return `--from ${origin.seed} --seeds 1 --verbose`
  return `--strikes '${JSON.stringify(origin.strikes)}'`
}

/** The table of a run. */
export function markdown(summary: Summary): string {
  const { counts, runs, seconds } = summary
  const known = ['steps', 'calls', 'records produced', 'records written', 'files']
  const faults = Object.keys(counts)
    .filter((what) => !known.includes(what))
    .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
  const rows: [string, string | number][] = [
    ['command', `\`${summary.command}\``],
    ['commit', commit()],
    ['schedules', runs],
    ...known.map((what): [string, number] => [what, counts[what] ?? 0]),
    ...faults.map((what): [string, number] => [what, counts[what] ?? 0]),
    ['broken promises', summary.failures],
    ['trace hash of all', `\`${summary.hash}\``],
    ['schedules per second', `${Math.round(runs / seconds)} on ${availableParallelism()} cores`],
  ]
  const cells = rows.map(([what, value]) => `| ${what} | ${formatted(value)} |`)
  return ['| | |', '|---|---:|', ...cells].join('\n')
}

/** Puts the table into docs/RELIABILITY.md. */
export function writeReport(summary: Summary): void {
  writeTable('simulation', markdown(summary))
}

function formatted(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value
}
