import { afterEach, describe, expect, it, vi } from 'vitest'
import { runWorld, type WorldOptions } from './mini-world.ts'
import { MUTATIONS, unchanged } from './mutations.ts'

const writer = vi.hoisted(() => ({ mutation: (real: unknown) => real }))

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

vi.mock(import('../../src/core/partition-writer.ts'), async (importOriginal) => {
  const real = await importOriginal()
  const step: typeof real.step = (state, event, nowMs) =>
    (writer.mutation(real.step) as typeof real.step)(state, event, nowMs)
  return { ...real, step }
})

/** A failure names its seed: SIMULATION_FIRST=<seed> SIMULATION_SEEDS=1 runs it alone. */
const FIRST = Number(process.env.SIMULATION_FIRST ?? 1)
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 200)
/** Enough for the rarest of the mutations, several times over. */
const SEEDS_PER_MUTATION = 60

function worldOf(seed: number): WorldOptions {
  return { seed, partitions: 1 + (seed % 2), processes: 2 + (seed % 2) }
}

/** The first seed at which a promise was broken. */
async function firstFailure(first: number, seeds: number): Promise<string | undefined> {
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      await runWorld(worldOf(seed))
    } catch (error) {
      return String(error)
    }
  }
  return undefined
}

afterEach(() => {
  writer.mutation = unchanged as (real: unknown) => unknown
})

describe('several owners of a partition, lost and late replies, zombies', () => {
  it(`leave every record in exactly one file: ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
    expect(await firstFailure(FIRST, SEEDS)).toBeUndefined()
  })

  it('go the same way for the same seed', async () => {
    const first = await runWorld(worldOf(7))
    expect(first.length).toBeGreaterThan(50)
    expect(await runWorld(worldOf(7))).toEqual(first)
  })
})

describe('the checks notice a writer that', () => {
  it.each(Object.entries(MUTATIONS))('%s', { timeout: 60_000 }, async (_, mutation) => {
    writer.mutation = mutation as (real: unknown) => unknown
    const broken = /visible twice|before all of it was visible|not everything did arrive/
    expect(await firstFailure(1, SEEDS_PER_MUTATION)).toMatch(broken)
  })
})
