import type { WorldAction } from './actions.ts'
import type { Choices } from './choices.ts'
import type { World } from './world.ts'

/*
 * One thing after the other, by chance. The first entry is what happens by default.
 */

interface Happening {
  readonly weight: number
  readonly happens: (world: World, choices: Choices) => void
}

const HAPPENINGS: readonly Happening[] = [
  { weight: 770, happens: releaseOne },
  { weight: 70, happens: fetch },
  { weight: 25, happens: produce },
  { weight: 45, happens: (world, choices) => world.pass(1 + choices.int(700)) },
  { weight: 50, happens: (world) => world.group.heartbeats(0.2) },
  { weight: 20, happens: rebalance },
  { weight: 3, happens: crash },
  { weight: 4, happens: stall },
  { weight: 4, happens: wakeOrStart },
  { weight: 1, happens: stop },
]
/** Of all that happens to the servers, unless the world says otherwise. */
const SERVER_WEIGHT = 25

/** `actions` are what may happen to the servers. */
export async function storm(
  world: World,
  choices: Choices,
  steps: number,
  actions: readonly WorldAction[],
): Promise<void> {
  const weight = world.options.serverWeight ?? SERVER_WEIGHT
  const server = { weight, happens: actOnServers(actions) }
  const happenings = [...HAPPENINGS, server]
  const weights = happenings.map(({ weight }) => weight)
  world.start()
  for (let i = 0; i < steps; i++) {
    choices.nextStep()
    happenings[choices.weighted(weights)]?.happens(world, choices)
    await world.settle()
  }
}

function actOnServers(actions: readonly WorldAction[]): Happening['happens'] {
  const weights = actions.map(({ weight }) => weight)
  return (world, choices) => {
    const action = actions[choices.weighted(weights)]
    if (action !== undefined) world.act(action)
  }
}

function releaseOne(world: World, choices: Choices): void {
  const { ready } = world.schedule
  if (ready.length > 0) world.release(choices.pick(ready))
  else passQuietly(world)
}

/** Nothing is on its way: what would come by itself does. */
function passQuietly(world: World): void {
  if (world.group.isDue) world.group.rebalance()
  else world.group.heartbeats()
  world.pass(100)
}

function fetch(world: World, choices: Choices): void {
  const { threads } = world
  if (threads.length > 0) world.fetch(choices.pick(threads), 1 + choices.int(4))
}

function produce(world: World, choices: Choices): void {
  world.produce(choices.int(world.kafka.partitions), 1 + choices.int(4))
}

/** A rebalance that is due, or on its way; now and then one in which somebody is left out. */
function rebalance(world: World, choices: Choices): void {
  const { group } = world
  if (group.isDue) group.rebalance({ cutOff: choices.chance(0.3) ? 0.3 : 0 })
  else if (choices.chance(0.3)) group.rebalance({ cutOff: 0.4 })
}

function crash(world: World, choices: Choices): void {
  const { threads } = world
  if (threads.length > 0 && choices.chance(0.5)) world.crashWorker(choices.pick(threads))
  else {
    const up = world.sinks.filter(({ isUp }) => isUp)
    if (up.length > 0) world.crashSink(choices.pick(up))
  }
}

function stall(world: World, choices: Choices): void {
  const threads = world.threads.filter(({ life }) => life.isRunning)
  if (threads.length === 0) return
  const thread = choices.pick(threads)
  const sink = world.sinks.find((one) => one.threads.includes(thread))
  if (sink === undefined || choices.chance(0.3)) world.stallWorker(thread)
  else world.stallSink(sink)
}

function wakeOrStart(world: World, choices: Choices): void {
  const sink = choices.pick(world.sinks)
  if (sink.isUp) world.wake(sink)
  else world.startSink(sink)
}

function stop(world: World, choices: Choices): void {
  const sink = choices.pick(world.sinks)
  if (sink.isUp && !sink.isStalled) world.stopSink(sink)
}
