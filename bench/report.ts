import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import type { Ceilings, SinkFigures } from './measure.ts'
import { PARTITIONS, RECORDS_PER_FILE, type Scenario } from './scenarios.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface ScenarioResult {
  readonly scenario: Scenario
  readonly rounds: readonly {
    readonly sinks: readonly { readonly workers: number | 'auto'; readonly figures: SinkFigures }[]
    readonly ceilings: Ceilings
  }[]
}

export interface BenchResult {
  readonly command: string
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: string
  readonly results: readonly ScenarioResult[]
}

export function describeRun(command: string, results: readonly ScenarioResult[]): BenchResult {
  const [cpu] = cpus()
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${memoryGib} GiB, kernel ${release()}`,
    versions: `Node ${process.versions.node}, Kafka 4.3.1, Hadoop 3.5.0, kafkajs 2.2.4`,
    results,
  }
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== ''
  return git('rev-parse', '--short=10', 'HEAD') + (changed ? ' with changes' : '')
}

/** One line per measured thing: its name and its figures, as text. */
export function rowsOf({ scenario, rounds }: ScenarioResult): string[][] {
  const rows = scenario.workers.map((workers, i) => {
    const of = (key: keyof SinkFigures): Spread =>
      spreadOf(rounds.map((round) => round.sinks[i]?.figures[key] ?? Number.NaN))
    return [
      `sink, ${workers === 'auto' ? 'workers auto' : `${workers} worker`}`,
      thousands(of('recordsPerSecond')),
      ratios(rounds.map((round) => ratioToCeiling(round, i))),
      seconds(of('cpuSecondsPerMillion')),
      whole(of('peakRssMib')),
    ]
  })
  const ceiling = (key: keyof Ceilings): Spread =>
    spreadOf(rounds.map((round) => round.ceilings[key]))
  return [
    ...rows,
    ['ConsumerPerformance (Java)', thousands(ceiling('consumerRecordsPerSecond')), '', '', ''],
    [
      'raw upload of the same files',
      thousands(ceiling('uploadRecordsPerSecond')),
      '',
      seconds(ceiling('uploadCpuSecondsPerMillion')),
      '',
    ],
  ]
}

/** Of the lower ceiling of the same round: the machine's mood cancels out. */
function ratioToCeiling(round: ScenarioResult['rounds'][number], i: number): number {
  const { consumerRecordsPerSecond, uploadRecordsPerSecond } = round.ceilings
  const rate = round.sinks[i]?.figures.recordsPerSecond ?? Number.NaN
  return rate / Math.min(consumerRecordsPerSecond, uploadRecordsPerSecond)
}

const round = (value: number): string => Math.round(value).toLocaleString('en-US')
const thousands = ({ median, least, most }: Spread): string =>
  `${round(median)} (${round(least)}-${round(most)})`
const whole = thousands
const seconds = ({ median, least, most }: Spread): string =>
  `${median.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`
const ratios = (values: readonly number[]): string => seconds(spreadOf(values))

export const HEADINGS = [
  'what',
  'records/s',
  'of the lower ceiling',
  'CPU s per million',
  'peak RSS MiB',
]

export function markdown(result: BenchResult): string {
  const sections = result.results.map((each) =>
    [
      `## ${each.scenario.name}: ${each.scenario.records.toLocaleString('en-US')} records`,
      '',
      `| ${HEADINGS.join(' | ')} |`,
      '|---|---|---|---|---|',
      ...rowsOf(each).map((row) => `| ${row.join(' | ')} |`),
      '',
    ].join('\n'),
  )
  return `# Benchmarks

Made by \`${result.command}\` on ${result.date}, commit ${result.commit}. Medians of
${result.results[0]?.rounds.length ?? 0} rounds, least and most in parentheses. The machine is shared and its
speed varies: within a round all are measured in turn, so ratios say more than figures.

- ${result.machine}
- ${result.versions}; one broker, one NameNode, one DataNode, all on the same machine as the sink
- topic of ${PARTITIONS} partitions, uncompressed; text files of ${RECORDS_PER_FILE.toLocaleString('en-US')} records, uncompressed

The rate of the sink is from its first published file to its last; CPU is that of its whole process,
from its start until all is committed, with the journal, metrics and every check on. The two ceilings:
what the broker's own consumer reads of the same topic (records dropped), and what HDFS takes of files
of the same number and size when nothing else is done.

${sections.join('\n')}`
}
