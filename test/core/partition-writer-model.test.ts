import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { step } from '../../src/core/partition-writer.ts'
import {
  heartbeatNotAwaited,
  heldDataKept,
  stopKept,
  WRITER_MUTATIONS,
} from '../simulation/mutations-writer.ts'
import { WriterModel } from './writer-model.ts'

const happenings = fc.array(fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 999 })), {
  minLength: 20,
  maxLength: 250,
  size: 'max',
})

function run(list: readonly (readonly [number, number])[], variant: typeof step): WriterModel {
  const model = new WriterModel(variant)
  for (const [what, how] of list) model.happen(what, how)
  model.finishWell()
  return model
}

it('whatever happens in whatever order, the rules hold and the writer ends when it is told to', () => {
  const numRuns = Number(process.env.MODEL_RUNS ?? 3_000)
  let written = 0
  fc.assert(
    fc.property(happenings, (list) => {
      written += run(list, step).end
    }),
    { numRuns },
  )
  // Otherwise too little has happened to prove anything.
  expect(written).toBeGreaterThan(5 * numRuns)
})

describe('the rules notice a writer that', () => {
  it.each([
    ...Object.entries(WRITER_MUTATIONS),
    ['keeps records that do not follow the end of the journal', heldDataKept] as const,
    ['stops at a record when what came before it is lost', stopKept] as const,
    ['does not wait for a heartbeat', heartbeatNotAwaited] as const,
  ])('%s', (_, mutation) => {
    const property = fc.property(happenings, (list) => void run(list, mutation(step)))
    const { failed, errorInstance } = fc.check(property, { numRuns: 3_000, endOnFailure: true })
    expect(failed && String(errorInstance)).toMatch(/broken:/)
  })
})
