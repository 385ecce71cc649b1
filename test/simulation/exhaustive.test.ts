import { describe, expect, it } from 'vitest'
import {
  CRASHES,
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
const STRIDE = Number(process.env.SIMULATION_STRIDE ?? 3)

function described(strikes: readonly Strike[], outcome: Outcome): string[] {
  if (outcome.failure === undefined) return []
  return [`${JSON.stringify(strikes)}\n${describeFailure(outcome)}`]
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
        expect(described(strikes, await runStruck(strikes))).toEqual([])
      }
    },
  )

  const pairs = CRASHES.flatMap((first) => STRIKES.map((second) => [first, second] as const))
  it.each(pairs)(
    'survives "%s" and then "%s", at every pair of steps',
    { timeout: 300_000 },
    async (first, second) => {
      for (const [strike] of await singles([first])) {
        if ((strike as Strike).step % STRIDE !== 0) continue
        for await (const { strikes, outcome } of pairsAfter(strike as Strike, [second], STRIDE)) {
          expect(described(strikes, outcome)).toEqual([])
        }
      }
    },
  )
})
