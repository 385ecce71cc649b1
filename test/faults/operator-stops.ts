import { followAdvice } from '../support/advice.ts'
import { journalEnds } from '../support/checker-journal.ts'
import { publishedPaths } from '../support/hdfs-damage.ts'
import type { LogLine, SinkProcess } from '../support/sink-process.ts'
import { comes } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * Partitions that stop alone, and the way on that their log names.
 */

export async function sinkOf(world: World): Promise<SinkProcess> {
  return world.sinks[0] ?? (await world.startSink())
}

export async function stopAll(world: World): Promise<void> {
  await Promise.all(world.sinks.map((sink) => world.stopSink(sink)))
}

/** The log's account of the next flush of one of these partitions. */
export async function nextFlushOf(
  sink: SinkProcess,
  isWanted: (partition: number) => boolean,
  timeoutMs?: number,
): Promise<LogLine> {
  const known = new Set(sink.log)
  const isNext = (line: LogLine) =>
    line.msg === 'flushed' && !known.has(line) && isWanted(Number(line.partition))
  return await sink.awaitLog('flushed', isNext, timeoutMs)
}

/** Where the journal of a partition ends. */
export async function endOf({ stack, settings }: World, partition: number): Promise<number> {
  const ends = await journalEnds(stack, settings, partition + 1)
  const end = ends[partition]
  if (end === undefined) throw new Error(`expected a journal of partition ${partition}, found none`)
  return end
}

export async function filesOf(world: World, partition: number): Promise<string[]> {
  const paths = await publishedPaths(world.stack, world.settings)
  return paths.filter((path) => path.includes(`/${partition}/`))
}

export async function stopOf(
  sink: SinkProcess,
  partition: number,
  reason: string,
): Promise<LogLine> {
  const stop = await sink.awaitLog(`partition ${partition} stopped`, (line) => {
    return line.partition === partition && line.msg.startsWith('partition stopped')
  })
  if (stop.level === 'error' && stop.reason === reason) return stop
  throw new Error(`expected an error of reason ${reason}, found ${JSON.stringify(stop)}`)
}

/** One partition stops for this reason, nothing of it is written any more, and the others go on. */
export async function stopsAlone(
  world: World,
  sink: SinkProcess,
  partition: number,
  reason: string,
): Promise<LogLine> {
  const stop = await stopOf(sink, partition, reason)
  const before = await filesOf(world, partition)
  for (let flushes = 0; flushes < 2; flushes++) {
    await nextFlushOf(sink, (flushed) => flushed !== partition)
  }
  await sink.eventually('counted as stopped', async () => {
    return (await sink.metric('stopped_partitions')) === 1
  })
  const after = await filesOf(world, partition)
  if (after.join() !== before.join()) {
    const more = after.filter((path) => !before.includes(path))
    throw new Error(`expected nothing more of partition ${partition}, found ${more}`)
  }
  return stop
}

/** Stops the sinks, runs what the log says, to the letter, and starts one that writes what is left. */
export async function goOnAsAdvised(
  world: World,
  stops: readonly LogLine[],
  choice = 0,
): Promise<void> {
  await stopAll(world)
  for (const stop of stops) await followAdvice(world.stack, stop, world.settings, choice)
  const sink = await world.startSink()
  await comes(sink, 'everything that was produced', world.caughtUp())
}

/** Nobody has these records any more, or wants them: from one offset up to another. */
export function giveUp(world: World, partition: number, from: number, to: number): void {
  const entries = world.ledger.entries[partition] ?? []
  const first = entries.findIndex(({ offset }) => offset >= from)
  if (first === -1) return
  entries.splice(first, entries.filter(({ offset }) => offset >= from && offset < to).length)
}
