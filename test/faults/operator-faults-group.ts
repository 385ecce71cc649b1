import { journalEnds } from '../support/checker-journal.ts'
import { committedOffsets } from '../support/ledger-kafka.ts'
import type { SinkSettings } from '../support/sink-process-settings.ts'
import type { Fault } from './fault.ts'
import { expireRecords, forgetGroup, moveGroup } from './operator-acts.ts'
import {
  endOf,
  giveUp,
  goOnAsAdvised,
  nextFlushOf,
  sinkOf,
  stopAll,
  stopsAlone,
} from './operator-stops.ts'
import type { World } from './world.ts'

/*
 * Somebody moves or deletes a group's offsets, adds partitions, or lets records expire.
 */

const PARTITION = 1
const RECORDS = 600

/** The sinks are stopped, and have written all there was; some more records wait for them. */
async function whileStopped(world: World, act: (end: number) => Promise<void>): Promise<number> {
  await sinkOf(world)
  await world.caughtUp()
  await stopAll(world)
  await world.produce(RECORDS)
  const end = await endOf(world, PARTITION)
  await act(end)
  return end
}

/** Of the journal; 0 for the first offset there may be. */
type Whereto = (end: number) => number

function groupMoved(where: string, whereto: Whereto, choice: 0 | 1): Fault {
  const way = choice === 0 ? 'the journal is right' : 'the group is right'
  return {
    name: `the group's offset is moved ${where}, and ${way}`,
    kind: 'group moved',
    world: 'own',
    seconds: 8,
    async strike(world) {
      const { stack, settings } = world
      const end = await whileStopped(world, (end) => {
        return moveGroup(stack, settings, PARTITION, whereto(end))
      })
      const sink = await world.startSink()
      const stop = await stopsAlone(world, sink, PARTITION, 'group-moved')
      const now = await endOf(world, PARTITION)
      if (now !== end) throw new Error(`expected the journal to stay at ${end}, found ${now}`)
      if (choice === 1) giveUp(world, PARTITION, end, whereto(end))
      await goOnAsAdvised(world, [stop], choice)
    },
  }
}

/** The journals know better, also where a new group would begin at the end. */
function groupForgotten(startFrom: 'earliest' | 'latest'): Fault {
  return {
    name: `the group is deleted with its offsets, and startFrom is ${startFrom}`,
    kind: 'group deleted',
    world: 'shared',
    seconds: 5,
    async strike(world) {
      const { stack, settings } = world
      await whileStopped(world, () => forgetGroup(stack, settings))
      await world.startSink({ settings: withKafka(settings, { startFrom }) })
      await world.caughtUp()
    },
  }
}

/** No record comes, and the group is told all the same. */
const idleGroupForgotten: Fault = {
  name: 'the group of an idle topic is deleted with its offsets',
  kind: 'group deleted',
  world: 'shared',
  seconds: 4,
  async strike(world) {
    const { stack, settings, ledger } = world
    await sinkOf(world)
    await world.producing.alone(async () => {
      await world.caughtUp()
      await stopAll(world)
      await forgetGroup(stack, settings)
      const sink = await world.startSink()
      await sink.eventually('told to the group', async () => {
        const ends = await journalEnds(stack, settings, ledger.partitions)
        const { group, topic } = settings
        return (await committedOffsets(stack, group, topic)).join() === ends.join()
      })
    })
  },
}

const EXPIRED = 50

const expiredWhileStopped: Fault = {
  name: 'retention passes the position while no sink runs',
  kind: 'retention passed',
  world: 'own',
  seconds: 8,
  async strike(world) {
    const { stack, settings } = world
    const end = await whileStopped(world, (end) => {
      return expireRecords(stack, settings.topic, PARTITION, end + EXPIRED)
    })
    const sink = await world.startSink()
    const stop = await stopsAlone(world, sink, PARTITION, 'retention-passed')
    giveUp(world, PARTITION, end, end + EXPIRED)
    await goOnAsAdvised(world, [stop])
  },
}

const expiredAndSkipped: Fault = {
  name: 'retention passes the position while no sink runs, and the gap is skipped',
  kind: 'retention passed',
  world: 'own',
  seconds: 5,
  async strike(world) {
    const { stack, settings } = world
    const end = await whileStopped(world, (end) => {
      return expireRecords(stack, settings.topic, PARTITION, end + EXPIRED)
    })
    giveUp(world, PARTITION, end, end + EXPIRED)
    await world.startSink({ settings: withKafka(settings, { onRetentionGap: 'skip' }) })
    await world.caughtUp()
  },
}

/** What the sink has read already it writes, though Kafka has it no more. */
const expiredAfterRead: Fault = {
  name: 'retention removes what a sink holds while HDFS is away',
  kind: 'retention passed',
  world: 'own',
  seconds: 8,
  // Segments are not held: they would have to be read again.
  options: { settings: { memory: { segmentBytes: 1_048_576 } } },
  async strike(world) {
    const { stack, settings, ledger } = world
    const sink = await sinkOf(world)
    await sink.awaitNextFlush()
    await world.producing.alone(async () => {
      await stack.nameNode.pause()
      try {
        await ledger.produce(RECORDS)
        const held = ledger.entries[PARTITION]?.at(-1)?.offset ?? 0
        await sink.eventually('read', async () => {
          return (await sink.metric('records_consumed_total')) === ledger.total
        })
        await expireRecords(stack, settings.topic, PARTITION, held)
        await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
      } finally {
        await stack.nameNode.resume()
      }
      await world.caughtUp()
    })
  },
}

/** More than a sink may hold. */
const MANY_RECORDS = 30_000

const expiredBeyondMemory: Fault = {
  name: 'retention removes what a sink could not hold while HDFS is away',
  kind: 'retention passed',
  world: 'own',
  seconds: 12,
  options: {
    settings: {
      workers: 1,
      memory: { budgetBytes: 1_048_576 },
      flush: { records: 500, intervalMs: 300, bytes: 65_536 },
      kafka: { maxBytesPerPartition: 65_536, maxDecompressedBatchBytes: 1_048_576 },
    },
  },
  async strike(world) {
    const { stack, settings } = world
    const sink = await sinkOf(world)
    await sink.awaitNextFlush()
    await world.caughtUp()
    const before = await endOf(world, PARTITION)
    let last = 0
    await world.producing.alone(async () => {
      await stack.nameNode.pause()
      try {
        await world.ledger.produce(MANY_RECORDS)
        last = world.ledger.entries[PARTITION]?.at(-1)?.offset ?? 0
        await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
        await expireRecords(stack, settings.topic, PARTITION, last)
      } finally {
        await stack.nameNode.resume()
      }
    })
    const stop = await stopsAlone(world, sink, PARTITION, 'retention-passed')
    const written = await endOf(world, PARTITION)
    if (written <= before) throw new Error(`expected what was held to be written after ${before}`)
    giveUp(world, PARTITION, written, last)
    await goOnAsAdvised(world, [stop])
  },
}

/** kafkajs asks for partitions once a minute. */
const NOTICED_MS = 75_000

function partitionsAdded(joins: boolean): Fault {
  return {
    name: joins
      ? 'partitions are added, and another sink joins'
      : 'partitions are added, and nobody joins',
    kind: 'partitions added',
    world: 'own',
    seconds: joins ? 4 : 65,
    async strike(world) {
      const { ledger } = world
      const sink = await sinkOf(world)
      await sink.awaitNextFlush()
      const former = ledger.partitions
      await world.producing.alone(() => ledger.addPartitions(2))
      await world.produce(RECORDS)
      if (joins) await world.startSink()
      else await nextFlushOf(sink, (partition) => partition >= former, NOTICED_MS)
      await world.caughtUp()
    },
  }
}

export const GROUP_FAULTS: readonly Fault[] = [
  groupMoved('back', (end) => Math.max(0, end - 20), 0),
  groupMoved('forward', (end) => end + 20, 0),
  groupMoved('forward', (end) => end + 20, 1),
  groupForgotten('earliest'),
  groupForgotten('latest'),
  idleGroupForgotten,
  expiredWhileStopped,
  expiredAndSkipped,
  expiredAfterRead,
  expiredBeyondMemory,
  partitionsAdded(true),
  partitionsAdded(false),
]

function withKafka(settings: SinkSettings, more: object): SinkSettings {
  return { ...settings, kafka: { ...settings.kafka, ...more } }
}
