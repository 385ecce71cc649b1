import { expect, it } from 'vitest'
import { plain } from '../src/cli-colors.ts'
import { eventText, flushText } from '../src/cli-run.ts'
import { stepText } from '../src/cli-validate.ts'

const flush = {
  type: 'flush',
  topic: 'clicks',
  partition: 0,
  trigger: 'records',
  startOffset: 5,
  endOffset: 8,
  records: 3,
  oldestTimestampMs: undefined,
  isOpen: false,
} as const

it('a rehearsed flush is shown with its files, one without files not at all', () => {
  const files = [{ path: '/kafka/a.txt', byteLength: 12 }]
  expect(flushText({ ...flush, files })).toBe(
    'clicks-0 offsets 5 to 7, 3 records (records)\n  /kafka/a.txt  12 bytes\n',
  )
  expect(flushText({ ...flush, files, isOpen: true })).toContain('(not full yet)')
  expect(flushText({ ...flush, files: [] })).toBe('')
})

it('a rehearsal that waits says for whom, and when that is over', () => {
  const trouble = { type: 'trouble', component: 'hdfs', op: 'GETFILESTATUS' } as const
  expect(eventText({ ...trouble, state: 'begins' })).toBe(
    'waiting for HDFS: GETFILESTATUS fails and is repeated (validate says why; Ctrl-C ends this)\n',
  )
  expect(eventText({ ...trouble, state: 'ends' })).toBe('HDFS answers again: GETFILESTATUS works\n')
})

it('a step of validate is one line, and a second one with what to do', () => {
  const step = { name: 'TCP', about: 'broker b:1', found: 'connected', help: null }
  expect(stepText({ ...step, outcome: 'ok' }, plain)).toBe(
    'ok      TCP           broker b:1: connected\n',
  )
  const failed = { ...step, outcome: 'failed', found: 'refused', help: 'Start it.' } as const
  expect(stepText(failed, plain)).toBe(
    'FAILED  TCP           broker b:1: refused\n        = Start it.\n',
  )
})
