import { describe, expect, it } from 'vitest'
import { formatMetadata } from '../../src/core/journal.ts'
import { accepts, wakeAtMs } from '../../src/core/partition-writer.ts'
import { BASE, head, JOURNAL, journalWith, WriterDriver, writing } from './writer-driver.ts'

const OURS = formatMetadata('j', 1)

/** Claimed and settled: the next answer is about offsets. */
function comparing(end = 0, settings = {}): WriterDriver {
  return new WriterDriver(settings)
    .answer({ type: 'journal-found', journal: journalWith(`head.3.${end}.-.other`) })
    .answer({ type: 'claimed' })
    .answer({ type: 'settled' })
}

/** Holds [0, position) in memory, after a surprise, and has claimed again at `end`. */
function holding(position: number, end: number, settings = {}): WriterDriver {
  const writer = writing({ rotation: { ...ROTATION, records: 10 }, ...settings })
  for (let next = 10; next <= position; next += 10) writer.read(next)
  writer.read(position).uploaded().answer({ type: 'surprised' }).send({ type: 'heartbeat' })
  writer.answer({ type: 'journal-found', journal: journalWith(`head.8.${end}.f.x`) })
  return writer.answer({ type: 'claimed' }).answer({ type: 'settled' })
}
const ROTATION = { records: 10, bytes: 1_000, intervalMs: 60_000, openFiles: 3 }

describe('without a journal', () => {
  it('reads the offsets, founds one, and looks for it again', () => {
    const writer = new WriterDriver().answer({ type: 'journal-found', journal: undefined })
    expect(writer.did).toEqual(['read-offsets'])
    writer.offsets({ log: { start: 5, end: 9 } })
    expect(writer.effect('create-journal')).toMatchObject({ start: 5, writer: 'me-0' })
    expect(writer.answer({ type: 'journal-created' }).effect('find-journal').base).toBeUndefined()
  })

  it('decides where to start once: the journal of whoever was faster counts', () => {
    const writer = new WriterDriver({ startFrom: 'latest' })
    writer.answer({ type: 'journal-found', journal: undefined })
    writer.offsets({ log: { start: 0, end: 9 } })
    expect(writer.effect('create-journal').start).toBe(9)
    writer.answer({ type: 'journal-created' }).recover('head.0.7.-.faster')
    expect(writer.effect('fetch-from').offset).toBe(7)
  })

  it('stops when Kafka says that there was one', () => {
    const writer = new WriterDriver().answer({ type: 'journal-found', journal: undefined })
    writer.offsets({ committed: { offset: 5, metadata: OURS } })
    expect(writer.phase).toBe('surprised')
    writer.send({ type: 'heartbeat' }).answer({ type: 'journal-found', journal: undefined })
    writer.offsets({ committed: { offset: 5, metadata: OURS } })
    expect(writer.effect('report-stop').stop.reason).toBe('journal-lost')
  })

  it('goes on with one that another owner has founded meanwhile', () => {
    const writer = new WriterDriver().answer({ type: 'journal-found', journal: undefined })
    writer.offsets({ committed: { offset: 5, metadata: OURS } })
    writer.send({ type: 'heartbeat' }).recover('head.3.5.-.other')
    expect(writer.effect('fetch-from').offset).toBe(5)
  })
})

describe('a journal that was found', () => {
  it('is claimed by renaming its token to a name that nobody else gives', () => {
    const writer = new WriterDriver()
    writer.answer({ type: 'journal-found', journal: journalWith('head.3.40.f.other') })
    expect(writer.effect('claim')).toMatchObject({
      base: BASE,
      from: head(3, 40, 'f', 'other'),
      to: head(4, 40, 'f', 'me-0'),
    })
  })

  it('is looked for by its name again where a failover has undone that it got it', () => {
    const writer = new WriterDriver()
    writer.answer({ type: 'journal-found', journal: journalWith('head.0.0.-.other') })
    writer.answer({ type: 'misplaced' }).send({ type: 'heartbeat' })
    expect(writer.effect('find-journal').base).toBeUndefined()
  })

  it('stops when it was taken from its place since the last claim', () => {
    const writer = writing().read(10).uploaded().answer({ type: 'surprised' })
    writer.send({ type: 'heartbeat' })
    writer.answer({ type: 'journal-found', journal: journalWith('head.8.0.-.x') })
    expect(writer.answer({ type: 'misplaced' }).effect('report-stop').stop.reason).toBe(
      'journal-gone',
    )
  })

  it('is claimed under another name the next time', () => {
    const writer = new WriterDriver()
    writer.answer({ type: 'journal-found', journal: journalWith('head.3.40.-.other') })
    writer.answer({ type: 'surprised' }).send({ type: 'heartbeat' })
    writer.answer({ type: 'journal-found', journal: journalWith('head.3.40.-.other') })
    expect(writer.effect('claim').to.writer).toBe('me-1')
  })

  it('is settled before anything is written: all but the carried flush is stale', () => {
    const temps = ['f.0.tmp', 'f.1.tmp', 'g.0.tmp', 'me-7.0.tmp']
    const writer = new WriterDriver()
    writer.answer({ type: 'journal-found', journal: journalWith('head.3.40.f.other', ...temps) })
    writer.answer({ type: 'claimed' })
    expect(writer.effect('settle')).toMatchObject({ flush: 'f', stale: ['g.0.tmp', 'me-7.0.tmp'] })
    expect(writer.answer({ type: 'settled' }).did).toEqual(['read-offsets'])
  })

  it.each([
    // Only an acknowledged claim shows that the name of its directory is durable.
    ['claim, by its name', 1, undefined],
    ['settle, by its inode', 2, BASE],
  ])('is looked for again after a surprise in %s', (_, answers, base) => {
    const writer = new WriterDriver()
    writer.answer({ type: 'journal-found', journal: journalWith('head.3.40.f.other') })
    if (answers === 2) writer.answer({ type: 'claimed' })
    expect(writer.answer({ type: 'surprised' }).phase).toBe('surprised')
    expect(writer.send({ type: 'heartbeat' }).effect('find-journal').base).toBe(base)
  })

  it('stops the partition when it is gone later', () => {
    const writer = writing().read(10).uploaded().answer({ type: 'surprised' })
    writer.send({ type: 'heartbeat' }).answer({ type: 'journal-found', journal: undefined })
    expect(writer.effect('report-stop').stop).toEqual({ reason: 'journal-gone' })
  })

  it.each([
    ['two tokens', { ...journalWith('head.3.40.-.a'), names: ['head.3.4.-.a', 'head.4.4.-.b'] }],
    ['no token', { ...journalWith('x'), names: ['x'] }],
    ['no identity', { ...journalWith('head.3.40.-.a'), identity: undefined }],
    [
      'an unreadable identity',
      { ...journalWith('head.3.40.-.a'), identity: 'unreadable' as const },
    ],
  ])('with %s is damaged', (_, journal) => {
    const writer = new WriterDriver().answer({ type: 'journal-found', journal })
    expect(writer.effect('report-stop').stop.reason).toBe('journal-damaged')
  })

  it.each(['clusterId', 'topic', 'group'] as const)('of another %s is not touched', (field) => {
    const journal = { ...journalWith('head.0.0.-.a'), identity: { ...JOURNAL, [field]: 'foreign' } }
    const writer = new WriterDriver().answer({ type: 'journal-found', journal })
    expect(writer.effect('report-stop').stop).toMatchObject({
      reason: 'foreign-journal',
      found: expect.stringContaining('foreign'),
    })
    expect(writer.did).not.toContain('claim')
  })
})

describe('the offsets in Kafka', () => {
  it('are corrected where they are behind the journal', () => {
    const writer = comparing(40).offsets({ committed: { offset: 30, metadata: OURS } })
    expect(writer.effect('tell-kafka')).toMatchObject({ offset: 40 })
  })

  it('are left alone where they agree and are ours', () => {
    const writer = comparing(40).offsets({ committed: { offset: 40, metadata: OURS } })
    expect(writer.did).toEqual(['discard', 'fetch-from'])
  })

  it('are made ours before anything is written, or a restart would find a moved group', () => {
    const writer = comparing(40).offsets({ committed: { offset: 40, metadata: '' } })
    const metadata = OURS.replace('1', '4')
    expect(writer.effects).toMatchObject([{ do: 'tell-and-read-offsets', offset: 40, metadata }])
    expect(accepts(writer.state)).toBe(false)
    writer.offsets({ committed: { offset: 40, metadata } })
    expect(writer.did).toEqual(['discard', 'fetch-from'])
  })

  it('are not written over for ever: when they are refused, the journal is claimed again', () => {
    const theirs = { offset: 40, metadata: 'theirs' }
    const writer = comparing(40).offsets({ committed: theirs }).offsets({ committed: theirs })
    expect(writer.phase).toBe('surprised')
  })

  it('stop the partition when somebody moved them', () => {
    const writer = comparing(40).offsets({ committed: { offset: 10, metadata: '' } })
    expect(writer.effect('report-stop').stop).toMatchObject({ reason: 'group-moved', end: 40 })
  })
})

describe('an offset of ours that is ahead of the journal', () => {
  const ahead = { committed: { offset: 60, metadata: OURS } }
  const again = (writer: WriterDriver, head: string) =>
    writer
      .send({ type: 'heartbeat' })
      .answer({ type: 'journal-found', journal: journalWith(head) })
      .answer({ type: 'claimed' })
      .answer({ type: 'settled' })

  it('may be told by the owner after us: the journal is looked at again', () => {
    const writer = comparing(40).offsets(ahead)
    expect(writer.phase).toBe('surprised')
    expect(again(writer, 'head.9.60.-.other').offsets(ahead).effect('fetch-from').offset).toBe(60)
  })

  it('stops the partition when the journal has not moved: somebody put an old one back', () => {
    const writer = again(comparing(40).offsets(ahead), 'head.4.40.-.me-0').offsets(ahead)
    expect(writer.effect('report-stop').stop).toMatchObject({ reason: 'group-moved', end: 40 })
  })
})

describe('a journal that ends beyond the log', () => {
  it('is believed only after a pause and a second look', () => {
    const writer = comparing(40)
    writer.nowMs = 1_000
    expect(writer.offsets({ log: { start: 0, end: 39 } }).did).toEqual([])
    expect(wakeAtMs(writer.state)).toBe(6_000)
    writer.nowMs = 5_999
    expect(writer.send({ type: 'tick' }).did).toEqual([])
    writer.nowMs = 6_000
    expect(writer.send({ type: 'tick' }).did).toEqual(['read-offsets'])
    writer.offsets({ log: { start: 0, end: 39 } })
    expect(writer.effect('report-stop').stop).toMatchObject({ reason: 'log-truncated', end: 40 })
  })

  it('is not suspected because of records that came while Kafka was asked', () => {
    const writer = holding(18, 10)
    writer.read(19).offsets({ log: { start: 0, end: 18 } })
    expect(writer.phase).toBe('writing')
    expect(writer.effect('fetch-from').offset).toBe(19)
  })

  it('is suspected in spite of records that came before Kafka was asked', () => {
    expect(holding(18, 10).offsets({ log: { start: 0, end: 17 } }).phase).toBe('waiting')
  })

  it('goes on when the log has caught up', () => {
    const writer = comparing(40).offsets({ log: { start: 0, end: 39 } })
    writer.nowMs = 5_000
    writer.send({ type: 'tick' }).offsets({ log: { start: 0, end: 41 } })
    expect(writer.effect('fetch-from').offset).toBe(40)
  })
})

describe('retention that passed the journal', () => {
  const log = { start: 60, end: 90 }

  it('stops the partition by default', () => {
    const writer = comparing(40).offsets({ log })
    expect(writer.effect('report-stop').stop).toMatchObject({ reason: 'retention-passed', end: 40 })
  })

  it('is journaled as a flush without files, where configured, and skipped', () => {
    const writer = comparing(40, { onRetentionGap: 'skip' }).offsets({ log })
    expect(writer.effect('commit').to).toMatchObject({ end: 60, flush: undefined })
    expect(writer.effect('fetch-from').offset).toBe(60)
    expect(writer.state.flushes).toMatchObject([{ start: 40, end: 60, trigger: 'retention-gap' }])
  })

  it('does not cost what is held: it is written with the gap behind it', () => {
    const writer = holding(13, 0, { onRetentionGap: 'skip' }).offsets({ log })
    expect(writer.state.flushes).toMatchObject([
      { start: 0, end: 10, files: 1 },
      { start: 10, end: 60, files: 1 },
    ])
    expect(writer.effect('fetch-from').offset).toBe(60)
  })

  it('stops the partition after what is held is written', () => {
    const writer = holding(13, 0).offsets({ log })
    expect(writer.did).not.toContain('discard')
    expect(accepts(writer.state)).toBe(false)
    writer.uploaded().publish().uploaded().publish()
    expect(writer.effect('report-stop').stop).toMatchObject({ reason: 'retention-passed', end: 13 })
  })

  it('is no matter for a writer that is leaving', () => {
    const writer = writing({ onRetentionGap: 'skip' }).read(3).send({ type: 'drain' }).uploaded()
    writer.answer({ type: 'surprised' }).send({ type: 'heartbeat' })
    writer.answer({ type: 'journal-found', journal: journalWith('head.8.40.-.x') })
    writer.answer({ type: 'claimed' }).answer({ type: 'settled' }).offsets({ log })
    expect(writer.did.at(-1)).toBe('close')
    expect(writer.did).not.toContain('fetch-from')
  })
})

describe('what is held after a surprise', () => {
  it('is kept whole where nothing was committed', () => {
    const writer = holding(13, 0).offsets()
    expect(writer.state).toMatchObject({ position: 13, bufferStart: 10 })
    expect(writer.state.flushes).toMatchObject([{ start: 0, end: 10 }])
  })

  it('is finished where the commit had worked after all', () => {
    const writer = holding(23, 10).offsets()
    expect(writer.effect('finish')).toMatchObject({ end: 10 })
    expect(writer.state.flushes).toMatchObject([{ start: 10, end: 20, upload: 'uploading' }])
    expect(writer.did).not.toContain('discard')
  })

  it('is kept where the journal ends at the open buffer', () => {
    const writer = holding(13, 10).offsets()
    expect(writer.state).toMatchObject({ flushes: [], bufferStart: 10, position: 13 })
    expect(writer.effect('fetch-from').offset).toBe(13)
  })

  it.each([5, 12, 13, 99])('is dropped where somebody else wrote up to %i', (end) => {
    const writer = holding(13, end).offsets()
    expect(writer.did).toContain('discard')
    expect(writer.state).toMatchObject({ flushes: [], bufferStart: end, position: end })
    expect(writer.effect('fetch-from').offset).toBe(end)
  })
})
