import { describe, expect, it } from 'vitest'
import { writing } from './writer-driver.ts'

describe('a buffer that is more than memory should hold', () => {
  it('goes to HDFS in segments of one flush, and the rest of it follows under that name', () => {
    const writer = writing().read(4).send({ type: 'segment-full' })
    const { flush } = writer.effect('cut')
    expect(writer.read(8).send({ type: 'memory-short' }).effect('cut').flush).toBe(flush)
    expect(writer.read(10).effect('upload').flush).toBe(flush)
    expect(writer.read(14).send({ type: 'segment-full' }).effect('cut').flush).not.toBe(flush)
    expect(writer.uploaded().publish().state.head).toMatchObject({ end: 10, flush })
  })

  it('stays in memory while there is nothing in it, or the journal is not claimed', () => {
    expect(writing().send({ type: 'segment-full' }).did).toEqual([])
    const surprised = writing().read(10).uploaded().answer({ type: 'surprised' }).read(12)
    expect(surprised.send({ type: 'segment-full' }).did).toEqual([])
  })
})

describe('segments that were uploaded under a claim that is over', () => {
  it('are read again, with all that follows them', () => {
    const writer = writing().read(4).send({ type: 'segment-full' }).read(10).read(13)
    writer.send({ type: 'upload-surprised', ...uploading(writer) })
    expect(writer.did).toContain('cancel-uploads')
    writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.state).toMatchObject({ flushes: [], position: 0, bufferStart: 0 })
    expect(writer.did).toEqual(['discard', 'tell-kafka', 'fetch-from'])
    expect(writer.effect('fetch-from').offset).toBe(0)
  })

  it('are finished where their flush was committed all the same', () => {
    const writer = writing().read(4).send({ type: 'segment-full' }).read(10)
    const { flush } = writer.effect('upload')
    const [{ key } = { key: -1 }] = writer.state.flushes
    writer.uploaded().answer({ type: 'prepared' }).answer({ type: 'surprised' })
    writer.send({ type: 'heartbeat' }).recover(`head.5.10.${flush}.me-9`)
    expect(writer.effect('finish').key).toBe(key)
    expect(writer.effect('fetch-from').offset).toBe(10)
  })

  it('do not outlive the stop that waits behind them: what stops it is met again', () => {
    const writer = writing().read(4).send({ type: 'segment-full' })
    const stop = { reason: 'unwritable', explanation: 'too long' } as const
    writer.send({ type: 'cannot-write', stop })
    writer.send({ type: 'upload-surprised', ...uploading(writer) })
    writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.phase).toBe('writing')
    expect(writer.effect('fetch-from').offset).toBe(0)
  })

  it('are given up when one of them cannot be had any more, and not when it is of no use', () => {
    const writer = writing().read(4).send({ type: 'segment-full' })
    const { flush } = writer.effect('cut')
    expect(writer.send({ type: 'segment-surprised', flush: 'another' }).phase).toBe('writing')
    expect(writer.send({ type: 'segment-surprised', flush }).phase).toBe('surprised')
    expect(writer.send({ type: 'segment-surprised', flush }).did).toEqual([])
  })
})

it('where HDFS does not join files, buffers are closed instead when memory is short', () => {
  const writer = writing().read(4).send({ type: 'segment-full' }).read(10)
  writer.send({ type: 'join-refused', ...uploading(writer) })
  writer.send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
  expect(writer.read(4).send({ type: 'segment-full' }).did).toEqual([])
  writer.send({ type: 'memory-short' })
  expect(writer.state.flushes).toMatchObject([{ start: 0, end: 4, trigger: 'memory' }])
})

function uploading(writer: ReturnType<typeof writing>): { key: number; flush: string } {
  const [flush] = writer.state.flushes
  return { key: flush?.key ?? -1, flush: flush?.id ?? '' }
}
