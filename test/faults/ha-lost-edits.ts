import type { HaStack, NameNodeIndex } from '../../stack/index.ts'
import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import type { Hold, Match } from './fault-proxy.ts'
import {
  activeOf,
  firstEdit,
  lastEdit,
  NameNodeLog,
  otherOf,
  pairOf,
  sinkBehindProxy,
} from './ha-pair.ts'
import { claimAnew, comes } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * A NameNode applies an edit, shows it to all readers, and dies before the JournalNode has it: the
 * next one has never heard of it.
 */

interface Lost {
  readonly title: string
  readonly match: Match
  /** What the sink sends when it has met the state that is to be lost. */
  readonly next?: Match
  readonly provoke?: (world: World) => void
}

const CLAIM = { op: 'RENAME', step: 'claim' } as const

const LOST: readonly Lost[] = [
  { title: 'a commit', match: { op: 'RENAME', step: 'commit' }, next: CLAIM },
  { title: 'a publish', match: { op: 'RENAME', step: 'publish' }, next: CLAIM },
  {
    title: 'a claim',
    match: CLAIM,
    next: CLAIM,
    provoke: ({ proxy }) => proxy.dropRequest({ op: 'RENAME', step: 'commit' }),
  },
  { title: 'a stamp', match: { op: 'SETXATTR', step: 'stamp' } },
]

const FS_SHELL = 'org.apache.hadoop.fs.FsShell'
const KIND = 'edits lost in a failover'

function lost({ title, match, next, provoke }: Lost): Fault {
  return {
    name: `${title} is seen, and lost in a failover`,
    kind: KIND,
    world: 'shared',
    stack: 'ha',
    seconds: 20,
    options: { sinks: 0 },
    async strike(world) {
      const { proxy } = world
      const stack = pairOf(world)
      const active = await activeOf(stack)
      const sink = await sinkBehindProxy(world)
      await sink.awaitNextFlush()
      const held = proxy.hold(match)
      provoke?.(world)
      await comes(sink, title, held.done)
      const log = new NameNodeLog(world, sink)
      await applyUnsynced(world, stack, sink, held, next)
      await loseEdits(stack, active)
      proxy.clear()
      await log.turnsTo(otherOf(active))
      await Promise.all([sink.awaitNextFlush(), stack.nameNodes[active].start()])
      await claimAnew(world)
    },
  }
}

/** Its founder is dead; the next owner has found it when it is lost. */
const lostJournal: Fault = {
  name: 'a journal is found by the next owner, and its genesis lost in a failover',
  kind: KIND,
  world: 'own',
  stack: 'ha',
  seconds: 25,
  options: { sinks: 0, partitions: 1, settings: { workers: 1 } },
  async strike(world) {
    const { proxy } = world
    const stack = pairOf(world)
    const active = await activeOf(stack)
    const held = proxy.hold({ op: 'RENAME', step: 'genesis' })
    const founder = world.spawnSink({ through: 'proxy' })
    await comes(founder, 'a genesis', held.done)
    await world.killSink(founder)
    const heir = world.spawnSink({ through: 'proxy' })
    const log = new NameNodeLog(world, heir)
    await applyUnsynced(world, stack, heir, held, CLAIM)
    await loseEdits(stack, active)
    proxy.clear()
    await log.turnsTo(otherOf(active))
    await Promise.all([heir.awaitNextFlush(), stack.nameNodes[active].start()])
    // The owner after that finds what the heir has left.
    await world.stopSink(heir)
    const last = await world.startSink()
    await last.awaitNextFlush()
    await removeUnfinished(stack, world)
  },
}

/** What the founder has begun stays behind: nobody looks for it. */
async function removeUnfinished(stack: HaStack, { settings }: World): Promise<void> {
  const { root, group, topic } = settings
  const unfinished = `${root}/_sink/${group}/${topic}/.new-*`
  const { exitCode, stderr } = await stack.hadoop(FS_SHELL, ['-rm', '-r', '-f', unfinished])
  if (exitCode !== 0) throw new Error(`-rm ${unfinished}: ${stderr}`)
}

/** The sink waits for the answer, gives up, and looks at what it has done. */
async function applyUnsynced(
  world: World,
  stack: HaStack,
  sink: SinkProcess,
  held: Hold,
  next: Match | undefined,
): Promise<void> {
  await stack.journalNode.pause()
  const seen = next && world.proxy.notice(next)
  void held.deliver().catch(() => undefined)
  await comes(sink, 'the end of the wait for an answer', held.abandoned)
  if (seen !== undefined) await comes(sink, 'what the sink does next', seen.done)
}

/** The JournalNode dies too: what it has not read from its connections dies with it. */
async function loseEdits(stack: HaStack, active: NameNodeIndex): Promise<void> {
  const last = await lastEdit(stack, active)
  await Promise.all([stack.nameNodes[active].kill(), stack.journalNode.kill()])
  await stack.journalNode.start()
  await stack.failover(active)
  const next = await firstEdit(stack, otherOf(active))
  if (next > last) throw new Error(`expected edits up to ${last} to be lost, found ${next} next`)
}

export const LOST_EDITS_FAULTS: readonly Fault[] = [...LOST.map(lost), lostJournal]
