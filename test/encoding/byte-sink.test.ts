import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../src/encoding/byte-sink.ts'

function memoryOf(chunks: readonly Uint8Array[]): number {
  const buffers = new Set(chunks.map((chunk) => chunk.buffer))
  return [...buffers].reduce((bytes, buffer) => bytes + buffer.byteLength, 0)
}

describe('a byte sink', () => {
  it('keeps all bytes in order, and knows the memory they take', () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(20_000), fc.nat(600_000)), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(sizes, (lengths) => {
        const parts = lengths.map((length) => randomBytes(length))
        const sink = new ByteSink()
        for (const part of parts) sink.write(part)
        const total = lengths.reduce((sum, length) => sum + length, 0)
        expect(sink.byteLength).toBe(total)
        const { chunks, byteLength, heldBytes } = sink.finish()
        expect(byteLength).toBe(total)
        expect(Buffer.concat(chunks).equals(Buffer.concat(parts))).toBe(true)
        expect(heldBytes).toBe(memoryOf(chunks))
      }),
      { numRuns: 50 },
    )
  })

  it('gives what it has so far, and goes on behind it', () => {
    const sizes = fc.array(fc.tuple(fc.oneof(fc.nat(200), fc.nat(600_000)), fc.boolean()), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(sizes, (steps) => {
        const sink = new ByteSink()
        const written: Buffer[] = []
        const cut: Uint8Array[] = []
        let cutBytes = 0
        for (const [length, cuts] of steps) {
          const bytes = randomBytes(length)
          sink.write(bytes)
          written.push(bytes)
          if (!cuts) continue
          const part = sink.cut()
          expect(part?.heldBytes ?? 0).toBe(memoryOf(part?.chunks ?? []))
          expect(sink.heldBytes).toBe(0)
          cutBytes += part?.byteLength ?? 0
          cut.push(...(part?.chunks ?? []))
        }
        const { chunks, byteLength, fileBytes } = sink.finish()
        expect(byteLength + cutBytes).toBe(fileBytes)
        expect(sink.byteLength).toBe(fileBytes)
        expect(Buffer.concat([...cut, ...chunks]).equals(Buffer.concat(written))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('begins small and doubles up to 1 MiB', () => {
    const sink = new ByteSink()
    for (let kib = 0; kib < 8192; kib += 1) sink.write(Buffer.alloc(1024))
    const kibs = sink.finish().chunks.map((chunk) => chunk.buffer.byteLength / 1024)
    expect(kibs.slice(0, 9)).toEqual([4, 8, 16, 32, 64, 128, 256, 512, 1024])
    expect(new Set(kibs.slice(8))).toEqual(new Set([1024]))
  })

  it('wastes little on records that are nearly as large as a chunk', () => {
    const sink = new ByteSink()
    for (let n = 0; n < 40; n += 1) {
      sink.write(Buffer.alloc(600_000))
      sink.write(Buffer.alloc(100))
    }
    expect(sink.heldBytes / sink.byteLength).toBeLessThan(1.01)
  })

  it('counts nothing for room that was not used', () => {
    const sink = new ByteSink()
    sink.write(Buffer.from('a'))
    sink.room(1_000_000)
    sink.room(5000)
    sink.write(Buffer.from('b'))
    const { chunks, byteLength } = sink.finish()
    expect([Buffer.concat(chunks).toString(), byteLength]).toEqual(['ab', 2])
  })

  it('takes nothing after it was finished, and nothing is no chunk', () => {
    const sink = new ByteSink()
    expect(sink.cut()).toBeUndefined()
    const nothing = { chunks: [], byteLength: 0, heldBytes: 0, fileBytes: 0 }
    expect(sink.finish()).toMatchObject(nothing)
    expect(() => sink.write(Buffer.of(1))).toThrow('finished')
  })
})
