import { expect, it } from 'vitest'
import { parseFailpoint } from './failpoint.ts'

it('a failpoint names a step, a moment, what happens, and at which pass', () => {
  expect(parseFailpoint('commit:after=kill@2')).toEqual({
    step: 'commit',
    when: 'after',
    action: 'kill',
    pass: 2,
    times: 1,
  })
  expect(parseFailpoint('claim:after=exit@1x3')).toMatchObject({ pass: 1, times: 3 })
  expect(parseFailpoint('tell-kafka:before=stop')).toMatchObject({ step: 'tell-kafka', pass: 1 })
})

it.each([
  '',
  'commit',
  'commit:after',
  'comit:after=kill',
  'commit:during=kill',
  'commit:after=burn',
])('"%s" is no failpoint', (text) => {
  expect(() => parseFailpoint(text)).toThrow('expected a failpoint such as commit:after=kill@2')
})
