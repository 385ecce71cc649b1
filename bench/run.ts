import type { Figures } from './figures.ts'
import { FIGURE_NAMES, FIGURES, formatFigure } from './figures.ts'
import type { Bench, Prepared, RunInfo, Scenario, ScenarioResult } from './types.ts'

export interface RunOptions {
  readonly rounds: number
  readonly info: RunInfo
  readonly signal: AbortSignal
}

/**
 * Measures all subjects of a scenario in turn, as often as there are rounds, and backwards in every
 * second one: A B C, C B A ... So nobody is always the one that finds the servers cold. What cannot
 * be measured is left out and said; it does not keep the others from being measured.
 */
export async function runScenario(
  bench: Bench,
  scenario: Scenario,
  options: RunOptions,
): Promise<ScenarioResult> {
  const { name, title, about } = scenario
  const nothing = { name, title, about, facts: '', subjects: [], run: options.info }
  bench.say(`${name}: ${title}`)
  let prepared: Prepared
  try {
    prepared = await scenario.prepare(bench)
  } catch (error) {
    options.signal.throwIfAborted()
    bench.say(`${name} cannot be measured: ${messageOf(error)}`)
    return { ...nothing, failures: [messageOf(error)] }
  }
  try {
    const { rounds, failures } = await runRounds(bench, prepared, options)
    const subjects = prepared.subjects.map((subject) => ({
      subject: subject.name,
      rounds: rounds.flatMap((round) => round.get(subject.name) ?? []),
    }))
    const measured = subjects.filter((subject) => subject.rounds.length > 0)
    return { ...nothing, facts: prepared.facts, subjects: measured, failures }
  } finally {
    await prepared.cleanUp().catch((error) => bench.say(`cleaning up: ${messageOf(error)}`))
  }
}

type Round = ReadonlyMap<string, Figures>

async function runRounds(
  bench: Bench,
  prepared: Prepared,
  { rounds: count, signal }: RunOptions,
): Promise<{ rounds: Round[]; failures: string[] }> {
  const rounds: Round[] = []
  const failed = new Map<string, string>()
  for (let number = 1; number <= count; number++) {
    const round = new Map<string, Figures>()
    const inOrder = number % 2 === 1
    for (const subject of inOrder ? prepared.subjects : prepared.subjects.toReversed()) {
      signal.throwIfAborted()
      if (failed.has(subject.name)) continue
      try {
        const figures = await subject.run(number)
        round.set(subject.name, figures)
        bench.say(`  ${number}/${count} ${subject.name}: ${inShort(figures)}`)
      } catch (error) {
        signal.throwIfAborted()
        failed.set(subject.name, messageOf(error))
        bench.say(`  ${number}/${count} ${subject.name} failed: ${messageOf(error)}`)
      }
    }
    for (const [name, more] of prepared.compare?.(round) ?? []) {
      const figures = round.get(name)
      if (figures !== undefined) round.set(name, { ...figures, ...more })
    }
    rounds.push(round)
  }
  return { rounds, failures: [...failed].map(([name, why]) => `${name}: ${why}`) }
}

function inShort(figures: Figures): string {
  return FIGURE_NAMES.flatMap((name) => {
    const value = figures[name]
    return value === undefined || Number.isNaN(value)
      ? []
      : `${FIGURES[name].title} ${formatFigure(name, value)}`
  }).join(', ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
