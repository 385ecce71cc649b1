/** `npm run simulate`: the sink's own code on simulated servers, under one schedule after the other. */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runOnAllCores } from './cores.ts'
import { runStruck, strikesOf } from './exhaustive.ts'
import { addCounts, exhaustiveJobs, type Job, seedJobs } from './jobs.ts'
import { describeFailure, markdown, named, type Summary, writeReport } from './report.ts'
import { type Outcome, runSeed } from './run.ts'
import { shrink } from './shrink.ts'

const HELP = `npm run simulate -- [options]
  --seeds N       how many schedules, default 1000
  --from S        the first seed, default 1
  --exhaustive    instead: every strike at every step of a small workload, and every pair
  --strikes JSON  instead: only these, as a failure of --exhaustive names them
  --verbose       with one seed: everything that happened
  --write         renew the table in docs/RELIABILITY.md
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    exhaustive: { type: 'boolean', default: false },
    strikes: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const MOST_FAILURES = 10
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(): Promise<void> {
  const from = wholeNumber('from', values.from)
  const seeds = wholeNumber('seeds', values.seeds)
  if (values.strikes !== undefined) await showOne(await runStruck(strikesOf(values.strikes)))
  else if (values.verbose && seeds === 1) await showOne(await runSeed(from))
  else await runAll(values.exhaustive ? await exhaustiveJobs() : seedJobs(from, seeds))
}

async function showOne(outcome: Outcome): Promise<void> {
  if (outcome.failure === undefined) {
    say(`${named(outcome.origin)} is well, trace hash ${outcome.hash}`)
    say(JSON.stringify(outcome.counts, null, 2))
    return
  }
  say(describeFailure(outcome, Number.POSITIVE_INFINITY))
  await showShortest(outcome)
  process.exitCode = 1
}

async function runAll(jobs: readonly Job[]): Promise<void> {
  const began = performance.now()
  const counts: Record<string, number> = {}
  const hashes: (readonly string[])[] = []
  const failures: Outcome[] = []
  let runs = 0
  await runOnAllCores(jobs, (result, index) => {
    runs += result.runs
    hashes[index] = result.hashes
    addCounts(counts, result.counts)
    failures.push(...result.failures)
    progress(runs, hashes.length / jobs.length, failures.length, began)
  })
  if (process.stderr.isTTY) process.stderr.write('\n')
  const summary: Summary = {
    command: ['npm run simulate', ...commandOptions()].join(' '),
    runs,
    seconds: (performance.now() - began) / 1_000,
    counts,
    failures: failures.length,
    hash: createHash('sha256').update(hashes.flat().join()).digest('hex').slice(0, 16),
  }
  say(markdown(summary))
  if (values.write) writeReport(summary)
  await showFailures(failures)
}

async function showFailures(failures: readonly Outcome[]): Promise<void> {
  const [first] = failures
  if (first === undefined) return
  process.exitCode = 1
  for (const outcome of failures.slice(0, MOST_FAILURES)) {
    say(`${named(outcome.origin)}: ${outcome.failure?.problem}: ${outcome.failure?.text}`)
  }
  await showShortest(first)
}

async function showShortest(outcome: Outcome): Promise<void> {
  const shrunk = await shrink(outcome)
  if (shrunk !== undefined) say(`the shortest schedule found in ${shrunk.runs} runs:`)
  say(describeFailure(shrunk?.outcome ?? outcome, 150))
}

function progress(runs: number, share: number, failed: number, began: number): void {
  if (!process.stderr.isTTY) return
  const perSecond = Math.round((runs / (performance.now() - began)) * 1_000)
  const percent = Math.round(share * 100)
  process.stderr.write(`\rsimulate: ${runs} runs, ${percent} %, ${perSecond}/s, ${failed} failed `)
}

function commandOptions(): string[] {
  const given = process.argv.slice(2).filter((option) => option !== '--write')
  return given.length === 0 ? [] : ['--', ...given]
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new RangeError(`--${option} takes a whole number above 0, found "${text}"`)
}

if (values.help) process.stdout.write(HELP)
else await main()
