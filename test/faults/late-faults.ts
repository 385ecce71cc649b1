import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import type { Hold, Match } from './fault-proxy.ts'
import { claimAnew, comes, proxiedSink } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * A request may be executed long after its sender stopped waiting for it, or died. None may change
 * anything then.
 */

interface Late {
  readonly title: string
  readonly match: Match
  /** Whether it may still work, and leaves nothing but a file that nobody looks at. */
  readonly harmless: boolean
  readonly provoke?: (world: World) => void
}

const LATE: readonly Late[] = [
  { title: 'a commit', match: { op: 'RENAME', step: 'commit' }, harmless: false },
  { title: 'a publish', match: { op: 'RENAME', step: 'publish' }, harmless: false },
  {
    title: 'a claim',
    match: { op: 'RENAME', step: 'claim' },
    harmless: false,
    provoke: ({ proxy }) => proxy.dropRequest({ op: 'RENAME', step: 'commit' }),
  },
  { title: 'an upload', match: { op: 'CREATE_DATA' }, harmless: true },
  { title: 'a joining of segments', match: { op: 'CONCAT' }, harmless: true },
  { title: 'a stamp', match: { op: 'SETXATTR', step: 'stamp' }, harmless: true },
  { title: 'an OffsetCommit', match: { op: 'OffsetCommit' }, harmless: true },
]

async function withhold(world: World, sink: SinkProcess, late: Late): Promise<Hold> {
  const held = world.proxy.hold(late.match)
  late.provoke?.(world)
  await comes(sink, `${late.title} to keep back`, held.done)
  return held
}

async function deliver(world: World, sink: SinkProcess, held: Hold, late: Late): Promise<void> {
  const statuses = await comes(sink, `the answer to ${late.title}`, held.deliver())
  const worked = statuses.some((status) => status < 300)
  if (worked && !late.harmless) {
    throw new Error(`expected ${late.title} to be refused when it came late, found ${statuses}`)
  }
  world.proxy.clear()
  await claimAnew(world)
}

interface Moment {
  readonly title: string
  /** Lets the sender end its wait, or its life; returns who is at work then. */
  readonly passes: (world: World, sink: SinkProcess) => Promise<SinkProcess>
}

const MOMENTS: readonly Moment[] = [
  { title: 'its sender gave up and went on', passes: async (_world, sink) => sink },
  {
    title: 'its owner was killed and replaced',
    async passes(world, sink) {
      await world.killSink(sink)
      return await world.startSink()
    },
  },
]

function executedAfter(moment: Moment, late: Late): Fault {
  return {
    name: `${late.title} is executed after ${moment.title}`,
    kind: 'request executed late',
    world: 'shared',
    seconds: 8,
    options: { sinks: 0 },
    async strike(world) {
      const sink = await proxiedSink(world)
      const held = await withhold(world, sink, late)
      const atWork = await moment.passes(world, sink)
      await comes(atWork, `the end of the wait for ${late.title}`, held.abandoned)
      await world.caughtUp()
      await deliver(world, atWork, held, late)
    },
  }
}

/** Two want to found the journals: the one whose rename was late finds those of the other. */
const lateGenesis: Fault = {
  name: 'a genesis is executed after somebody else founded the journal',
  kind: 'request executed late',
  world: 'own',
  seconds: 8,
  options: { sinks: 0 },
  async strike(world) {
    const held = world.proxy.hold({ op: 'RENAME', step: 'genesis' })
    const sink = await proxiedSink(world)
    await comes(sink, 'a genesis to keep back', held.done)
    await comes(sink, 'the end of the wait for the genesis', held.abandoned)
    await world.caughtUp()
    await deliver(world, sink, held, { title: 'a genesis', match: { op: '' }, harmless: false })
  },
}

export const LATE_FAULTS: readonly Fault[] = [
  ...MOMENTS.flatMap((moment) => LATE.map((late) => executedAfter(moment, late))),
  lateGenesis,
]
