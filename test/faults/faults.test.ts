import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Stack } from '../../stack/index.ts'
import { seededRandom } from '../simulation/random.ts'
import { ALL_FAULTS } from './all.ts'
import { FAILPOINT_REACHED, MOMENTS, NOTE_ALL, STEPS } from './failpoint.ts'
import type { Fault } from './fault.ts'
import { heal, startLane } from './torture.ts'
import { World } from './world.ts'

/*
 * Faults of every kind, for real, and an audit after each kind. `npm run torture` strikes all of
 * them in any order; ha.test.ts has those of two NameNodes.
 */

/** Where one of a kind is not enough. Of other kinds the first is struck. */
const CHOSEN: Readonly<Record<string, readonly RegExp[]>> = {
  'kill -9 of the process': [
    /after the step "stamp"/,
    /after the step "commit"/,
    /before the step "publish"/,
  ],
  'kill -9 of a worker': [/after the step "upload"/, /before Kafka is told/],
  'SIGSTOP past the session, then SIGCONT': [/before the step "commit"/, /after the step "commit"/],
  SIGTERM: [/after the step "find"/, /before the step "stamp"/, /after the step "prepare"/],
  'reply lost': [/./],
  'upload cut off': [/./],
  'request executed late': [/a commit .* gave up/, /an upload .* killed/],
  'NameNode away': [/killed/, /safe mode/],
  'DataNode away': [/middle of an upload/],
  'Kafka away': [/killed/],
  'group moved': [/back/],
  'group deleted': [/earliest/],
  'retention passed': [/skipped/, /what a sink holds/],
  quota: [/space quota of the root/, /name quota of the output/],
  'published files moved away': [/whole/],
  'topic created again': [/a sink runs, and is longer/],
  'journal deleted or replaced': [/./],
}

let stack: Stack

beforeAll(async () => {
  stack = await startLane('single')
}, 180_000)
afterEach(() => heal(stack))
afterAll(async () => {
  await stack?.stop()
})

const kinds = Map.groupBy(
  ALL_FAULTS.filter(({ stack }) => stack !== 'ha'),
  ({ kind }) => kind,
)

function chosen(kind: string, faults: readonly Fault[]): readonly Fault[] {
  const patterns = CHOSEN[kind]
  if (patterns === undefined) return faults.slice(0, 1)
  const fitting = patterns.flatMap((pattern) => faults.filter(({ name }) => pattern.test(name)))
  expect(fitting.length).toBeGreaterThanOrEqual(patterns.length)
  return fitting
}

async function strike(world: World, fault: Fault): Promise<void> {
  try {
    await fault.strike(world, seededRandom(1))
    await world.caughtUp()
  } catch (error) {
    throw new Error(`failed: ${fault.name}`, { cause: error })
  }
}

async function everyRecordIsThereOnce(world: World): Promise<void> {
  expect(await world.finish()).toMatchObject({ lost: 0, duplicated: 0, problems: [] })
}

describe('a sink', () => {
  it('comes to every step that a failpoint may have', async () => {
    const world = await World.open(stack, { sinks: 0 })
    // One member: where there are two, a rebalance may come in the midst of a step.
    const sink = await world.startSink({ failpoints: NOTE_ALL, settings: { workers: 1 } })
    for (const step of STEPS) {
      for (const when of MOMENTS) {
        await sink.awaitLog(`${when} ${step}`, (line) => {
          return line.msg === FAILPOINT_REACHED && line.step === step && line.when === when
        })
      }
    }
    await everyRecordIsThereOnce(world)
  })

  it.each([...kinds])(
    'loses and doubles nothing: %s',
    async (kind, faults) => {
      const together = chosen(kind, faults).filter(({ world }) => world === 'shared')
      if (together.length > 0) {
        const world = await World.open(stack, together[0]?.options)
        for (const fault of together) await strike(world, fault)
        await everyRecordIsThereOnce(world)
      }
      for (const fault of chosen(kind, faults).filter(({ world }) => world === 'own')) {
        const world = await World.open(stack, fault.options)
        await strike(world, fault)
        await everyRecordIsThereOnce(world)
      }
    },
    120_000,
  )

  it('starts without failpoints where nobody asks for them', async () => {
    const world = await World.open(stack)
    await world.caughtUp()
    const logs = world.sinks.flatMap(({ log }) => log)
    expect(logs.filter(({ msg }) => msg === FAILPOINT_REACHED)).toEqual([])
    await everyRecordIsThereOnce(world)
  })
})
