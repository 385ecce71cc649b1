import { setTimeout as delay } from 'node:timers/promises'
import { describeGroup } from '../support/ledger-kafka.ts'
import type { SinkProcess } from '../support/sink-process.ts'
import {
  type Action,
  FAILPOINT_REACHED,
  formatFailpoint,
  type Moment,
  STEPS,
  type Step,
} from './failpoint.ts'
import type { Fault, Random } from './fault.ts'
import { leaveOnly } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * What becomes of the sink's own processes, each at one step of the protocol. Another sink joins the
 * world and comes to its failpoint with the partitions that it is given.
 */

const KINDS: Readonly<Record<Action, string>> = {
  kill: 'kill -9 of the process',
  exit: 'kill -9 of a worker',
  stop: 'SIGSTOP past the session, then SIGCONT',
  term: 'SIGTERM',
}

const TITLES: Readonly<Record<Action, string>> = {
  kill: 'the process is killed',
  exit: 'a worker dies',
  stop: 'the process is frozen past its session and wakes',
  term: 'the process is told to end',
}

/** Each worker that takes a dead one's place dies at the same step, so many in all. */
const WORKERS = 3

type Strike = (world: World, sink: SinkProcess, times: number) => Promise<void>

const STRIKES: Readonly<Record<Action, Strike>> = {
  kill: async (_, sink) => {
    const { signal } = await sink.exit
    if (signal !== 'SIGKILL')
      throw new Error(`expected SIGKILL, found ${signal}\n${sink.describe()}`)
  },
  exit: async (_, sink, times) => {
    await sink.eventually(`replaced ${times} times`, async () => {
      const replaced = sink.log.filter(({ msg }) => msg === 'worker ended, another takes its place')
      return replaced.length >= times
    })
  },
  stop: strikeFrozen,
  term: async (_, sink) => {
    const { code } = await sink.exit
    if (code !== 0) throw new Error(`expected exit code 0, found ${code}\n${sink.describe()}`)
  },
}

/** A true zombie: it wakes beside those who have taken its partitions. */
async function strikeFrozen(world: World, sink: SinkProcess): Promise<void> {
  if (world.sinks.length < 2) await world.startSink()
  const { stack, settings } = world
  const members = async (): Promise<number> =>
    (await describeGroup(stack.info, settings.group)).members
  const others = 2 * (world.sinks.length - 1)
  await sink.eventually('not missed', async () => (await members()) <= others)
  await world.caughtUp()
  sink.kill('SIGCONT')
  await sink.eventually('a member again', async () => (await members()) > others)
}

/** In each assignment. */
const ONCE: readonly Step[] = ['find', 'genesis', 'claim', 'settle']

function atStep(step: Step, when: Moment, action: Action): Fault {
  const isFirst = step === 'genesis'
  return {
    name: `${TITLES[action]} ${when === 'before' ? 'right before' : 'right after'} ${named(step)}`,
    kind: KINDS[action],
    world: isFirst ? 'own' : 'shared',
    seconds: action === 'stop' ? 8 : 4,
    ...(isFirst ? { options: { sinks: 0 } } : {}),
    async strike(world, random) {
      if (!isFirst) await leaveOne(world, random)
      const pass = ONCE.includes(step) ? 1 : 1 + random.int(3)
      // A journal is founded once.
      const times = action === 'exit' && !isFirst ? WORKERS : 1
      const failpoints = formatFailpoint({ step, when, action, pass, times })
      const sink = world.spawnSink({ failpoints })
      await sink.awaitMessage(FAILPOINT_REACHED)
      await STRIKES[action](world, sink, times)
      await leaveOne(world, random)
      return times
    },
  }
}

function named(step: Step): string {
  return step === 'tell-kafka' ? 'Kafka is told' : `the step "${step}"`
}

/** So that the next sink that joins is given a partition; which one stays is chance. */
async function leaveOne(world: World, random: Random): Promise<void> {
  if (world.sinks.length === 0) await world.startSink()
  await leaveOnly(world, random.pick(world.sinks))
}

const CHURN_ROUNDS = 4
const CHURN_INTERVAL_MS = 2_000

/** Members join and leave every two seconds, one of them without a word. */
const churn: Fault = {
  name: 'members join and leave every two seconds',
  kind: 'members join and leave',
  world: 'shared',
  seconds: 12,
  async strike(world, random) {
    for (let round = 0; round < CHURN_ROUNDS; round++) {
      const next = delay(CHURN_INTERVAL_MS)
      const [oldest] = world.sinks
      await world.startSink()
      if (oldest !== undefined) {
        if (random.chance(0.3)) await world.killSink(oldest)
        else await world.stopSink(oldest)
      }
      await next
    }
    return CHURN_ROUNDS * 2
  },
}

const ACTIONS = ['kill', 'exit', 'stop', 'term'] as const
const MOMENTS = ['before', 'after'] as const

export const PROCESS_FAULTS: readonly Fault[] = [
  ...ACTIONS.flatMap((action) =>
    STEPS.flatMap((step) => MOMENTS.map((when) => atStep(step, when, action))),
  ),
  churn,
]
