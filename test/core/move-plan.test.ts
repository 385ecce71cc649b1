import { describe, expect, it } from 'vitest'
import { formatMetadata } from '../../src/core/journal.ts'
import {
  explainMove,
  parseTarget,
  planMove,
  type Standing,
  type Target,
  TargetRefusedError,
} from '../../src/core/move-plan.ts'

const STANDING: Standing = {
  at: { topic: 't', partition: 1 },
  end: 50,
  committed: { offset: 40, metadata: formatMetadata('j', 3) },
  log: { start: 10, end: 90 },
}
const plan = (target: Target, more: Partial<Standing> = {}) =>
  planMove(target, { ...STANDING, ...more })

describe('a target', () => {
  it.each<[string, Target]>([
    ['earliest', { kind: 'earliest' }],
    ['latest', { kind: 'latest' }],
    ['journal', { kind: 'journal' }],
    ['group', { kind: 'group' }],
    ['0', { kind: 'offset', offset: 0 }],
    ['2026', { kind: 'offset', offset: 2026 }],
    ['2026-01-31', { kind: 'time', timestampMs: Date.UTC(2026, 0, 31) }],
    ['2026-01-31T01:00:00+01:00', { kind: 'time', timestampMs: Date.UTC(2026, 0, 31) }],
  ])('may be %s', (text, target) => expect(parseTarget(text)).toEqual(target))

  it.each(['', '-1', '1.5', 'Earliest', '99999999999999999', '2026-13-01', '31.01.2026', 'now'])(
    'is not %j',
    (text) => expect(parseTarget(text)).toBeUndefined(),
  )
})

describe('a move', () => {
  it.each<[string, Target, Partial<Standing>, number]>([
    ['the beginning of the log', { kind: 'earliest' }, {}, 10],
    ['its end', { kind: 'latest' }, {}, 90],
    ["the journal's end", { kind: 'journal' }, {}, 50],
    ["the group's offset", { kind: 'group' }, {}, 40],
    ['an offset', { kind: 'offset', offset: 33 }, {}, 33],
    ['a time', { kind: 'time', timestampMs: 5 }, { offsetAtTime: 77 }, 77],
    ['a time after the last record', { kind: 'time', timestampMs: 5 }, {}, 90],
  ])('to %s', (_, target, more, to) => expect(plan(target, more).to).toBe(to))

  it.each<[string, Target, Partial<Standing>]>([
    ['before the log', { kind: 'offset', offset: 9 }, {}],
    ['after the log', { kind: 'offset', offset: 91 }, {}],
    ['to a journal that is beyond the log', { kind: 'journal' }, { end: 91 }],
    ['to a journal that there is not', { kind: 'journal' }, { end: undefined }],
    ['to an offset that the group does not have', { kind: 'group' }, { committed: undefined }],
  ])('%s is refused', (_, target, more) => {
    expect(() => plan(target, more)).toThrow(TargetRefusedError)
  })

  it('begins at what the sink told the group where there is no journal, and nowhere else', () => {
    const lost = { end: undefined }
    expect(plan({ kind: 'group' }, lost)).toMatchObject({ from: 40, direction: 'same' })
    const foreign = { ...lost, committed: { offset: 40, metadata: '' } }
    expect(plan({ kind: 'group' }, foreign)).toMatchObject({ from: undefined, direction: 'begin' })
  })

  it.each<[string, number, string]>([
    ['nothing', 50, 'Nothing moves: journal and group will agree on 50.'],
    ['back', 20, 'Rewinds by 30: the records from 20 on will be written again.'],
    ['forward', 60, 'Skips 10 offsets, from 50 on, that will never be written.'],
  ])('says what it means when it goes %s', (_, offset, meaning) => {
    const moved = plan({ kind: 'offset', offset })
    expect(explainMove(moved, STANDING.log)).toContain(meaning)
  })

  it('tells what is skipped from what is gone already', () => {
    const log = { start: 70, end: 90 }
    expect(explainMove(plan({ kind: 'offset', offset: 75 }, { log }), log)).toBe(
      'Skips 5 offsets, from 70 on, that will never be written; 20 more were removed by retention already.',
    )
  })
})
