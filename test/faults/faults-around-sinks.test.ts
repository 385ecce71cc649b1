import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import type { Stack } from '../../stack/index.ts'
import { FAULTS_AROUND_SINKS } from './all.ts'
import { kindsOf, strikeAll } from './strike.ts'
import { heal, startLane } from './torture.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startLane('single')
}, 180_000)
afterEach(() => heal(stack))
afterAll(async () => {
  await stack?.stop()
})

describe('a sink', () => {
  it.each(kindsOf(FAULTS_AROUND_SINKS))(
    'loses and doubles nothing: %s',
    (_kind, faults) => strikeAll(stack, faults),
    120_000,
  )
})
