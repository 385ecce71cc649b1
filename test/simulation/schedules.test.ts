import { describe, expect, it } from 'vitest'
import { describeFailure } from './report.ts'
import { type Outcome, runSeed } from './run.ts'
import { shrink } from './shrink.ts'

/** A failure names its seed: npm run simulate -- --from <seed> --seeds 1 --verbose runs it alone. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 1_000)
const REFUSED_SEEDS = 100

describe('several sinks under lost and late answers, crashes, stalls and zombies', () => {
  it(`leave every record in exactly one file: ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
    let failed: Outcome | undefined
    for (let seed = 1; seed <= SEEDS && failed === undefined; seed++) {
      const outcome = await runSeed(seed)
      if (outcome.failure !== undefined) failed = outcome
    }
    expect(failed && describeFailure((await shrink(failed))?.outcome ?? failed)).toBeUndefined()
  })

  it('hold up no partition for one whose uploads are refused', { timeout: 120_000 }, async () => {
    const otherwise = { partitions: 3, budgetBytes: 12 * 4_096, refusedPartition: 0 }
    let failed: Outcome | undefined
    for (let seed = 1; seed <= REFUSED_SEEDS && failed === undefined; seed++) {
      const outcome = await runSeed(seed, otherwise)
      if (outcome.failure !== undefined) failed = outcome
    }
    expect(failed && describeFailure(failed)).toBeUndefined()
  })

  it('go the same way for the same seed', async () => {
    const first = await runSeed(7)
    expect(first.counts.steps).toBeGreaterThan(500)
    expect(await runSeed(7)).toEqual(first)
    expect((await runSeed(8)).hash).not.toBe(first.hash)
  })
})
