import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import {
  dropSnapshot,
  makeDirectory,
  setOwner,
  setPermission,
  setQuota,
  takeSnapshot,
} from './operator-acts.ts'
import { endOf, nextFlushOf, sinkOf } from './operator-stops.ts'
import type { World } from './world.ts'

/*
 * HDFS refuses what it was asked, until somebody lifts what he has set. The sink repeats it, says
 * that it is not ready, and goes on by itself.
 */

/** Sets something; what it returns lifts it again. */
type Limit = (world: World) => Promise<() => Promise<void>>

/** Nobody that it would forget to check: no superuser. */
const USER = 'somebody'

async function refusedFor(world: World, sink: SinkProcess, limit: Limit): Promise<void> {
  const rebalances = await sink.metric('rebalances_total')
  const lift = await limit(world)
  try {
    await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
  } finally {
    await lift()
  }
  for (const partition of world.ledger.entries.keys()) {
    await nextFlushOf(sink, (flushed) => flushed === partition)
  }
  await sink.awaitReady()
  const after = await sink.metric('rebalances_total')
  if (after !== rebalances) {
    throw new Error(`expected no rebalance, found ${after - rebalances}`)
  }
}

function quota(name: string, limit: Limit): Fault {
  return {
    name,
    kind: 'quota',
    world: 'own',
    seconds: 6,
    async strike(world) {
      const sink = await sinkOf(world)
      await sink.awaitNextFlush()
      await refusedFor(world, sink, limit)
    },
  }
}

function quotaOn(pathOf: (world: World) => string, what: 'names' | 'bytes'): Limit {
  return async (world) => {
    const path = pathOf(world)
    await setQuota(world.stack, path, { [what]: 1 })
    return () => setQuota(world.stack, path, {})
  }
}

const root = ({ settings }: World) => settings.root
const output = ({ settings }: World) => `${settings.root}/${settings.topic}`
const journals = ({ settings: { root, group } }: World) => `${root}/_sink/${group}`

function permission(name: string, limit: Limit): Fault {
  return {
    name,
    kind: 'permission denied',
    world: 'own',
    seconds: 6,
    options: { sinks: 0, settings: { hdfs: { user: USER } } },
    async strike(world) {
      await makeDirectory(world.stack, world.settings.root)
      await setOwner(world.stack, world.settings.root, USER)
      const sink = await world.startSink()
      await sink.awaitNextFlush()
      await world.caughtUp()
      await refusedFor(world, sink, limit)
    },
  }
}

function modeOf(pathOf: (world: World) => string, mode: string): Limit {
  return async (world) => {
    const path = pathOf(world)
    await setPermission(world.stack, path, mode)
    return () => setPermission(world.stack, path, '755')
  }
}

function ownerOf(pathOf: (world: World) => string): Limit {
  return async (world) => {
    const path = pathOf(world)
    await setOwner(world.stack, path, world.stack.hdfsUser)
    return () => setOwner(world.stack, path, USER)
  }
}

/** It takes nothing away, and nothing notices it. */
const snapshot: Fault = {
  name: 'a snapshot of the root is taken, and dropped later',
  kind: 'snapshot',
  world: 'shared',
  seconds: 2,
  async strike(world, random) {
    const { stack, settings } = world
    const sink = await sinkOf(world)
    await sink.awaitNextFlush()
    const name = `s${random.int(1_000_000)}`
    await takeSnapshot(stack, settings.root, name)
    try {
      const before = await endOf(world, 0)
      await world.produce(10 * world.ledger.partitions)
      await world.caughtUp()
      if ((await endOf(world, 0)) <= before) throw new Error(`expected more than ${before} of 0`)
    } finally {
      await dropSnapshot(stack, settings.root, name)
    }
  },
}

export const HDFS_FAULTS: readonly Fault[] = [
  quota('the space quota of the root is used up', quotaOn(root, 'bytes')),
  quota('the name quota of the root is used up', quotaOn(root, 'names')),
  quota('the space quota of the output is used up', quotaOn(output, 'bytes')),
  quota('the name quota of the output is used up', quotaOn(output, 'names')),
  quota('the name quota of the journals is used up', quotaOn(journals, 'names')),
  permission(
    'the output may not be written',
    modeOf((w) => `${output(w)}/1`, '555'),
  ),
  permission('the output may not be looked at', modeOf(output, '000')),
  permission(
    'a journal may not be written',
    modeOf((w) => `${journals(w)}/${w.settings.topic}/1`, '555'),
  ),
  permission('the journals may not be looked at', modeOf(journals, '000')),
  permission('the root belongs to somebody else, and is closed', async (world) => {
    const give = await ownerOf(root)(world)
    const open = await modeOf(root, '700')(world)
    return async () => {
      await open()
      await give()
    }
  }),
  snapshot,
]
