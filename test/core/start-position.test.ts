import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMetadata } from '../../src/core/journal.ts'
import type { CommittedOffset } from '../../src/core/ports.ts'
import { decideWithJournal, decideWithoutJournal } from '../../src/core/start-position.ts'

const OURS = formatMetadata('journal', 3)
const LOG = { start: 10, end: 90 }
const ours = (offset: number): CommittedOffset => ({ offset, metadata: OURS })
const foreign = (offset: number): CommittedOffset => ({ offset, metadata: 'somebody' })

type Without = Parameters<typeof decideWithoutJournal>[0]
type With = Parameters<typeof decideWithJournal>[0]

function without(found: Partial<Without> = {}) {
  return decideWithoutJournal({
    committed: undefined,
    log: LOG,
    startFrom: 'earliest',
    addedLater: false,
    ...found,
  })
}

function withJournal(found: Partial<With> = {}) {
  return decideWithJournal({
    end: 50,
    next: found.end ?? 50,
    committed: undefined,
    log: LOG,
    onRetentionGap: 'stop',
    seenBefore: false,
    ...found,
  })
}

describe('no journal', () => {
  it.each([
    ['nothing committed, earliest', {}, 10],
    ['nothing committed, latest', { startFrom: 'latest' }, 90],
    ['a negative offset, earliest', { committed: foreign(-1) }, 10],
    ['a negative offset of ours, latest', { committed: ours(-1), startFrom: 'latest' }, 90],
    ['latest, but the partition was added later', { startFrom: 'latest', addedLater: true }, 10],
    ["somebody else's offset", { committed: foreign(33) }, 33],
    ["somebody else's offset, though latest", { committed: foreign(33), startFrom: 'latest' }, 33],
    ["somebody else's offset 0", { committed: foreign(0) }, 0],
  ] as const)('%s', (_, found, at) => {
    expect(without(found)).toEqual({ kind: 'start', at })
  })

  it.each([0, 33])('an offset of ours, %i: the journal was lost', (offset) => {
    const stop = { reason: 'journal-lost', committed: ours(offset) }
    expect(without({ committed: ours(offset) })).toEqual({ kind: 'stop', stop })
  })
})

describe('a journal that ends at 50', () => {
  it.each([
    ['nothing committed', undefined],
    ['a negative offset', foreign(-1)],
    ['the same offset, ours', ours(50)],
    ['the same offset, not ours', foreign(50)],
    ['a lower offset of ours: a commit was lost', ours(12)],
  ])('goes on there with %s', (_, committed) => {
    expect(withJournal({ committed })).toEqual({ kind: 'start', at: 50 })
  })

  it.each([
    ['a lower offset that is not ours', foreign(49)],
    ['a higher offset that is not ours', foreign(51)],
    ['a higher offset of ours', ours(51)],
  ])('stops with %s', (_, committed) => {
    const stop = { reason: 'group-moved', end: 50, committed }
    expect(withJournal({ committed })).toEqual({ kind: 'stop', stop })
  })

  it('is looked at again when the log ends below it, then stops', () => {
    const log = { start: 0, end: 49 }
    expect(withJournal({ log })).toEqual({ kind: 'look-again' })
    const stop = { reason: 'log-truncated', end: 50, next: 50, log }
    expect(withJournal({ log, seenBefore: true })).toEqual({ kind: 'stop', stop })
  })

  it('stops when its topic was created again, however long the new log is', () => {
    const log = { ...LOG, topicId: 'new' }
    expect(withJournal({ topicId: 'old', log })).toMatchObject({
      kind: 'stop',
      stop: { reason: 'topic-recreated', end: 50 },
    })
    expect(withJournal({ topicId: 'new', log })).toMatchObject({ kind: 'start' })
    expect(withJournal({ log })).toMatchObject({ kind: 'start' })
    expect(withJournal({ topicId: 'old' })).toMatchObject({ kind: 'start' })
  })

  it('may end where the log ends, and where it begins', () => {
    expect(withJournal({ log: { start: 0, end: 50 } })).toEqual({ kind: 'start', at: 50 })
    expect(withJournal({ log: { start: 50, end: 50 } })).toEqual({ kind: 'start', at: 50 })
  })

  it('stops when retention has passed it, or skips where that is configured', () => {
    const log = { start: 51, end: 90 }
    const stop = { reason: 'retention-passed', end: 50, log }
    expect(withJournal({ log })).toEqual({ kind: 'stop', stop })
    expect(withJournal({ log, onRetentionGap: 'skip' })).toEqual({ kind: 'skip', from: 50, to: 51 })
  })

  it('needs only what is not held yet', () => {
    expect(withJournal({ next: 60, log: { start: 55, end: 90 } })).toMatchObject({ kind: 'start' })
    expect(withJournal({ next: 60, log: { start: 61, end: 90 }, onRetentionGap: 'skip' })).toEqual({
      kind: 'skip',
      from: 60,
      to: 61,
    })
  })

  it('is measured by what is held, not by its own end, against either end of the log', () => {
    expect(withJournal({ next: 60, log: { start: 0, end: 55 } })).toEqual({ kind: 'look-again' })
    expect(withJournal({ next: 60, log: { start: 0, end: 60 } })).toEqual({ kind: 'start', at: 60 })
    const truncated = withJournal({ next: 60, log: { start: 0, end: 55 }, seenBefore: true })
    expect(truncated).toMatchObject({ stop: { reason: 'log-truncated', end: 50, next: 60 } })
    // What is held will be written: only what is missing after it was lost.
    expect(withJournal({ next: 60, log: { start: 61, end: 90 } })).toMatchObject({
      stop: { reason: 'retention-passed', end: 60 },
    })
  })

  it('stops for a moved group before anything else', () => {
    const found = {
      committed: foreign(3),
      log: { start: 60, end: 70 },
      onRetentionGap: 'skip',
    } as const
    expect(withJournal(found)).toMatchObject({ stop: { reason: 'group-moved' } })
  })
})

it('never goes on anywhere but at the next offset that is not held', () => {
  const offset = fc.nat({ max: 100 })
  const committed = fc.option(
    fc.record({ offset: fc.integer({ min: -1, max: 100 }), metadata: fc.constantFrom(OURS, '') }),
    { nil: undefined },
  )
  fc.assert(
    fc.property(offset, offset, offset, offset, committed, (end, held, a, b, c) => {
      const log = { start: Math.min(a, b), end: Math.max(a, b) }
      const decision = withJournal({ end, next: end + held, log, committed: c, seenBefore: true })
      if (decision.kind === 'start') expect(decision.at).toBe(end + held)
      else expect(decision.kind).toBe('stop')
    }),
  )
})
