import { expect } from 'vitest'
import type { Stack } from '../../stack/index.ts'
import { seededRandom } from '../simulation/random.ts'
import type { Fault } from './fault.ts'
import { World } from './world.ts'

/*
 * Faults of every kind, for real, and an audit after each kind: some of each in CI. `npm run torture`
 * strikes all of them in any order.
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

/** For `it.each`: the kinds of these faults, each with those of it that are struck. */
export function kindsOf(faults: readonly Fault[]): [kind: string, chosen: readonly Fault[]][] {
  const kinds = Map.groupBy(
    faults.filter(({ stack }) => stack !== 'ha'),
    ({ kind }) => kind,
  )
  return [...kinds].map(([kind, all]) => [kind, chosen(kind, all)])
}

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

export async function everyRecordIsThereOnce(world: World): Promise<void> {
  expect(await world.finish()).toMatchObject({ lost: 0, duplicated: 0, problems: [] })
}

export async function strikeAll(stack: Stack, faults: readonly Fault[]): Promise<void> {
  const together = faults.filter(({ world }) => world === 'shared')
  if (together.length > 0) {
    const world = await World.open(stack, together[0]?.options)
    for (const fault of together) await strike(world, fault)
    await everyRecordIsThereOnce(world)
  }
  for (const fault of faults.filter(({ world }) => world === 'own')) {
    const world = await World.open(stack, fault.options)
    await strike(world, fault)
    await everyRecordIsThereOnce(world)
  }
}
