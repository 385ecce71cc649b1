import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HaStack, startHaStack } from '../../stack/index.ts'
import { isAlive } from '../../stack/runs.ts'
import { seededRandom } from '../simulation/random.ts'
import type { Fault } from './fault.ts'
import { HA_FAULTS } from './ha-faults.ts'
import { pairOf } from './ha-pair.ts'
import { World } from './world.ts'

const FS_SHELL = 'org.apache.hadoop.fs.FsShell'

/** Struck one after the other on the same world; `npm run torture` strikes all of them. */
const ON_ONE_WORLD = [
  'the active NameNode hands over',
  'a commit is seen, and lost in a failover',
  'a sink and its NameNode are frozen, replaced, and go on',
]
const ON_ITS_OWN = ['a journal is found by the next owner, and its genesis lost in a failover']

let stack: HaStack

beforeAll(async () => {
  stack = await startHaStack({ kafkaProperties: { 'group.min.session.timeout.ms': '1000' } })
}, 180_000)
afterAll(async () => {
  await stack?.stop()
})

function named(name: string): Fault {
  const fault = HA_FAULTS.find((each) => each.name === name)
  if (fault === undefined) throw new Error(`there is no fault "${name}"`)
  return fault
}

async function everyRecordIsThereOnce(world: World): Promise<void> {
  expect(await world.finish()).toMatchObject({ lost: 0, duplicated: 0, problems: [] })
}

describe('two NameNodes', () => {
  it('keep what was written when one hands over to the other', async () => {
    expect(await stack.active()).toBe(0)
    expect((await stack.hadoop(FS_SHELL, ['-mkdir', '/kept'])).exitCode).toBe(0)
    await stack.failover(0)
    expect(await stack.active()).toBe(1)
    expect((await stack.hadoop(FS_SHELL, ['-test', '-d', '/kept'])).exitCode).toBe(0)
  })

  it('say why a failover failed', async () => {
    await expect(stack.failover(0)).rejects.toThrow(/haadmin -failover .* exit code/)
    expect(await stack.active()).toBe(1)
  })
})

describe('a sink with two NameNodes', () => {
  it('writes every record once whichever of them is active', async () => {
    const world = await World.open(stack)
    for (const fault of ON_ONE_WORLD.map(named)) {
      await fault.strike(world, seededRandom(1))
      await world.caughtUp()
    }
    await everyRecordIsThereOnce(world)
  }, 300_000)

  it.each(ON_ITS_OWN)(
    'goes on when %s',
    async (name) => {
      const fault = named(name)
      const world = await World.open(stack, fault.options)
      await fault.strike(world, seededRandom(1))
      await everyRecordIsThereOnce(world)
    },
    120_000,
  )

  it('refuses to be struck without the second one', async () => {
    const { nameNodes: _, ...single } = stack
    const world = { stack: single } as unknown as World
    expect(() => pairOf(world)).toThrow('two NameNodes')
  })
})

describe('a stack with two NameNodes that is stopped', () => {
  it('leaves no daemon behind', async () => {
    const daemons = [stack.kafka, ...stack.nameNodes, stack.journalNode, stack.dataNode]
    const pids = daemons.flatMap(({ pid }) => pid ?? [])
    expect(pids).toHaveLength(5)
    await stack.stop()
    expect(pids.filter(isAlive)).toEqual([])
  })
})
