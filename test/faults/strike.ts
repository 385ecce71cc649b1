import { expect } from 'vitest'
import type { Stack } from '../../stack/index.ts'
import { seededRandom } from '../simulation/random.ts'
import type { Fault } from './fault.ts'
import { World } from './world.ts'

/*
 * Faults of every kind, for real: some of each in CI, those of a group one after the other on one
 * world, and an audit in the end. `npm run torture` strikes all of them in any order.
 */

/** Where the first of a kind is not the one to strike, or one is not enough. */
const CHOSEN: Readonly<Record<string, readonly RegExp[]>> = {
  'kill -9 of the process': [/after the step "commit"/, /before the step "publish"/],
  'kill -9 of a worker': [/after the step "upload"/],
  'SIGSTOP past the session, then SIGCONT': [/before the step "commit"/],
  SIGTERM: [/before the step "stamp"/],
  'reply lost': [
    /CREATE at the DataNode/,
    /a stamp/,
    /a commit/,
    /a publish/,
    /an OffsetCommit/,
    /a genesis/,
  ],
  'upload cut off': [/halfway/],
  'request executed late': [/a commit .* gave up/, /an upload .* killed/],
  'NameNode away': [/killed/],
  'DataNode away': [/middle of an upload/],
  'Kafka away': [/killed/],
  'group moved': [/back/],
  'group deleted': [/earliest/],
  'retention passed': [/skipped/, /what a sink holds/],
  quota: [/space quota of the root/],
  'published files moved away': [/whole/],
  'topic created again': [/a sink runs, and is longer/],
  'journal deleted or replaced': [/is replaced/],
}

/** Of each kind of these faults those that are struck in CI. */
export function chosenOf(faults: readonly Fault[]): readonly Fault[] {
  const kinds = Map.groupBy(faults, ({ kind }) => kind)
  return [...kinds].flatMap(([kind, all]) => chosen(kind, all))
}

function chosen(kind: string, faults: readonly Fault[]): readonly Fault[] {
  const patterns = CHOSEN[kind]
  if (patterns === undefined) return faults.slice(0, 1)
  return patterns.map((pattern) => {
    const fault = faults.find(({ name }) => pattern.test(name))
    if (fault === undefined) throw new Error(`no fault of the kind "${kind}" fits ${pattern}`)
    return fault
  })
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

/** Those that share a world first, each other one then on its own. */
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
