/** `npm run bench`: the sink beside what Kafka and HDFS can do at most. See docs/BENCHMARKS.md. */
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { startStack } from '../stack/index.ts'
import { type Share, summarizeProfiles } from './page/profile.ts'
import { describeRun } from './page/run-info.ts'
import { merged, readResults, writePage } from './page/store.ts'
import { tableOf } from './page/tables.ts'
import { verdicts } from './page/targets.ts'
import { availablePeers } from './peers/table.ts'
import { runScenario } from './run.ts'
import { SCENARIOS } from './scenarios/table.ts'
import { warmUp } from './scenarios/warm-up.ts'
import { buildSink } from './sink/sink-process.ts'
import type { Bench, Scenario, ScenarioResult } from './types.ts'

interface Flags {
  readonly full: boolean
  readonly only?: readonly Scenario[]
  readonly peers: boolean
  readonly rounds?: number
  readonly profile?: string
  readonly scale: number
  readonly write: boolean
}

/** A million files already there are a million inodes. */
const HDFS_HEAP_MEGABYTES = 1_536

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`)

const command = new Command('npm run bench --')
  .description('Measures the sink, and writes docs/BENCHMARKS.md and what belongs to it.')
  .option('--full', 'as much and as often as it takes for figures to be quoted; hours', false)
  .option('--only <names>', 'these scenarios, separated by commas', parseNames)
  .option('--peers', 'other programs too, where they can be had (brings 500 MB)', false)
  .option('--rounds <count>', 'of each scenario', parseCount)
  .option('--scale <factor>', 'of the number of records', parseFactor, 1)
  .option(
    '--profile <folder>',
    'CPU profiles of the sinks, and a summary; slows them, writes no page',
  )
  .option('--no-write', 'only show the tables')
  .addHelpText('after', `\nScenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  .action(main)

await command.parseAsync()
process.exit()

async function main(flags: Flags): Promise<void> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)))
  }
  try {
    const results = await measureAll(flags, interrupted.signal)
    for (const result of results) show(result)
    if (flags.profile !== undefined) {
      showProfile(flags.profile)
      return
    }
    if (!flags.write) return
    const whole = flags.only === undefined
    const all = merged(whole ? [] : readResults(), results)
    writePage(all)
    for (const { target, limit, measured, met } of verdicts(all)) {
      if (met === false) say(`target not met: ${target}: ${measured}, ${limit}`)
    }
    say('docs/BENCHMARKS.md is written')
  } catch (error) {
    const { aborted } = interrupted.signal
    say(error instanceof Error && !aborted ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  }
}

async function measureAll(flags: Flags, signal: AbortSignal): Promise<ScenarioResult[]> {
  const typed = process.argv.slice(2).join(' ')
  const info = describeRun(`npm run bench${typed === '' ? '' : ` -- ${typed}`}`)
  await buildSink()
  const stack = await startStack({
    kind: 'jars',
    jit: 'full',
    onProgress: say,
    signal,
    hdfsHeapMegabytes: HDFS_HEAP_MEGABYTES,
    kafkaProperties: {
      // What is deleted is gone from the disk at once: a full run writes more than it could hold.
      'log.segment.delete.delay.ms': '1000',
      // As in production, where it is 3 s: all workers of a sink that starts join at once.
      'group.initial.rebalance.delay.ms': '500',
    },
  })
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => undefined)
  try {
    const { full, scale } = flags
    const peers = flags.peers ? await availablePeers(say) : []
    const bench: Bench = { stack, full, scale, peers, say, profiles: flags.profile }
    await Promise.race([warmUp(bench), aborted])
    const results: ScenarioResult[] = []
    for (const scenario of flags.only ?? SCENARIOS) {
      const rounds = flags.rounds ?? scenario.rounds[full ? 'full' : 'quick']
      if (rounds === 0 && flags.only === undefined) continue
      const options = { rounds: Math.max(1, rounds), info, signal }
      results.push(await Promise.race([runScenario(bench, scenario, options), aborted]))
    }
    return results
  } finally {
    await stack.stop()
  }
}

function show(result: ScenarioResult): void {
  const { head, rows } = tableOf(result)
  const table = new Table({ head: [result.name, ...head.slice(1)], style: { head: [] } })
  table.push(...rows.map((row) => [...row]))
  process.stdout.write(`${table.toString()}\n`)
  for (const failure of result.failures) process.stdout.write(`not measured: ${failure}\n`)
}

function showProfile(folder: string): void {
  const { places, functions } = summarizeProfiles(folder)
  const shares = (title: string, rows: readonly Share[]): void => {
    const table = new Table({ head: [title, 'of the time'], style: { head: [] } })
    table.push(...rows.map(({ name, share }) => [name, `${(share * 100).toFixed(1)} %`]))
    process.stdout.write(`${table.toString()}\n`)
  }
  shares('place', places)
  shares('function', functions)
}

function parseNames(text: string): Scenario[] {
  return text.split(',').map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name)
    if (found === undefined) throw new InvalidArgumentError(`There is no scenario ${name}.`)
    return found
  })
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new InvalidArgumentError('Write a whole number, 1 or more.')
}

function parseFactor(text: string): number {
  const factor = Number(text)
  if (factor > 0) return factor
  throw new InvalidArgumentError('Write a number above 0, such as 0.1.')
}
