import { setTimeout as sleep } from 'node:timers/promises'
import type { HaStack, NameNodeIndex } from '../../stack/index.ts'
import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault, Random } from './fault.ts'
import { LOST_EDITS_FAULTS } from './ha-lost-edits.ts'
import { activeOf, NameNodeLog, otherOf, pairOf, restartAsStandby } from './ha-pair.ts'
import { claimAnew } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * What becomes of a pair of NameNodes. Each fault makes sure that a sink has met it: an undisturbed
 * sink shows nothing.
 */

/** What a fault knows when it strikes. */
interface Scene {
  readonly world: World
  readonly stack: HaStack
  /** It has just published something. */
  readonly sink: SinkProcess
  readonly active: NameNodeIndex
  readonly standby: NameNodeIndex
  /** Of the sink, from before the fault on. */
  readonly log: NameNodeLog
  readonly random: Random
}

type Act = (scene: Scene) => Promise<void>

function fault(name: string, kind: string, seconds: number, act: Act): Fault {
  return {
    name,
    kind,
    world: 'shared',
    stack: 'ha',
    seconds,
    async strike(world, random) {
      const stack = pairOf(world)
      const sink = world.sinks[0] ?? (await world.startSink())
      await act(await sceneOf(world, stack, sink, random))
      await claimAnew(world)
    },
  }
}

async function sceneOf(
  world: World,
  stack: HaStack,
  sink: SinkProcess,
  random: Random,
): Promise<Scene> {
  const active = await activeOf(stack)
  await sink.awaitNextFlush()
  const log = new NameNodeLog(world, sink)
  return { world, stack, sink, active, standby: otherOf(active), log, random }
}

/** It writes at the other one. */
/** The DataNode's own client may wait so long for a NameNode that is frozen, with uploads in hand. */
const DATA_NODE_WAIT_MS = 150_000

async function wentOver({ sink, standby, log }: Scene): Promise<void> {
  await log.turnsTo(standby)
  await sink.awaitNextFlush(DATA_NODE_WAIT_MS)
}

const graceful: Act = async (scene) => {
  await scene.stack.failover(scene.active)
  await wentOver(scene)
}

const killed: Act = async (scene) => {
  const { stack, active } = scene
  await stack.nameNodes[active].kill()
  await stack.failover(active)
  await Promise.all([wentOver(scene), stack.nameNodes[active].start()])
}

const frozen: Act = async (scene) => {
  const { stack, active } = scene
  await stack.nameNodes[active].pause()
  try {
    await stack.failover(active)
    await wentOver(scene)
  } finally {
    await restartAsStandby(stack, active)
  }
}

const IN_FLIGHT_MS = 1_000
const END_TIMEOUT_MS = 30_000

/**
 * A sink is frozen, and its NameNode too; another sink and the other NameNode take over. Then both
 * go on: the sink relies on its NameNode, which still calls itself active and answers from its past
 * until it is asked to write.
 */
const deposedAnswers: Fault = {
  name: 'a sink and its NameNode are frozen, replaced, and go on',
  kind: 'deposed NameNode',
  world: 'shared',
  stack: 'ha',
  seconds: 25,
  async strike(world, random) {
    const stack = pairOf(world)
    // DataNodes ask the first one first: a request of theirs would wait in the second one and end it.
    if ((await activeOf(stack)) === 0) await stack.failover(0)
    const sink = world.sinks[0] ?? (await world.startSink())
    const { active, log } = await sceneOf(world, stack, sink, random)
    const deposed = stack.nameNodes[active]
    sink.kill('SIGSTOP')
    try {
      // What is on its way to the NameNode arrives before it is frozen.
      await sleep(IN_FLIGHT_MS)
      await deposed.pause()
      await stack.failover(active)
      const successor = await world.startSink()
      await successor.awaitNextFlush()
      await deposed.resume()
      sink.kill('SIGCONT')
      await sink.eventually('the end of the deposed', async () => !deposed.running, END_TIMEOUT_MS)
      await log.turnsTo(otherOf(active))
      await world.stopSink(successor)
      await sink.awaitNextFlush()
    } finally {
      sink.kill('SIGCONT')
      await restartAsStandby(stack, active)
    }
    await claimAnew(world)
  },
}

/** Nobody can write for a while. */
const bothStandby: Act = async (scene) => {
  const { stack, sink, active, standby, random } = scene
  await stack.transition(active, 'standby')
  await sleep(1_000 + random.int(2_000))
  await stack.transition(standby, 'active')
  await wentOver(scene)
  await sink.awaitReady()
}

const FAILOVERS_IN_A_ROW = 4

const backAndForth: Act = async ({ stack, sink, active, log, random }) => {
  let from = active
  for (let i = 0; i < FAILOVERS_IN_A_ROW; i++) {
    await stack.failover(from)
    from = otherOf(from)
    await sleep(random.int(1_000))
  }
  await log.turnsTo(otherOf(active))
  await sink.awaitNextFlush()
}

const FROZEN_MS = 3_500

/** Reads go on, writes hang. */
const journalFrozen: Act = async ({ stack, sink }) => {
  await stack.journalNode.pause()
  const waited = sink.awaitLog('a flush that had to wait', (line) => {
    return line.msg === 'flushed' && Number(line.durationMs) > FROZEN_MS / 2
  })
  try {
    await sleep(FROZEN_MS)
  } finally {
    await stack.journalNode.resume()
  }
  await waited
}

/** Edits are applied, and written after their NameNode died: nobody was told that they worked. */
const journalFrozenThenFailover: Act = async (scene) => {
  const { stack, active } = scene
  await stack.journalNode.pause()
  try {
    await sleep(FROZEN_MS)
    await stack.nameNodes[active].kill()
  } finally {
    await stack.journalNode.resume()
  }
  await stack.failover(active)
  await Promise.all([wentOver(scene), stack.nameNodes[active].start()])
}

/** The active NameNode cannot write its edits, and ends itself. */
const journalAway: Act = async (scene) => {
  const { stack, sink, active } = scene
  await stack.journalNode.kill()
  try {
    const ended = async () => !stack.nameNodes[active].running
    await sink.eventually('the end of the active NameNode', ended, END_TIMEOUT_MS)
    await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
  } finally {
    await stack.journalNode.start()
  }
  await stack.failover(active)
  await Promise.all([wentOver(scene), stack.nameNodes[active].start()])
}

const FAILOVER = 'failover'
const JOURNAL_NODE = 'JournalNode away'

export const HA_FAULTS: readonly Fault[] = [
  fault('the active NameNode hands over', FAILOVER, 5, graceful),
  fault('the active NameNode is killed and the other takes over', FAILOVER, 10, killed),
  fault('the active NameNode is frozen and the other takes over', FAILOVER, 15, frozen),
  deposedAnswers,
  fault('no NameNode is active for a while', FAILOVER, 8, bothStandby),
  fault('one failover follows the other', FAILOVER, 15, backAndForth),
  fault('the JournalNode is frozen', JOURNAL_NODE, 6, journalFrozen),
  fault(
    'the JournalNode is frozen, and the active NameNode is killed',
    JOURNAL_NODE,
    15,
    journalFrozenThenFailover,
  ),
  fault('the JournalNode is killed', JOURNAL_NODE, 20, journalAway),
  ...LOST_EDITS_FAULTS,
]
