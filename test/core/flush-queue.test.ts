import { describe, expect, it } from 'vitest'
import { advance, isUploading, markUploaded, seal } from '../../src/core/flush-queue.ts'
import { parseHead } from '../../src/core/journal.ts'
import { writing } from './writer-driver.ts'

const NO_RECORDS = { records: 0, bytes: 0, openFiles: 0 }

describe('seal', () => {
  it('does nothing without progress', () => {
    const { state } = writing()
    expect(seal(state, 'memory')).toEqual([state, []])
    expect(seal({ ...state, position: undefined }, 'memory')[1]).toEqual([])
  })

  it('turns the open buffer into the newest flush, without a gap', () => {
    const { state } = writing().read(10).read(13)
    const [sealed] = seal(state, 'memory')
    expect(sealed.flushes).toMatchObject([
      { start: 0, end: 10 },
      { start: 10, end: 13, trigger: 'memory', upload: 'waiting' },
    ])
    expect(sealed).toMatchObject({ bufferStart: 13, buffer: { records: 0, sinceMs: undefined } })
  })

  it('has nothing to upload where there were no records', () => {
    const writer = writing()
    writer.read(4, NO_RECORDS)
    expect(seal(writer.state, 'interval')[0].flushes).toMatchObject([{ files: 0, upload: 'done' }])
  })
})

describe('uploads', () => {
  it('are known by flush and name, while they last', () => {
    const { state } = writing().read(10)
    const { key = -1, id = '' } = state.flushes[0] ?? {}
    expect(isUploading(state, key, id)).toBe(true)
    expect(isUploading(state, key, 'other')).toBe(false)
    const done = markUploaded(state, key, id)
    expect(isUploading(done, key, id)).toBe(false)
    expect(markUploaded(done, key, id)).toBe(done)
  })

  it('begin anew after a surprise, also behind a flush without files', () => {
    const writer = writing({ maxUploads: 1 }).read(10).read(14, NO_RECORDS)
    writer.send({ type: 'memory-short' }).read(24).send({ type: 'tick' })
    const [first] = writer.state.flushes
    writer.send({ type: 'upload-surprised', key: first?.key ?? -1, flush: first?.id ?? '' })
    writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.state.flushes.map(({ upload }) => upload)).toEqual([
      'uploading',
      'waiting',
      'waiting',
    ])
    writer.uploaded().publish()
    expect(writer.did).toEqual(['finish', 'tell-kafka', 'commit'])
    expect(writer.effect('commit').to).toMatchObject({ end: 14, flush: undefined })
  })

  it('do not begin before the journal is settled', () => {
    const { state } = writing().read(10).answer({ type: 'surprised' })
    expect(advance(state)).toEqual([state, []])
  })
})

it('every token that is asked for can be read back', () => {
  const writer = writing().read(10).uploaded().answer({ type: 'prepared' })
  const { to } = writer.effect('commit')
  expect(parseHead(`head.${to.seq}.${to.end}.${to.flush}.${to.writer}`)).toEqual(to)
})
