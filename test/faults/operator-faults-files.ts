import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { webHdfsReader } from '../support/checker-files.ts'
import { listDirectory } from '../support/checker-webhdfs.ts'
import type { SinkSettings } from '../support/sink-process-settings.ts'
import type { Fault } from './fault.ts'
import { makeDirectory, removeEmpty, rename, writeFile } from './operator-acts.ts'
import { goOnAsAdvised, sinkOf, stopsAlone } from './operator-stops.ts'
import { comes, proxiedSink } from './proxied-sink.ts'
import type { World, WorldOptions } from './world.ts'

/*
 * Others take published files away while sinks write, or have put something of their own there.
 */

const BY_DAY: WorldOptions = {
  days: 3,
  settings: {
    hdfs: {
      path: '{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset}-{endOffset}.{extension}',
    },
  },
}

const ROUNDS = 5

const outputOf = ({ root, topic }: SinkSettings) => `${root}/${topic}`
const output = ({ settings }: World) => outputOf(settings)

/** Where files are moved to: a new place each time. */
async function newPlace(world: World): Promise<string> {
  const place = `/taken-${randomUUID().slice(0, 8)}`
  await makeDirectory(world.stack, place)
  world.elsewhere.push(place)
  return place
}

async function namesIn(world: World, directory: string): Promise<string[]> {
  return (await listDirectory(world.stack, directory)).map(({ pathSuffix }) => pathSuffix)
}

/** The directories below the output, days or partitions, and all that is in them. */
const directoriesTaken: Fault = {
  name: 'an ETL job moves whole dt= directories away while files are published there',
  kind: 'published files moved away',
  world: 'own',
  seconds: 6,
  options: BY_DAY,
  async strike(world) {
    const sink = await sinkOf(world)
    let taken = 0
    for (let round = 0; round < ROUNDS; round++) {
      await sink.awaitNextFlush()
      const place = await newPlace(world)
      for (const name of await namesIn(world, output(world))) {
        const directory = `${output(world)}/${name}`
        world.watch.movedAway([directory])
        await rename(world.stack, directory, `${place}/${name}`)
        taken += 1
      }
    }
    await sink.awaitNextFlush()
    return taken
  },
}

/** File by file, and the directory goes when it is empty. */
const filesTaken: Fault = {
  name: 'an ETL job moves published files away and removes what is empty',
  kind: 'published files moved away',
  world: 'own',
  seconds: 6,
  options: BY_DAY,
  async strike(world) {
    const sink = await sinkOf(world)
    for (let round = 0; round < ROUNDS; round++) {
      await sink.awaitNextFlush()
      for (const day of await namesIn(world, output(world))) await takeFiles(world, day)
    }
    await sink.awaitNextFlush()
    return ROUNDS
  },
}

/** The directory goes in the end, unless a file has come in between. */
async function takeFiles(world: World, name: string): Promise<boolean> {
  const place = await newPlace(world)
  const directory = `${output(world)}/${name}`
  world.watch.movedAway([directory])
  for (const file of await namesIn(world, directory)) {
    await rename(world.stack, `${directory}/${file}`, `${place}/${file}`)
  }
  return await removeEmpty(world.stack, directory)
}

/** The destination's parent is missing: 404, as if the temp file were gone. */
const directoryGoneAtPublish: Fault = {
  name: 'a dt= directory is emptied and removed between a commit and its publish',
  kind: 'published files moved away',
  world: 'own',
  seconds: 6,
  options: { ...BY_DAY, sinks: 0 },
  async strike(world) {
    const sink = await proxiedSink(world)
    const statuses: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await sink.awaitNextFlush()
      const held = world.proxy.hold({ op: 'RENAME', step: 'publish' })
      await comes(sink, 'a publish to keep back', held.done)
      for (const day of await namesIn(world, output(world))) await takeFiles(world, day)
      statuses.push(...(await comes(sink, 'the answer to a publish', held.deliver())))
    }
    if (!statuses.includes(404)) {
      throw new Error(`expected a publish that finds no directory, found ${statuses}`)
    }
    await sink.awaitNextFlush()
    return ROUNDS
  },
}

/** Files come when a test says so: their names are known before. */
export const BY_TENS: WorldOptions = {
  recordsPerSecond: 0,
  settings: { flush: { records: 10, intervalMs: 2_000 } },
}

export function fileOf(settings: SinkSettings, partition: number, start: number): string {
  const digits = (offset: number) => String(offset).padStart(20, '0')
  return `${outputOf(settings)}/${partition}/${digits(start)}-${digits(start + 9)}.txt`
}

const TAKEN = 1
const NOT_OURS = 'not of the sink\n'

function somethingStandsAt(what: string, pathOf: (world: World) => string): Fault {
  return {
    name: `${what} that somebody has put there`,
    kind: 'path taken',
    world: 'own',
    seconds: 8,
    options: BY_TENS,
    async strike(world) {
      const sink = await sinkOf(world)
      const path = pathOf(world)
      const elsewhere = `/users-${randomUUID()}`
      await writeFile(world.stack, elsewhere, NOT_OURS)
      await makeDirectory(world.stack, path.slice(0, path.lastIndexOf('/')))
      await rename(world.stack, elsewhere, path)
      const stop = await whileFilesCome(world, stopsAlone(world, sink, TAKEN, 'path-taken'))
      world.watch.movedAway([path])
      await goOnAsAdvised(world, [stop])
      await takeBack(world, path)
    },
  }
}

/** One file of each partition after the other. */
async function whileFilesCome<T>(world: World, promise: Promise<T>): Promise<T> {
  let isOver = false
  const result = promise.finally(() => {
    isOver = true
  })
  result.catch(() => undefined)
  while (!isOver) {
    await world.produce(10 * world.ledger.partitions)
    await delay(100)
  }
  return await result
}

/** What was moved aside as the log says, with the bytes that it had. */
async function takeBack(world: World, path: string): Promise<void> {
  const slash = path.lastIndexOf('/')
  const aside = `${path.slice(0, slash)}/_${path.slice(slash + 1)}`
  const file = { path: aside, type: 'file', byteLength: 0 } as const
  const bytes = (await webHdfsReader(world.stack).read([file])).get(aside)
  if (bytes?.toString() !== NOT_OURS) {
    throw new Error(`expected somebody's file at ${aside} as it was, found ${bytes}`)
  }
  const place = `/users-${randomUUID().slice(0, 8)}`
  world.watch.movedAway([aside])
  await rename(world.stack, aside, place)
}

export const FILE_FAULTS: readonly Fault[] = [
  directoriesTaken,
  filesTaken,
  directoryGoneAtPublish,
  somethingStandsAt('the path of a file is that of one', (world) =>
    fileOf(world.settings, TAKEN, 10),
  ),
  somethingStandsAt(
    'the directory of a partition is a file',
    (world) => `${output(world)}/${TAKEN}`,
  ),
]
