import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Stack } from '../../stack/index.ts'
import { SINGLE_FAULTS } from './all.ts'
import { FAILPOINT_REACHED, MOMENTS, NOTE_ALL, STEPS } from './failpoint.ts'
import { chosenOf, everyRecordIsThereOnce, strikeAll } from './strike.ts'
import { heal, startLane } from './torture.ts'
import { World } from './world.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startLane('single')
}, 180_000)
afterEach(() => heal(stack))
afterAll(async () => {
  await stack?.stop()
})

describe('a sink', () => {
  it('comes to every step that a failpoint may have', async () => {
    const world = await World.open(stack, { sinks: 0 })
    // One member: where there are two, a rebalance may come in the midst of a step.
    const sink = await world.startSink({ failpoints: NOTE_ALL, settings: { workers: 1 } })
    for (const step of STEPS) {
      for (const when of MOMENTS) {
        await sink.awaitLog(`${when} ${step}`, (line) => {
          return line.msg === FAILPOINT_REACHED && line.step === step && line.when === when
        })
      }
    }
    await everyRecordIsThereOnce(world)
  })

  it.each(Object.entries(SINGLE_FAULTS))(
    'loses and doubles nothing, whatever happens to %s',
    (_what, faults) => strikeAll(stack, chosenOf(faults)),
    300_000,
  )

  it('starts without failpoints where nobody asks for them', async () => {
    const world = await World.open(stack)
    await world.caughtUp()
    const logs = world.sinks.flatMap(({ log }) => log)
    expect(logs.filter(({ msg }) => msg === FAILPOINT_REACHED)).toEqual([])
    await everyRecordIsThereOnce(world)
  })
})
