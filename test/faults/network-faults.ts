import { describeGroup } from '../support/ledger-kafka.ts'
import type { SinkProcess } from '../support/sink-process.ts'
import { WORKERS } from '../support/sink-process-settings.ts'
import type { Fault } from './fault.ts'
import type { Match, UploadPart } from './fault-proxy.ts'
import { leaveOnly, owns, proxiedSink, survives } from './proxied-sink.ts'
import { PATIENT_SESSION, type World } from './world.ts'

/*
 * What a network does to single requests: they get lost, or their replies, uploads are cut off, and
 * everything is slow.
 */

/** A sink of its own is started when the fault is there already. */
const LATER = { sinks: 0 }

/** A request of the protocol, as people call it. */
interface Target {
  readonly title: string
  readonly match: Match
  /** How often in a row. */
  readonly times: number
  /** What makes a sink send it; others are sent with each flush. */
  readonly provoke?: (world: World) => void
}

const TARGETS: readonly Target[] = [
  { title: 'CREATE at the NameNode', match: { op: 'CREATE' }, times: 3 },
  { title: 'CREATE at the DataNode', match: { op: 'CREATE_DATA' }, times: 3 },
  { title: 'the joining of segments (CONCAT)', match: { op: 'CONCAT' }, times: 2 },
  // A sink that starts asks it too, and waits longer each time before it is ready.
  { title: 'the question how long a file is', match: { op: 'GETFILESTATUS' }, times: 1 },
  { title: 'a stamp (SETXATTR)', match: { op: 'SETXATTR', step: 'stamp' }, times: 3 },
  { title: 'a commit (RENAME)', match: { op: 'RENAME', step: 'commit' }, times: 2 },
  { title: 'a publish (RENAME)', match: { op: 'RENAME', step: 'publish' }, times: 2 },
  {
    title: 'a claim (RENAME)',
    match: { op: 'RENAME', step: 'claim' },
    times: 2,
    provoke: ({ proxy }) => proxy.dropRequest({ op: 'RENAME', step: 'commit' }),
  },
  {
    title: 'the list of a journal',
    match: { op: 'LISTSTATUS_BATCH' },
    times: 2,
    provoke: ({ proxy }) => proxy.dropReply({ op: 'RENAME', step: 'commit' }),
  },
  // Each one is waited for longer than the one before.
  { title: 'an OffsetCommit', match: { op: 'OffsetCommit' }, times: 1 },
]

/** What only a partition's first owner sends. */
const FIRST_TARGETS: readonly Target[] = [
  { title: 'a genesis (RENAME)', match: { op: 'RENAME', step: 'genesis' }, times: 3 },
  { title: "a journal's attribute", match: { op: 'SETXATTR', step: 'identity' }, times: 3 },
  // Once it is there nobody sends it again.
  { title: 'the number of partitions', match: { op: 'SETXATTR', step: 'partitions' }, times: 1 },
  { title: 'a note that a journal is missed', match: { op: 'SETXATTR', step: 'missed' }, times: 2 },
]

type Lost = 'reply' | 'request'

function lost(what: Lost, target: Target, world: Fault['world']): Fault {
  const { title, match, provoke } = target
  return {
    name: `the ${what} of ${title} is lost`,
    kind: `${what} lost`,
    world,
    seconds: 3,
    options: LATER,
    async strike(struckWorld, random) {
      const { proxy } = struckWorld
      // What is sent only once has no second chance to be lost often.
      const isRepeated = world === 'shared' && provoke === undefined
      const times = target.times * (isRepeated ? 1 + random.int(4) : 1)
      const arm = () =>
        what === 'reply' ? proxy.dropReply(match, times) : proxy.dropRequest(match, times)
      // Of what only the first owner sends nothing may be missed.
      const early = provoke === undefined ? arm() : undefined
      const sink = await proxiedSink(struckWorld)
      const strike = early ?? arm()
      provoke?.(struckWorld)
      const struck = await survives(sink, strike, `${match.op} ${match.step ?? ''} x ${times}`)
      proxy.clear()
      return struck
    },
  }
}

function cutOff(at: UploadPart, where: string): Fault {
  return {
    name: `an upload is cut off ${where}`,
    kind: 'upload cut off',
    world: 'shared',
    seconds: 3,
    options: LATER,
    async strike(world, random) {
      const sink = await proxiedSink(world)
      const cut = world.proxy.resetUpload(at, 3 * (1 + random.int(4)))
      return await survives(sink, cut, `uploads cut off ${where}`)
    },
  }
}

const slow: Fault = {
  name: 'every request and every answer is slow',
  kind: 'slow network',
  world: 'shared',
  seconds: 8,
  options: LATER,
  async strike(world, random) {
    const settings = { kafka: { ...world.settings.kafka, ...PATIENT_SESSION } }
    const sink = await world.startSink({ through: 'proxy', settings })
    await leftAlone(world, sink)
    const rebalances = await sink.metric('rebalances_total')
    const { slowed } = world.proxy.slow(20 + random.int(80), 200_000 + random.int(800_000))
    try {
      for (let flushes = 0; flushes < 3; flushes++) await sink.awaitNextFlush()
      if (slowed() === 0) throw new Error('expected slow requests, found none')
      const after = await sink.metric('rebalances_total')
      if (after > rebalances) throw new Error('expected no rebalance while the network was slow')
    } finally {
      world.proxy.clear()
    }
    await world.startSink()
    await world.stopSink(sink)
  },
}

/** Nobody else is in its group, or causes a rebalance that it has not heard of yet. */
async function leftAlone(world: World, sink: SinkProcess): Promise<void> {
  const { stack, settings, ledger } = world
  await leaveOnly(world, sink)
  await sink.eventually('alone in its group', async () => {
    const group = await describeGroup(stack.info, settings.group)
    return group.state === 'Stable' && group.members === (settings.workers ?? WORKERS)
  })
  await owns(sink, ledger.partitions)
  await sink.awaitNextFlush()
}

const LOST: readonly Lost[] = ['reply', 'request']

export const NETWORK_FAULTS: readonly Fault[] = [
  ...LOST.flatMap((what) => TARGETS.map((target) => lost(what, target, 'shared'))),
  ...LOST.flatMap((what) => FIRST_TARGETS.map((target) => lost(what, target, 'own'))),
  cutOff(0, 'before its first byte'),
  cutOff(1, 'after its first byte'),
  cutOff('half', 'halfway'),
  cutOff('last', 'before its last byte'),
  slow,
]
