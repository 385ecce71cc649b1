import { setTimeout as sleep } from 'node:timers/promises'
import type { HaStack, NameNodeIndex } from '../../stack/index.ts'
import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault, Random } from './fault.ts'
import { LOST_EDITS_FAULTS } from './ha-lost-edits.ts'
import {
  activeOf,
  NameNodeLog,
  otherOf,
  pairOf,
  restartAsStandby,
  sinkBehindProxy,
} from './ha-pair.ts'
import { claimAnew, comes } from './proxied-sink.ts'
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
      await act(await sceneOf(world, stack, sink, stack.webhdfsUrls, random))
      // An upload that was given up in a failover may be finished by the DataNode after the claim.
      await claimAnew(world)
    },
  }
}

async function sceneOf(
  world: World,
  stack: HaStack,
  sink: SinkProcess,
  urls: readonly string[],
  random: Random,
): Promise<Scene> {
  const active = await activeOf(stack)
  await sink.awaitNextFlush()
  const log = new NameNodeLog(sink, urls)
  return { world, stack, sink, active, standby: otherOf(active), log, random }
}

/** It writes at the other one. */
async function wentOver({ sink, standby, log }: Scene): Promise<void> {
  await log.turnsTo(standby)
  await sink.awaitNextFlush()
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

const WAYS_TO_IT = 50
const PAUSE_MS = 100

/**
 * It was frozen while the other took over, and goes on: it still calls itself active and answers
 * reads, from its past, until it is asked to write. The sink is made to look for the active one
 * again and again, and believes the one that answers first.
 */
const deposedAnswers: Fault = {
  name: 'a NameNode that was frozen and deposed answers again',
  kind: 'deposed NameNode',
  world: 'shared',
  stack: 'ha',
  seconds: 20,
  options: { sinks: 0 },
  async strike(world, random) {
    const stack = pairOf(world)
    const sink = await sinkBehindProxy(world)
    const scene = await sceneOf(world, stack, sink, world.proxy.webhdfsUrls, random)
    const { active } = scene
    await stack.nameNodes[active].pause()
    try {
      await stack.failover(active)
      await wentOver(scene)
      const log = new NameNodeLog(sink, world.proxy.webhdfsUrls)
      await stack.nameNodes[active].resume()
      for (let i = 0; i < WAYS_TO_IT && log.turnsSoFar(active) === 0; i++) {
        world.proxy.dropConnections('hdfs')
        await sleep(PAUSE_MS)
      }
      await comes(sink, 'an answer of the deposed NameNode', log.turnsTo(active))
      await comes(sink, 'the way back', log.turnsTo(scene.standby))
      await sink.awaitNextFlush()
    } finally {
      await restartAsStandby(stack, active)
    }
    await claimAnew(world)
  },
}

/** Nobody can write for a while. */
const bothStandby: Act = async (scene) => {
  const { stack, sink, active, standby, random } = scene
  await stack.transition(active, 'standby')
  try {
    await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
    await sleep(random.int(2_000))
  } finally {
    await stack.transition(standby, 'active')
  }
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

/** Reads go on, writes hang; for longer a NameNode would not bear it. */
const journalFrozen: Act = async ({ stack, sink }) => {
  await stack.journalNode.pause()
  try {
    await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
  } finally {
    await stack.journalNode.resume()
  }
  await sink.awaitNextFlush()
  await sink.awaitReady()
}

/** Edits are applied, and written after their NameNode died: nobody was told that they worked. */
const journalFrozenThenFailover: Act = async (scene) => {
  const { stack, sink, active } = scene
  await stack.journalNode.pause()
  try {
    await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
    await stack.nameNodes[active].kill()
  } finally {
    await stack.journalNode.resume()
  }
  await stack.failover(active)
  await Promise.all([wentOver(scene), stack.nameNodes[active].start()])
}

const END_TIMEOUT_MS = 20_000

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
