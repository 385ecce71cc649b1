import { randomUUID } from 'node:crypto'
import { journalPath } from '../support/checker-journal.ts'
import { listDirectory } from '../support/checker-webhdfs.ts'
import { publishedPaths } from '../support/hdfs-damage.ts'
import type { LogLine } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import { attributeNames, makeDirectory, remove, rename } from './operator-acts.ts'
import { goOnAsAdvised, nextFlushOf, sinkOf, stopAll, stopsAlone } from './operator-stops.ts'
import { comes, proxiedSink } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * Somebody lays hands on a journal, which only the sink may touch.
 */

const PARTITION = 1

const journalOf = ({ settings }: World) => journalPath(settings, PARTITION)

interface Taken {
  readonly name: string
  readonly happens: (world: World) => Promise<void>
  readonly reason: string
}

/** It stops as soon as it wants to write, and begins anew where the group stands. */
function takenWhileRunning({ name, happens, reason }: Taken): Fault {
  return {
    name,
    kind: 'journal deleted or replaced',
    world: 'own',
    seconds: 8,
    async strike(world) {
      const sink = await sinkOf(world)
      await nextFlushOf(sink, (flushed) => flushed === PARTITION)
      await happens(world)
      const stop = await stopsAlone(world, sink, PARTITION, reason)
      await goOnAsAdvised(world, [stop])
      await removeAside(world)
    },
  }
}

/** What `offsets reset` has put aside is kept for people to look at. */
async function removeAside({ stack, settings: { root, group, topic } }: World): Promise<void> {
  const parent = `${root}/_sink/${group}/${topic}`
  for (const { pathSuffix } of await listDirectory(stack, parent)) {
    if (pathSuffix.includes('.aside-')) await remove(stack, `${parent}/${pathSuffix}`)
  }
}

/** Where deleted things go; the root is one that no audit looks at. */
const TRASH = '/trash'

async function throwAway(world: World): Promise<string> {
  const trash = `${TRASH}-${randomUUID().slice(0, 8)}`
  await rename(world.stack, journalOf(world), trash)
  return trash
}

async function deleted({ stack, settings }: World): Promise<void> {
  await remove(stack, journalPath(settings, PARTITION))
}

/** As from a backup: the same names, and another inode. */
async function replaced(world: World): Promise<void> {
  const journal = journalOf(world)
  const listed = await listDirectory(world.stack, journal)
  await remove(world.stack, journal)
  const heads = listed.filter(({ pathSuffix }) => pathSuffix.startsWith('head.'))
  for (const { pathSuffix } of heads) await makeDirectory(world.stack, `${journal}/${pathSuffix}`)
}

/** The inode lives on, but not where the journal belongs: whoever claims it next must notice. */
const trashed: Fault = {
  name: 'a journal is moved to the trash while a sink runs, and is brought back',
  kind: 'journal moved to the trash',
  world: 'own',
  seconds: 10,
  async strike(world) {
    const { stack } = world
    const sink = await sinkOf(world)
    await nextFlushOf(sink, (flushed) => flushed === PARTITION)
    const trash = await throwAway(world)
    await world.startSink()
    await aStop(world)
    await stopAll(world)
    await rename(stack, trash, journalOf(world))
    await world.startSink()
    await world.caughtUp()
  },
}

const trashedForGood: Fault = {
  name: 'a journal is moved to the trash while a sink runs, and is given up',
  kind: 'journal moved to the trash',
  world: 'own',
  seconds: 10,
  async strike(world) {
    const sink = await sinkOf(world)
    await nextFlushOf(sink, (flushed) => flushed === PARTITION)
    // The advice is to go on where the group is, which so must not be behind.
    world.producing.pause()
    await world.caughtUp()
    await world.groupIsTold()
    await throwAway(world)
    await world.startSink()
    const stop = await aStop(world)
    world.producing.resume()
    await goOnAsAdvised(world, [stop])
    await removeAside(world)
  },
}

const JOURNAL_REASONS = ['journal-lost', 'journal-gone']

/** Whoever has the partition now says that it stopped. */
async function aStop(world: World): Promise<LogLine> {
  const stops = world.sinks.map((sink) =>
    sink.awaitLog('partition stopped', ({ msg }) => msg.startsWith('partition stopped')),
  )
  const stop = await Promise.any(stops)
  if (stop.partition === PARTITION && JOURNAL_REASONS.includes(String(stop.reason))) return stop
  throw new Error(`expected one of ${JOURNAL_REASONS}, found ${JSON.stringify(stop)}`)
}

/** What HDFS bears on an inode. */
const MOST_ATTRIBUTES = 32
/** No inode of ours has more. */
const MOST_OF_OURS = 4
const CLAIMS = 40
const CLAIM_TIMEOUT_MS = 4_000

/** Attributes are replaced and not added: no journal grows old. */
const manyClaims: Fault = {
  name: `${CLAIMS} commits are lost, and partitions claimed as often`,
  kind: 'many claims',
  world: 'shared',
  seconds: 15,
  options: { sinks: 0 },
  async strike(world) {
    const sink = await proxiedSink(world)
    const strike = world.proxy.dropReply({ op: 'RENAME', step: 'commit' }, CLAIMS)
    await comes(sink, `${CLAIMS} lost commits`, strike.done, CLAIMS * CLAIM_TIMEOUT_MS)
    strike.remove()
    await sink.awaitNextFlush()
    await world.caughtUp()
    const most = Math.max(...(await Promise.all((await ourPaths(world)).map(countOf(world)))))
    if (most > MOST_OF_OURS) {
      throw new Error(`expected no more than ${MOST_OF_OURS} of ${MOST_ATTRIBUTES}, found ${most}`)
    }
    return CLAIMS
  },
}

function countOf({ stack }: World): (path: string) => Promise<number> {
  return async (path) => (await attributeNames(stack, path)).length
}

/** The topic's directory, its journals, and the newest files. */
async function ourPaths({ stack, settings, ledger }: World): Promise<string[]> {
  const journals = [...ledger.entries.keys()].map((partition) => journalPath(settings, partition))
  const topic = `${settings.root}/_sink/${settings.group}/${settings.topic}`
  const files = await publishedPaths(stack, settings)
  return [topic, ...journals, ...files.slice(-20)]
}

export const JOURNAL_FAULTS: readonly Fault[] = [
  takenWhileRunning({
    name: 'a journal is deleted while a sink runs',
    happens: deleted,
    reason: 'journal-gone',
  }),
  takenWhileRunning({
    name: 'a journal is replaced by another directory while a sink runs',
    happens: replaced,
    reason: 'journal-gone',
  }),
  trashed,
  trashedForGood,
  manyClaims,
]
