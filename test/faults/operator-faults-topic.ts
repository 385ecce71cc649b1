import { randomUUID } from 'node:crypto'
import { journalEnds, journalsAreAtEnd } from '../support/checker-journal.ts'
import { publishedPaths } from '../support/hdfs-damage.ts'
import { committedOffsets, logEnds } from '../support/ledger-kafka.ts'
import type { LogLine } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import { createTopicAgain, makeDirectory, rename } from './operator-acts.ts'
import { goOnAsAdvised, sinkOf, stopAll, stopOf } from './operator-stops.ts'
import type { World, WorldOptions } from './world.ts'

/*
 * The topic is deleted and created again, or its log ends with what is no record.
 */

interface Recreated {
  readonly name: string
  readonly whileItRuns: boolean
  /** In the new log, for each record that the old one had. */
  readonly timesAsMany: number
}

const SLOW: WorldOptions = { recordsPerSecond: 0 }
const RECORDS = 300

/** Another log of the same name: nothing of it is written before somebody decides. */
function recreated({ name, whileItRuns, timesAsMany }: Recreated): Fault {
  return {
    name,
    kind: 'topic created again',
    world: 'own',
    seconds: 12,
    options: { ...SLOW, partitions: 2 },
    async strike(world) {
      const { stack, settings, ledger } = world
      const running = await sinkOf(world)
      await world.produce(RECORDS)
      await world.caughtUp()
      // Then all of it is published, too.
      await world.groupIsTold()
      if (!whileItRuns) await stopAll(world)
      const before = await written(world)

      await createTopicAgain(stack, settings.topic, ledger.partitions)
      await ledger.reconnect()
      await world.produce(RECORDS * timesAsMany)
      const sink = whileItRuns ? running : await world.startSink()
      const stops: LogLine[] = []
      for (const partition of ledger.entries.keys()) {
        stops.push(await stopOf(sink, partition, 'topic-recreated'))
      }
      const after = await written(world)
      if (after !== before) throw new Error(`expected ${before}, found ${after}`)
      await takeOldFiles(world)
      await goOnAsAdvised(world, stops)
    },
  }
}

async function written({ stack, settings, ledger }: World): Promise<string> {
  const ends = await journalEnds(stack, settings, ledger.partitions)
  return JSON.stringify([ends, await publishedPaths(stack, settings)])
}

/** As the log says: their names could come again. */
async function takeOldFiles(world: World): Promise<void> {
  const { root, topic } = world.settings
  const place = `/old-${randomUUID().slice(0, 8)}`
  await makeDirectory(world.stack, place)
  world.elsewhere.push(place)
  world.watch.movedAway([...world.ledger.entries.keys()].map((p) => `${root}/${topic}/${p}`))
  await rename(world.stack, `${root}/${topic}`, `${place}/${topic}`)
}

const TRANSACTIONS = 3

/** Journal and group reach the end of the log, though no record is there to be written. */
async function reachesEnd(world: World): Promise<void> {
  const { stack, settings } = world
  const sink = await sinkOf(world)
  await sink.eventually('at the end of the log', async () => {
    if (!(await journalsAreAtEnd(stack, settings))) return false
    const ends = await logEnds(stack, settings.topic)
    const committed = await committedOffsets(stack, settings.group, settings.topic)
    return committed.join() === ends.join()
  })
}

const TAIL = ['not', 'to', 'be', 'seen']

/** A sink that is stopped meanwhile meets it when it starts. */
function abortedTail(when: string, { isRunning }: { isRunning: boolean }): Fault {
  const times = isRunning ? TRANSACTIONS : 1
  return {
    name: `an idle topic ends with aborted records ${when}`,
    kind: 'idle topic with an aborted tail',
    world: 'shared',
    seconds: 5,
    async strike(world) {
      await sinkOf(world)
      await world.producing.alone(async () => {
        await world.caughtUp()
        for (let i = 0; i < times; i++) {
          if (!isRunning) await stopAll(world)
          await abortEverywhere(world)
          if (!isRunning) await world.startSink()
          await reachesEnd(world)
        }
      })
      return times
    },
  }
}

async function abortEverywhere({ ledger }: World): Promise<void> {
  for (const partition of ledger.entries.keys()) await ledger.sendAborted(partition, TAIL)
}

/** The marker of a commit is no record either. */
const committedTail: Fault = {
  name: 'an idle topic ends with the marker of a transaction that was committed',
  kind: 'idle topic with an aborted tail',
  world: 'shared',
  seconds: 4,
  async strike(world) {
    await sinkOf(world)
    await world.producing.alone(async () => {
      for (const partition of world.ledger.entries.keys()) {
        const values = [randomUUID(), randomUUID()]
        const transaction = await world.ledger.beginTransaction(partition, values)
        await transaction.commit()
      }
      await reachesEnd(world)
    })
  },
}

/** What follows it cannot be read before it ends. */
const openTransaction: Fault = {
  name: 'a transaction stays open while records follow it, and is aborted',
  kind: 'open transaction',
  world: 'shared',
  seconds: 4,
  async strike(world) {
    const { ledger } = world
    const sink = await sinkOf(world)
    await sink.awaitNextFlush()
    const transaction = await ledger.beginTransaction(0, TAIL)
    try {
      await world.produce(RECORDS)
      await sink.awaitLog('flushed elsewhere', ({ msg, partition }) => {
        return msg === 'flushed' && partition !== 0
      })
    } finally {
      await transaction.abort()
    }
    await world.caughtUp()
  },
}

export const TOPIC_FAULTS: readonly Fault[] = [
  recreated({
    name: 'the topic is created again while no sink runs, and is shorter',
    whileItRuns: false,
    timesAsMany: 0.5,
  }),
  recreated({
    name: 'the topic is created again while no sink runs, and is longer',
    whileItRuns: false,
    timesAsMany: 2,
  }),
  recreated({
    name: 'the topic is created again while a sink runs, and is shorter',
    whileItRuns: true,
    timesAsMany: 0.5,
  }),
  recreated({
    name: 'the topic is created again while a sink runs, and is longer',
    whileItRuns: true,
    timesAsMany: 2,
  }),
  abortedTail('while a sink runs', { isRunning: true }),
  abortedTail('when a sink starts', { isRunning: false }),
  committedTail,
  openTransaction,
]
