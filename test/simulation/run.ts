import { ACTIONS, calm } from './actions.ts'
import { BrokenPromiseError, type Problem } from './broken.ts'
import { Choices } from './choices.ts'
import { installClock } from './clock.ts'
import { seededRandom } from './random.ts'
import { storm } from './storm.ts'
import { World, type WorldOptions } from './world.ts'

/** What decided everything in a run. */
export type Origin = { readonly seed: number } | { readonly strikes: readonly unknown[] }

/** How one run ended. */
export interface Outcome {
  readonly origin: Origin
  readonly hash: string
  readonly counts: Readonly<Record<string, number>>
  readonly failure: Failure | undefined
}

export interface Failure {
  readonly problem: Problem
  readonly text: string
  /** All that was decided by chance. */
  readonly choices: readonly (readonly number[])[]
  readonly lines: readonly string[]
}

const STORM_STEPS = 800
const FAULTS = 0.06

/** What the seed says about the world before anything happens in it. */
export function worldOf(seed: number): WorldOptions {
  const random = seededRandom(seed ^ 0x5eed)
  return {
    sinks: 2 + random.int(2),
    workers: 1 + random.int(2),
    partitions: 1 + random.int(2),
    // Of so little the partitions themselves take half.
    budgetBytes: random.chance(0.3) ? 12 * 4_096 : 1e9,
    nameNodes: 1 + random.int(2),
    maxUploads: 1 + random.int(3),
    startFrom: random.chance(0.3) ? 'latest' : 'earliest',
    onRetentionGap: random.chance(0.5) ? 'skip' : 'stop',
    mayStop: random.chance(0.2),
    segmentBytes: random.chance(0.4) ? 1 : 1e9,
  }
}

/** Runs one seed to its end, in its own world or in one that is otherwise in some way. */
export function runSeed(seed: number, otherwise: Partial<WorldOptions> = {}): Promise<Outcome> {
  return run({ ...worldOf(seed), ...otherwise }, seed, Choices.seeded(seed), STORM_STEPS)
}

/** Runs a seed's world again, with choices that were recorded. */
export function replay(seed: number, choices: Failure['choices']): Promise<Outcome> {
  return run(worldOf(seed), seed, Choices.recorded(choices), choices.length - 1)
}

async function run(
  options: WorldOptions,
  seed: number,
  choices: Choices,
  steps: number,
): Promise<Outcome> {
  // Jitter is no choice: a schedule that was made shorter keeps it as it was.
  const jitter = seededRandom(seed ^ 0x717e4)
  const clock = installClock(() => jitter.int(1_000) / 1_000)
  const world = new World(options, choices, clock)
  const storming = async (): Promise<void> => {
    world.schedule.faults = FAULTS
    await storm(world, choices, steps, ACTIONS)
    choices.end()
    await world.calm(calm)
  }
  try {
    return await outcomeOf({ seed }, world, choices.steps, storming)
  } finally {
    clock.uninstall()
  }
}

/** How a world ends in which this is done. */
export async function outcomeOf(
  origin: Origin,
  world: World,
  choices: Failure['choices'],
  run: () => Promise<void>,
): Promise<Outcome> {
  let failure: Failure | undefined
  try {
    await run()
  } catch (error) {
    const known = error instanceof BrokenPromiseError
    const problem = known ? error.problem : 'fatal'
    const text = known ? error.message : String((error as Error).stack)
    failure = { problem, text, choices, lines: world.trace.lines }
  }
  world.finish()
  const { hash, counts } = world.trace
  return { origin, hash, counts, failure }
}
