import { afterEach, describe, expect, it, vi } from 'vitest'
import { runStruck, singles } from './exhaustive.ts'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { unchanged } from './mutations-writer.ts'
import { type Outcome, runSeed } from './run.ts'

const writer = vi.hoisted(() => ({ mutation: (real: unknown) => real }))

vi.mock(import('../../src/core/partition-writer.ts'), async (importOriginal) => {
  const real = await importOriginal()
  const step: typeof real.step = (state, event, nowMs) =>
    (writer.mutation(real.step) as typeof real.step)(state, event, nowMs)
  return { ...real, step }
})

/** Enough for the rarest of the mutations, several times over. */
const MOST_SEEDS = Number(process.env.SIMULATION_SEEDS ?? 4_000)

let undo = (): void => {}

afterEach(() => {
  undo()
  undo = () => {}
  writer.mutation = unchanged as (real: unknown) => unknown
})

describe('the checks notice a sink that', () => {
  it.each(Object.entries(MUTATIONS))('%s', { timeout: 120_000 }, async (_, mutation) => {
    writer.mutation = (mutation.writer ?? unchanged) as (real: unknown) => unknown
    undo = mutation.patch?.() ?? undo
    let noticed: Outcome['failure']
    for await (const { failure } of runs(mutation)) {
      // A mutation that makes a worker throw shows nothing about the checks.
      if (failure === undefined || failure.problem === 'fatal') continue
      noticed = failure
      break
    }
    expect(noticed).toBeDefined()
  })
})

async function* runs({ options, strike }: Mutation): AsyncGenerator<Outcome> {
  if (strike !== undefined) {
    for (const strikes of await singles([strike])) yield await runStruck(strikes)
    return
  }
  for (let seed = 1; seed <= MOST_SEEDS; seed++) yield await runSeed(seed, options)
}
