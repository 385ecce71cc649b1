import { randomUUID } from 'node:crypto'
import { auditOutput } from '../support/checker-audit.ts'
import { webHdfsReader } from '../support/checker-files.ts'
import { publishedPaths } from '../support/hdfs-damage.ts'
import type { SinkSettings } from '../support/sink-process-settings.ts'
import type { Fault } from './fault.ts'
import { BY_TENS, fileOf } from './operator-faults-files.ts'
import { sinkOf, stopOf } from './operator-stops.ts'
import type { World } from './world.ts'

/*
 * Sinks of two groups have one root: neither may write over what the other has published.
 */

/** Another group, which writes to its own paths below the same root. */
const twoGroups: Fault = {
  name: 'a sink of another group writes the same topic below the same root',
  kind: 'two groups on one root',
  world: 'shared',
  seconds: 5,
  async strike(world) {
    await sinkOf(world)
    const prefix = `other-${randomUUID().slice(0, 8)}`
    const path = '{topic}/{partition}/{startOffset}-{endOffset}.{extension}'
    const settings = otherGroup(world, { hdfs: { path: `/${prefix}/${path}` } })
    const other = await world.startSink({ settings })
    await other.awaitNextFlush()
    await world.producing.alone(async () => {
      // All of a topic that may be long by now.
      await world.caughtUp(undefined, settings)
      await world.stopSink(other)
      await auditBelow(world, `/${prefix}/${settings.topic}`)
    })
  },
}

/** Its names would be the same: it must not write over anything. */
const sameNames: Fault = {
  name: 'a sink of another group would write files of the same names',
  kind: 'two groups on one root',
  world: 'own',
  seconds: 6,
  options: BY_TENS,
  async strike(world) {
    await sinkOf(world)
    await world.produce(300)
    await world.caughtUp()
    // Then all of it is published, too.
    await world.groupIsTold()
    const before = await publishedPaths(world.stack, world.settings)
    const other = await world.startSink({ settings: otherGroup(world) })
    for (const partition of world.ledger.entries.keys()) {
      await stopOf(other, partition, 'path-taken')
    }
    await world.stopSink(other)
    const after = await publishedPaths(world.stack, world.settings)
    if (after.join() !== before.join()) throw new Error(`expected ${before}, found ${after}`)
  },
}

/** Both find nothing in their way, and each file is published by one of them. */
const sameNamesAtOnce: Fault = {
  name: 'two groups race for files of the same names',
  kind: 'two groups on one root',
  world: 'own',
  seconds: 8,
  options: BY_TENS,
  async strike(world) {
    await sinkOf(world)
    await world.produce(600)
    await world.caughtUp()
    const root = `${world.settings.root}-raced`
    const both = [otherGroup(world, { root }), otherGroup(world, { root })]
    const racers = await Promise.all(both.map((settings) => world.startSink({ settings })))
    const lastFiles = world.ledger.entries.map((entries, partition) =>
      fileOf({ ...world.settings, root }, partition, entries.length - 10),
    )
    for (const partition of world.ledger.entries.keys()) {
      await Promise.any(racers.map((racer) => stopOf(racer, partition, 'path-taken')))
    }
    await racers[0]?.eventually('all files', async () => {
      const paths = await publishedPaths(world.stack, { ...world.settings, root })
      return lastFiles.every((path) => paths.includes(path))
    })
    await Promise.all(racers.map((racer) => world.stopSink(racer)))
    await auditBelow(world, `${root}/${world.settings.topic}`)
  },
}

function otherGroup({ settings }: World, more: Partial<SinkSettings> = {}): SinkSettings {
  const hdfs = { ...settings.hdfs, ...more.hdfs }
  return { ...settings, group: `${settings.group}-${randomUUID().slice(0, 8)}`, ...more, hdfs }
}

/** Every record is there once. */
async function auditBelow(world: World, directory: string): Promise<void> {
  const reader = webHdfsReader(world.stack)
  const files = (await reader.tree(directory)).filter(({ type }) => type === 'file')
  const { problems } = await auditOutput(reader, world.ledger.entries, files)
  if (problems.length > 0) throw new Error(`below ${directory}:\n${problems.join('\n')}`)
}

export const ROOT_FAULTS: readonly Fault[] = [twoGroups, sameNames, sameNamesAtOnce]
