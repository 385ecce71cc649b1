import { describe, expect, it } from 'vitest'
import {
  pairsAfter,
  runStruck,
  SPECIAL_STRIKES,
  STRIKES,
  type Strike,
  singles,
} from './exhaustive.ts'
import { describeFailure } from './report.ts'
import type { Outcome } from './run.ts'

/** `npm run simulate -- --exhaustive` takes each of them. */
const STRIDE = Number(process.env.SIMULATION_STRIDE ?? 12)

function described(outcome: Outcome): string[] {
  return outcome.failure === undefined ? [] : [describeFailure(outcome)]
}

describe('a small workload', () => {
  it('goes through all that a partition meets', async () => {
    const { counts, failure } = await runStruck([])
    expect(failure).toBeUndefined()
    expect(counts['call steps']).toBeGreaterThan(80)
    expect(counts.files).toBeGreaterThanOrEqual(4)
  })

  it.each([...STRIKES, ...SPECIAL_STRIKES])(
    'survives "%s" at every step',
    { timeout: 60_000 },
    async (kind) => {
      for (const strikes of await singles([kind])) {
        expect(described(await runStruck(strikes))).toEqual([])
      }
    },
  )

  it.each(STRIKES)(
    'survives "%s" and then any other, at every pair of steps',
    { timeout: 300_000 },
    async (first) => {
      for (const [strike] of await singles([first])) {
        if ((strike as Strike).step % STRIDE !== 0) continue
        for await (const outcome of pairsAfter(strike as Strike, STRIKES, STRIDE)) {
          expect(described(outcome)).toEqual([])
        }
      }
    },
  )
})
