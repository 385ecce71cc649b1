/** `npm run bench`: the sink beside what Kafka and HDFS can do at most. See docs/BENCHMARKS.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { PrerequisiteError, type Stack, startStack } from '../stack/index.ts'
import { fillTopic, measureCeilings, measureSink } from './measure.ts'
import { describeRun, HEADINGS, markdown, rowsOf, type ScenarioResult } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const ROOT = path.join(import.meta.dirname, '..')
const HELP = `npm run bench -- [options]
  --rounds N    of each measurement, default 3
  --scale X     of the number of records, default 1
  --write       renew docs/BENCHMARKS.md
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`)

async function measure(
  stack: Stack,
  scenario: Scenario,
  number: number,
  rounds: number,
): Promise<ScenarioResult> {
  const topic = `bench-${number}`
  say(`${scenario.name}: filling a topic with ${scenario.records} records`)
  await fillTopic(stack, topic, scenario)
  const measured: ScenarioResult['rounds'][number][] = []
  for (let round = 1; round <= rounds; round++) {
    const sinks: (typeof measured)[number]['sinks'][number][] = []
    for (const workers of scenario.workers) {
      const run = `${topic}-${round}-${workers}`
      const figures = await measureSink(stack, topic, scenario, workers, run)
      sinks.push({ workers, figures })
      say(
        `round ${round}, workers ${workers}: ${Math.round(figures.recordsPerSecond)} records/s, ` +
          `${figures.cpuSecondsPerMillion.toFixed(2)} CPU s per million, ` +
          `${Math.round(figures.peakRssMib)} MiB`,
      )
      await removeFiles(stack, run)
    }
    const run = `${topic}-${round}-raw`
    const ceilings = await measureCeilings(stack, topic, scenario, run)
    await removeFiles(stack, run)
    say(
      `round ${round}, ceilings: consumer ${Math.round(ceilings.consumerRecordsPerSecond)} ` +
        `records/s, upload ${Math.round(ceilings.uploadMibPerSecond)} MiB/s`,
    )
    measured.push({ sinks, ceilings })
  }
  return { scenario, rounds: measured }
}

async function removeFiles(stack: Stack, directory: string): Promise<void> {
  const args = ['-rm', '-r', '-skipTrash', `/${directory}`]
  await stack.hadoop('org.apache.hadoop.fs.FsShell', args)
}

async function main(): Promise<void> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)))
  }
  const { signal } = interrupted
  const stack = await startStack({ jit: 'full', onProgress: say, signal })
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => undefined)
  try {
    const results: ScenarioResult[] = []
    for (const [number, scenario] of scenarios(Number(values.scale)).entries()) {
      const measuring = measure(stack, scenario, number, Number(values.rounds))
      results.push(await Promise.race([measuring, aborted]))
    }
    report(results)
  } finally {
    await stack.stop()
  }
}

function report(results: readonly ScenarioResult[]): void {
  for (const result of results) {
    const table = new Table({
      head: [result.scenario.name, ...HEADINGS.slice(1)],
      style: { head: [] },
    })
    table.push(...rowsOf(result))
    process.stdout.write(`${table.toString()}\n`)
  }
  const flags = process.argv.slice(2).join(' ')
  const described = describeRun(`npm run bench${flags === '' ? '' : ` -- ${flags}`}`, results)
  const directory = path.join(ROOT, '.stack', 'bench')
  mkdirSync(directory, { recursive: true })
  writeFileSync(path.join(directory, 'latest.json'), `${JSON.stringify(described, null, 2)}\n`)
  if (values.write) writeFileSync(path.join(ROOT, 'docs', 'BENCHMARKS.md'), markdown(described))
}

if (values.help) process.stdout.write(HELP)
else {
  try {
    await main()
  } catch (error) {
    const known = error instanceof PrerequisiteError
    say(
      known
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error),
    )
    process.exitCode = 1
  }
  process.exit()
}
