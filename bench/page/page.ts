import type { RunInfo, ScenarioResult } from '../types.ts'
import { ceilingSum, flushSum } from './ceiling-sum.ts'
import { barChart, type Chart, curveChart } from './charts.ts'
import { markdownTable, tableOf } from './tables.ts'
import { type Verdict, verdicts } from './targets.ts'

export interface Page {
  readonly markdown: string
  readonly charts: readonly Chart[]
}

const TARGET_CPU: Readonly<Record<string, number>> = { 'text-100': 0.5, 'text-1k': 2.5 }

/** docs/BENCHMARKS.md and its pictures. */
export function pageOf(results: readonly ScenarioResult[]): Page {
  const chartsOf = new Map(results.map((result) => [result.name, chartsFor(result)]))
  const sections = results.map((result) => section(result, chartsOf.get(result.name) ?? []))
  const markdown = `# Benchmarks

<!-- Written by npm run bench. Do not edit. -->

${describeRuns(results)}

## The targets

${targetTable(verdicts(results))}

## How it is measured

- **Ceilings and peers of the same run.** All subjects of a scenario are measured in turn, each in a
  process of its own: A B C, and backwards in every second round. NameNode and DataNode are warmed up
  before, with some thousands of requests: those of a cluster have been compiled long ago, and the
  first requests to a new one take several times as long. The tables show medians and, in parentheses, the least
  and the most. One broker, one NameNode and one DataNode work on the same cores as what is measured,
  so ratios within a table say more than its figures, and CPU seconds more than rates.
- **CPU** is the user and system time of the whole process, all threads included, with the journal,
  metrics and every check on, from its start to the last published file. Its start-up is taken off:
  the time that the same process uses to start and to claim as many partitions of empty topics. The
  compilation of its code, which goes on under load, is not.
- **The rate** of the sink counts from the moment when it has joined its group to the last published
  file. That of a peer, which may still have to warm up then, from its first finished file to its
  last, and without the records of the first.
- **Peak RSS** is VmHWM of the process; of a peer that consists of several, their sum.
- Topics are filled with 4 MiB of values over and over, uncompressed, the same number of records in
  each partition. Files are ended by their number of records, so that all are full.

${sections.join('\n')}`
  return { markdown, charts: [...chartsOf.values()].flat() }
}

/** What all have in common first, and what only some have after it. */
function describeRuns(results: readonly ScenarioResult[]): string {
  const runs = Map.groupBy(results, ({ run }) => JSON.stringify(run))
  return [...runs.values()]
    .map((same) => {
      const { run } = same[0]!
      const names = same.map(({ name }) => `\`${name}\``).join(', ')
      return [
        runs.size === 1 ? describe(run) : `${describe(run)}\n- ${names}`,
        `- ${run.machine}`,
        `- ${run.versions}`,
      ].join('\n')
    })
    .join('\n\n')
}

function describe({ command, date, commit }: RunInfo): string {
  return `Made by \`${command}\` on ${date}, commit ${commit}.\n`
}

function targetTable(all: readonly Verdict[]): string {
  const rows = all.map(({ target, limit, measured, met, scenario }) => [
    `[${target}](#${scenario})`,
    limit,
    measured ?? 'not measured',
    met === undefined ? '' : met ? 'yes' : '**no**',
  ])
  return markdownTable({ head: ['target', 'limit', 'measured', 'met'], rows })
}

function section(result: ScenarioResult, charts: readonly Chart[]): string {
  const { name, title, about, facts, failures } = result
  const pictures = charts.map((chart) => `![${chart.title}](benchmarks/${chart.name}.svg)\n`)
  const sum = ceilingSum(result) ?? flushSum(result)
  const failed = failures.map((why) => `- Not measured: ${firstLine(why)}`)
  return [
    `<a id="${name}"></a>\n`,
    `## ${title}\n`,
    `\`npm run bench -- --only ${name}\`: ${about}\n`,
    ...(facts === '' ? [] : [`${facts}\n`]),
    ...(result.subjects.length === 0 ? [] : [`${markdownTable(tableOf(result))}\n`]),
    ...(sum === undefined ? [] : [`${sum}\n`]),
    ...(failed.length === 0 ? [] : [`${failed.join('\n')}\n`]),
    ...pictures,
  ].join('\n')
}

const LONGEST_REASON = 200

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, LONGEST_REASON)
}

function chartsFor(result: ScenarioResult): Chart[] {
  const { name } = result
  const bars = (figure: Parameters<typeof barChart>[1], more: string, limit?: number) =>
    barChart(result, figure, `${name}-${more}`, limit)
  const drawn = name.startsWith('text')
    ? [
        bars('cpuSecondsPerMillion', 'cpu', TARGET_CPU[name]),
        bars('recordsPerSecond', 'rate'),
        bars('peakRssMib', 'rss', 256),
      ]
    : name.startsWith('formats')
      ? [bars('cpuSecondsPerMillion', 'cpu')]
      : name === 'small-flushes'
        ? [bars('filesPerSecond', 'rate')]
        : name.startsWith('linear')
          ? [curveChart(result, LINEAR_FIGURES, name)]
          : []
  return drawn.filter((chart) => chart !== undefined)
}

const LINEAR_FIGURES = [
  'readySeconds',
  'recoverySeconds',
  'recoveryRequests',
  'cpuSecondsPerMillion',
] as const
