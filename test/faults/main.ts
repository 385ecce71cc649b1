/** `npm run torture`: real daemons, real sinks, one fault after another. See docs/RELIABILITY.md. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { StackError } from '../../stack/index.ts'
import { type Random, seededRandom } from '../simulation/random.ts'
import { commit, writeTable } from '../support/reliability-report.ts'
import { endAll } from '../support/scope.ts'
import { ALL_FAULTS } from './all.ts'
import { LONG_FAULTS } from './daemon-faults.ts'
import type { Fault } from './fault.ts'
import { Tally } from './tally.ts'
import { type LaneOptions, runLane } from './torture.ts'

const HELP = `npm run torture -- [options]
  --minutes N    how long, default 10; the last sixth of it with two NameNodes
  --seed S       of the order of faults, default a new one
  --lanes N      stacks that are struck side by side, default 2
  --only TEXT    only faults whose name or kind contains it
  --write        put the result into docs/RELIABILITY.md
`
/** Of the time, with two NameNodes. */
const HA_SHARE = 1 / 6

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lanes: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => void process.stderr.write(`torture: ${line}\n`)

function faultsOf(kind: LaneOptions['kind']): Fault[] {
  const isMeant = (text: string): boolean => text.includes(values.only)
  return [...ALL_FAULTS, ...LONG_FAULTS].filter(({ stack, name, kind: row }) => {
    return (stack === 'ha') === (kind === 'ha') && (isMeant(name) || isMeant(row))
  })
}

async function main(): Promise<number> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)))
  }
  const { signal } = interrupted
  const tally = new Tally()
  const startedMs = Date.now()
  const totalMs = Number(values.minutes) * 60_000
  const lanes = Number(values.lanes)
  const seed = Number(values.seed)
  say(`seed ${seed}: ${faultsOf('single').length} faults, ${faultsOf('ha').length} of a pair`)
  const phase = async (kind: LaneOptions['kind'], untilMs: number): Promise<void> => {
    const faults = faultsOf(kind)
    if (faults.length === 0) return
    const first = oneOfEachKind(faults, seededRandom(seed))
    const common = { kind, faults, first, tally, untilMs, signal, say }
    const running = Array.from({ length: lanes }, (_, i) =>
      runLane({ ...common, name: `${kind} ${i + 1}`, random: seededRandom(seed * 31 + i) }),
    )
    await Promise.race([Promise.all(running), aborted(signal)])
  }
  try {
    const haMs = faultsOf('ha').length === 0 ? 0 : totalMs * HA_SHARE
    await phase('single', startedMs + totalMs - haMs)
    await phase('ha', startedMs + totalMs)
  } catch (error) {
    if (!signal.aborted) throw error
    say('interrupted')
    await endAll()
  }
  report(tally, seed, Date.now() - startedMs)
  return tally.isGood ? 0 : 1
}

/** In any order: no kind is left to chance. */
function oneOfEachKind(faults: readonly Fault[], random: Random): Fault[] {
  const kinds = [...Map.groupBy(faults, ({ kind }) => kind).values()]
  const ranked = kinds.map((of) => ({ fault: random.pick(of), rank: random.int(1_000_000) }))
  return ranked.sort((a, b) => a.rank - b.rank).map(({ fault }) => fault)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function report(tally: Tally, seed: number, tookMs: number): void {
  const { minutes, lanes, only } = values
  const narrowed = only === '' ? '' : ` --only '${only}'`
  const table = tally.markdown([
    [
      'command',
      `\`npm run torture -- --minutes ${minutes} --seed ${seed} --lanes ${lanes}${narrowed}\``,
    ],
    ['commit', commit()],
    ['minutes', (tookMs / 60_000).toFixed(1)],
    ['cores', String(availableParallelism())],
  ])
  process.stdout.write(`${table}\n`)
  for (const failure of tally.failures) say(failure)
  if (values.write) writeTable('torture', table)
}

if (values.help) process.stdout.write(HELP)
else {
  try {
    process.exitCode = await main()
  } catch (error) {
    const known = error instanceof StackError
    say(known ? error.message : error instanceof Error ? String(error.stack) : String(error))
    process.exitCode = 1
  }
  process.exit()
}
