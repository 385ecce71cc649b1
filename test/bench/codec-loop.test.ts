import { expect, it } from 'vitest'
import { figuresOf } from '../../bench/scenarios/codec-loop.ts'

it('what a loop with a codec takes beyond one without is compared with the codec alone', () => {
  const figures = figuresOf({ text: 1, compressed: 6, alone: 4 })
  expect(figures).toEqual({ cpuSecondsPerMillion: 6, ofCodec: 1.25 })
})
