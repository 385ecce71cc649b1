import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../src/encoding/byte-sink.ts'
import { BoundedChunkPool } from '../../src/encoding/chunk-pool.ts'
import { createOutputFormat } from '../../src/encoding/output-format.ts'
import { AT, appendAll, valuesOf } from './encode.ts'

const MIB = 1024 * 1024

function fill(sink: ByteSink, mib: number): void {
  for (let kib = 0; kib < mib * 1024; kib += 1) sink.write(Buffer.alloc(1024, 'x'))
}

describe('a chunk pool', () => {
  it('lends a chunk to one at a time, and again after it came back', () => {
    const pool = new BoundedChunkPool(() => 10 * MIB)
    const [first, second] = [pool.take(MIB), pool.take(MIB)]
    expect(first.buffer).not.toBe(second.buffer)
    pool.giveBack(first)
    expect(pool.take(4096).buffer).not.toBe(first.buffer)
    expect(pool.take(MIB).buffer).toBe(first.buffer)
    expect(pool.allocations).toBe(3)
  })

  it('keeps nothing beyond its limit', () => {
    const pool = new BoundedChunkPool(() => 2 * MIB)
    for (const chunk of [1, 2, 3, 4].map(() => pool.take(MIB))) pool.giveBack(chunk)
    for (let n = 0; n < 4; n += 1) pool.take(MIB)
    expect(pool.allocations).toBe(6)
  })

  it('keeps less while much is in use', () => {
    const pool = new BoundedChunkPool(() => 4 * MIB)
    const used = [1, 2, 3, 4, 5].map(() => pool.take(MIB))
    pool.giveBack(used[0]!)
    pool.giveBack(used[1]!)
    pool.take(MIB)
    expect(pool.allocations).toBe(5)
    pool.take(MIB)
    expect(pool.allocations).toBe(6)
  })

  it('frees what it does not keep at once, without a collection', () => {
    const pool = new BoundedChunkPool(() => 0)
    const { buffer } = pool.take(MIB)
    pool.giveBack(Buffer.from(buffer))
    expect(buffer.byteLength).toBe(0)
  })

  it('lets go of what it kept when others need it', () => {
    let limitBytes = 8 * MIB
    const pool = new BoundedChunkPool(() => limitBytes)
    const chunks = [MIB, MIB].map((byteLength) => pool.take(byteLength))
    const buffers = chunks.map(({ buffer }) => buffer)
    for (const chunk of chunks) pool.giveBack(chunk)
    const keptBytes = () => buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
    pool.trim()
    expect(keptBytes()).toBe(2 * MIB)
    limitBytes = MIB
    pool.trim()
    expect(keptBytes()).toBe(MIB)
    limitBytes = 0
    pool.trim()
    expect(keptBytes()).toBe(0)
  })
})

describe('files whose memory comes from a pool', () => {
  it('take no fresh memory when as many were given back before', () => {
    const pool = new BoundedChunkPool(() => 64 * MIB)
    let allocations = 0
    for (let round = 0; round < 5; round += 1) {
      const sinks = [0, 1, 2].map(() => new ByteSink(pool))
      for (const sink of sinks) fill(sink, 5)
      const files = sinks.map((sink) => sink.finish())
      for (const { chunks } of files) {
        expect(Buffer.concat(chunks).equals(Buffer.alloc(5 * MIB, 'x'))).toBe(true)
      }
      for (const file of files) file.release()
      if (round === 0) allocations = pool.allocations
    }
    expect(pool.allocations).toBe(allocations)
  })

  it('are given back once only, however often they are let go', () => {
    const pool = new BoundedChunkPool(() => 64 * MIB)
    const sink = new ByteSink(pool)
    sink.write(Buffer.from('a'))
    const file = sink.finish()
    file.release()
    file.release()
    expect(pool.take(4096).buffer).not.toBe(pool.take(4096).buffer)
  })

  it.each(['none', 'gzip', 'zstd'] as const)('with %s are what they are without', (compression) => {
    const pool = new BoundedChunkPool(() => 64 * MIB)
    const records = valuesOf(...Array.from({ length: 3000 }, (_, n) => `${n}`.repeat(200)))
    const options = { type: 'text', lineBreaks: 'keep', compression } as const
    const plain = createOutputFormat(options).open(AT)
    appendAll(plain, records)
    const expected = Buffer.concat(plain.finish().chunks)
    for (let round = 0; round < 3; round += 1) {
      const encoder = createOutputFormat(options, pool).open(AT)
      appendAll(encoder, records)
      const file = encoder.finish()
      expect(Buffer.concat(file.chunks).equals(expected)).toBe(true)
      file.release()
    }
  })
})
