import { describe, expect, it } from 'vitest'
import { accepts, wakeAtMs } from '../../src/core/partition-writer.ts'
import { head, isQuestion, WriterDriver, writing } from './writer-driver.ts'

describe('a writer that is writing', () => {
  it('reads from the end of the journal', () => {
    const writer = new WriterDriver().recover('head.3.40.-.other')
    expect(writer.effect('fetch-from').offset).toBe(40)
    expect(accepts(writer.state)).toBe(true)
  })

  it('seals and uploads a full buffer', () => {
    const writer = writing().read(10)
    expect(writer.did).toEqual(['seal', 'upload'])
    expect(writer.state.flushes).toMatchObject([{ start: 0, end: 10, trigger: 'records' }])
    expect(writer.effect('upload').key).toBe(writer.effect('seal').key)
  })

  it('prepares, commits, publishes and tells Kafka, one after the other', () => {
    const writer = writing().read(10)
    expect(writer.uploaded().did).toEqual(['prepare'])
    expect(writer.answer({ type: 'prepared' }).did).toEqual(['commit'])
    expect(writer.answer({ type: 'committed' }).did).toEqual(['publish'])
    expect(writer.answer({ type: 'published' }).did).toEqual(['finish', 'tell-kafka'])
    expect(writer.effect('tell-kafka')).toMatchObject({ offset: 10 })
  })

  it('commits from the token of its claim, then from the token of its last commit', () => {
    const writer = writing().read(10)
    const first = writer.effect('upload').flush
    writer.uploaded().answer({ type: 'prepared' })
    expect(writer.effect('commit')).toMatchObject({
      from: head(4, 0, undefined, 'me-0'),
      to: head(5, 10, first, 'me-0'),
    })
    writer.answer({ type: 'committed' }).answer({ type: 'published' }).read(20)
    const second = writer.effect('upload').flush
    writer.uploaded().answer({ type: 'prepared' })
    expect(writer.effect('commit')).toMatchObject({
      from: head(5, 10, first, 'me-0'),
      to: head(6, 20, second, 'me-0'),
    })
  })

  it('uploads side by side up to the limit, and commits strictly in order', () => {
    const writer = writing({ maxUploads: 2 }).read(10).read(20).read(30)
    expect(writer.state.flushes.map(({ upload }) => upload)).toEqual([
      'uploading',
      'uploading',
      'waiting',
    ])
    const [first, second] = writer.state.flushes
    writer.uploaded(second?.key)
    expect(writer.did).toEqual(['upload'])
    expect(writer.uploaded(first?.key).effect('prepare').key).toBe(first?.key)
  })

  it('does not commit the next flush before the last publish has ended', () => {
    const writer = writing().read(10).read(20)
    const [first, second] = writer.state.flushes
    writer.uploaded(first?.key).answer({ type: 'prepared' }).answer({ type: 'committed' })
    expect(writer.uploaded(second?.key).did).toEqual([])
    expect(writer.answer({ type: 'published' }).did).toEqual(['finish', 'tell-kafka', 'prepare'])
  })

  it('uploads one flush under names that no other has', () => {
    const writer = writing({ maxUploads: 9 }).read(10).read(20).read(30)
    const names = writer.all.flatMap((effect) => (effect.do === 'upload' ? effect.flush : []))
    expect(new Set(names).size).toBe(3)
  })

  it('ignores an upload that it does not wait for', () => {
    const writer = writing().read(10)
    const key = writer.state.flushes[0]?.key ?? -1
    expect(writer.send({ type: 'uploaded', key, flush: 'me-99' }).did).toEqual([])
    expect(writer.send({ type: 'upload-surprised', key, flush: 'me-99' }).phase).toBe('writing')
  })

  it('ignores the answer to an earlier question', () => {
    const writer = writing().read(10).uploaded().answer({ type: 'prepared' })
    const before = writer.state
    writer.send({ type: 'committed', turn: before.turn - 1 })
    expect(writer.state).toBe(before)
  })
})

describe('rotation', () => {
  it('wakes when the oldest record is old enough, also when nothing new arrives', () => {
    const writer = writing()
    expect(wakeAtMs(writer.state)).toBeUndefined()
    writer.nowMs = 1_000
    writer.read(1)
    writer.nowMs = 5_000
    writer.read(2)
    expect(wakeAtMs(writer.state)).toBe(61_000)
    writer.nowMs = 60_999
    expect(writer.send({ type: 'tick' }).did).toEqual([])
    writer.nowMs = 61_000
    expect(writer.send({ type: 'tick' }).did).toEqual(['seal', 'upload'])
    expect(wakeAtMs(writer.state)).toBeUndefined()
  })

  it('makes no small files by the clock while others wait for HDFS, but one when they are done', () => {
    const writer = writing({ maxUploads: 1 }).read(10).read(20).read(22)
    writer.nowMs = 90_000
    expect(writer.send({ type: 'tick' }).did).toEqual([])
    expect(wakeAtMs(writer.state)).toBeUndefined()
    writer.uploaded().publish()
    expect(wakeAtMs(writer.state)).toBe(60_000)
    expect(writer.send({ type: 'tick' }).did).toEqual(['seal'])
    expect(writer.state.flushes).toMatchObject([{ end: 20 }, { end: 22, trigger: 'interval' }])
  })

  it('closes a small buffer when memory is short before it may write, and an empty one never', () => {
    expect(writing().send({ type: 'memory-short' }).did).toEqual([])
    const writer = writing().read(10).uploaded().answer({ type: 'surprised' })
    writer.read(12).send({ type: 'memory-short' })
    expect(writer.state.flushes).toMatchObject([{ end: 10 }, { end: 12, trigger: 'memory' }])
  })

  it('journals progress without records as a commit without files', () => {
    const writer = writing().read(7, { records: 0, bytes: 0, openFiles: 0 })
    writer.nowMs = 60_000
    writer.send({ type: 'tick' })
    expect(writer.did).toEqual(['seal', 'commit'])
    expect(writer.effect('commit').to).toEqual(head(5, 7, undefined, 'me-0'))
    expect(writer.answer({ type: 'committed' }).did).toEqual(['finish', 'tell-kafka'])
  })
})

describe('a surprise', () => {
  it.each([
    ['prepare', (writer: WriterDriver) => writer],
    ['commit', (writer: WriterDriver) => writer.answer({ type: 'prepared' })],
    [
      'publish',
      (writer: WriterDriver) => writer.answer({ type: 'prepared' }).answer({ type: 'committed' }),
    ],
  ])('in %s decides nothing: after a heartbeat the journal is looked for', (_, upTo) => {
    const writer = upTo(writing().read(10).uploaded())
    expect(writer.answer({ type: 'surprised' }).did).toEqual(['cancel-uploads'])
    expect(writer.phase).toBe('surprised')
    writer.send({ type: 'tick' }).send({ type: 'memory-short' }).read(12)
    expect(writer.all.filter(isQuestion).at(-1)?.do).not.toBe('find-journal')
    expect(writer.send({ type: 'heartbeat' }).did).toEqual(['find-journal'])
  })

  it('makes the answer that was still awaited worthless', () => {
    const writer = writing().read(10).read(20)
    const [first, second] = writer.state.flushes
    writer.uploaded(first?.key)
    const { turn } = writer.effect('prepare')
    writer.send({ type: 'upload-surprised', key: second?.key ?? -1, flush: second?.id ?? '' })
    expect(writer.phase).toBe('surprised')
    expect(writer.send({ type: 'prepared', turn }).did).toEqual([])
  })

  it('lets records be read on, and keeps them', () => {
    const writer = writing().read(10).uploaded().answer({ type: 'surprised' }).read(13)
    expect(accepts(writer.state)).toBe(true)
    writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.effect('fetch-from').offset).toBe(13)
    expect(writer.did).not.toContain('discard')
  })

  it('does not use what was uploaded under the last claim', () => {
    const writer = writing().read(10).uploaded()
    const old = writer.state.flushes[0]?.id
    writer.answer({ type: 'surprised' }).send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.effect('upload').flush).not.toBe(old)
    expect(writer.did).not.toContain('prepare')
  })

  it('takes a path that is taken for a reason to look again, once', () => {
    const writer = writing().read(10).uploaded().answer({ type: 'path-taken', path: '/x' })
    expect(writer.phase).toBe('surprised')
    writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0').uploaded()
    writer.answer({ type: 'path-taken', path: '/x' })
    expect(writer.effect('report-stop').stop).toEqual({ reason: 'path-taken', path: '/x' })
  })

  it('does not stop for paths that other owners took, however often', () => {
    const writer = writing()
    for (let end = 0; end < 50; end += 10) {
      writer
        .read(end + 10)
        .uploaded()
        .answer({ type: 'path-taken', path: '/x' })
      writer.send({ type: 'heartbeat' }).recover(`head.9.${end + 10}.-.other`)
    }
    expect(writer.phase).toBe('writing')
  })
})

describe('an offset outside the log', () => {
  it('is looked at when everything that is held is published', () => {
    const writer = writing().read(4).send({ type: 'out-of-range' })
    expect(writer.did).toEqual(['seal', 'upload'])
    expect(writer.uploaded().publish().did).toEqual(['finish', 'tell-kafka', 'read-offsets'])
    expect(writer.offsets().effect('fetch-from').offset).toBe(4)
    expect(accepts(writer.state)).toBe(true)
  })
})
