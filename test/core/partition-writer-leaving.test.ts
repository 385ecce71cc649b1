import { describe, expect, it } from 'vitest'
import { accepts } from '../../src/core/partition-writer.ts'
import { WriterDriver, writing } from './writer-driver.ts'

const UNWRITABLE = { reason: 'unwritable', explanation: 'a line break' } as const

describe('revocation', () => {
  it('flushes what is buffered and then closes', () => {
    const writer = writing().read(3).send({ type: 'revoked' })
    expect(writer.did).toEqual(['seal', 'upload'])
    expect(accepts(writer.state)).toBe(false)
    expect(writer.uploaded().publish().did).toEqual(['finish', 'tell-kafka', 'discard', 'close'])
  })

  it('closes at once when there is nothing to flush', () => {
    expect(writing().send({ type: 'revoked' }).did).toEqual(['discard', 'close'])
  })

  it('closes at once while the journal is not settled', () => {
    const writer = writing().read(3).read(10).uploaded().answer({ type: 'surprised' })
    expect(writer.send({ type: 'revoked' }).did).toEqual(['discard', 'close'])
  })

  it('that meets a surprise while it flushes never claims again', () => {
    const writer = writing().read(10).send({ type: 'revoked' }).uploaded()
    writer.answer({ type: 'surprised' })
    expect(writer.did).toEqual(['cancel-uploads', 'discard', 'close'])
    expect(writer.send({ type: 'heartbeat' }).did).toEqual([])
  })

  it('wins over a shutdown, before and after it', () => {
    for (const order of [['revoked', 'drain'] as const, ['drain', 'revoked'] as const]) {
      const writer = writing().read(10)
      for (const type of order) writer.send({ type })
      expect(writer.state.intent).toBe('revoked')
    }
  })
})

describe('shutdown', () => {
  it('flushes, publishes, tells Kafka and closes', () => {
    const writer = writing().read(3).send({ type: 'drain' }).uploaded().publish()
    expect(writer.did).toEqual(['finish', 'tell-kafka', 'discard', 'close'])
  })

  it('may claim again to save what it holds', () => {
    const writer = writing().read(3).send({ type: 'drain' }).uploaded()
    writer.answer({ type: 'surprised' }).send({ type: 'heartbeat' }).recover('head.4.0.-.me-0')
    expect(writer.did).toContain('upload')
    expect(writer.did).not.toContain('fetch-from')
    expect(writer.uploaded().publish().phase).toBe('closed')
  })

  it('closes during recovery when it holds nothing', () => {
    expect(new WriterDriver().send({ type: 'drain' }).did).toEqual(['discard', 'close'])
  })

  it('closes when another owner has written what it held', () => {
    const writer = writing().read(3).send({ type: 'drain' }).uploaded()
    writer.answer({ type: 'surprised' }).send({ type: 'heartbeat' }).recover('head.9.55.-.other')
    expect(writer.did).toEqual(['discard', 'tell-kafka', 'discard', 'close'])
  })
})

describe('stopping', () => {
  it('after a record that cannot be written keeps what came before it', () => {
    const writer = writing().read(4).send({ type: 'cannot-write', stop: UNWRITABLE })
    expect(writer.did).toEqual(['seal', 'upload'])
    expect(accepts(writer.state)).toBe(false)
    writer.uploaded().publish()
    expect(writer.did).toEqual(['finish', 'tell-kafka', 'cancel-uploads', 'discard', 'report-stop'])
    expect(writer.effect('report-stop').stop).toEqual(UNWRITABLE)
  })

  it('waits for what another owner did not write of what came before the record', () => {
    const refused = { ...UNWRITABLE, offset: 15 } as const
    const writer = writing().read(10).read(15).send({ type: 'cannot-write', stop: refused })
    writer.uploaded().answer({ type: 'prepared' }).answer({ type: 'surprised' })
    writer.send({ type: 'heartbeat' }).recover('head.9.13.-.other')
    expect(writer.phase).toBe('writing')
    expect(writer.effect('fetch-from').offset).toBe(13)
    expect(accepts(writer.state)).toBe(true)
    expect(writer.read(15).send({ type: 'cannot-write', stop: refused }).did).toContain('upload')
    expect(writer.uploaded().publish().effect('report-stop').stop).toEqual(refused)
  })

  it('does not wait where another owner wrote all that came before the record', () => {
    const writer = writing().read(10).read(15).send({ type: 'cannot-write', stop: UNWRITABLE })
    writer.uploaded().answer({ type: 'prepared' }).answer({ type: 'surprised' })
    writer.send({ type: 'heartbeat' }).recover('head.9.15.-.other')
    expect(writer.effect('report-stop').stop).toEqual(UNWRITABLE)
    expect(writer.did).not.toContain('fetch-from')
  })

  it('gives everything back, and says so once', () => {
    const writer = writing().read(10).read(14).send({ type: 'cannot-go-on', stop: UNWRITABLE })
    expect(writer.did).toEqual(['cancel-uploads', 'discard', 'report-stop'])
    expect(writer.state.flushes).toEqual([])
    expect(writer.send({ type: 'cannot-go-on', stop: UNWRITABLE }).did).toEqual([])
  })

  it('leaves nothing but revocation and shutdown to react to', () => {
    const writer = writing().send({ type: 'cannot-go-on', stop: UNWRITABLE })
    const { state } = writer
    writer.read(5).send({ type: 'tick' }).send({ type: 'memory-short' }).send({ type: 'heartbeat' })
    writer.send({ type: 'out-of-range' }).send({ type: 'cannot-write', stop: UNWRITABLE })
    expect(writer.state).toEqual(state)
    expect(writer.send({ type: 'revoked' }).did).toEqual(['discard', 'close'])
  })

  it('by a refusal closes a writer that is leaving', () => {
    const writer = writing().read(10).send({ type: 'revoked' }).uploaded()
    writer.answer({ type: 'refused', stop: UNWRITABLE })
    expect(writer.did).toEqual(['cancel-uploads', 'discard', 'report-stop', 'discard', 'close'])
  })
})
