import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { expect, test } from 'vitest'
import { decompress } from '../../src/kafka/decompress.ts'
import { OutputLimitError } from '../../src/kafka/output-limit-error.ts'

const MIB = 1024 * 1024
const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')

/** As Java's producers do: a header, then blocks of up to 32 KiB. */
function xerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER]
  for (let start = 0; start < bytes.length; start += 32 * 1024) {
    const block = compressSync(bytes.subarray(start, start + 32 * 1024))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

const CODECS = {
  gzip: { codec: 1, compress: (bytes: Buffer) => gzipSync(bytes) },
  'snappy, as Java frames it': { codec: 2, compress: xerial },
  'snappy, bare': { codec: 2, compress: (bytes: Buffer) => compressSync(bytes) },
  lz4: { codec: 3, compress: (bytes: Buffer) => compressFrameSync(bytes) },
  zstd: { codec: 4, compress: (bytes: Buffer) => zstdCompressSync(bytes) },
}
const codecs = Object.entries(CODECS).map(([name, each]) => ({ name, ...each }))

test.for(codecs)('$name: what was compressed comes back', ({ codec, compress }) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100_000, size: 'max' }), (array) => {
      const bytes = Buffer.from(array)
      expect(decompress(codec, compress(bytes), bytes.length).equals(bytes)).toBe(true)
    }),
    { numRuns: 20 },
  )
  const large = Buffer.concat([randomBytes(300_000), Buffer.alloc(700_000, 'abc')])
  expect(decompress(codec, compress(large), MIB).equals(large)).toBe(true)
})

test.for(codecs)('$name: a bomb is refused before it takes memory', ({ codec, compress }) => {
  const bomb = compress(Buffer.alloc(256 * MIB))
  const before = process.memoryUsage()
  expect(() => decompress(codec, bomb, 8 * MIB)).toThrow(OutputLimitError)
  const after = process.memoryUsage()
  const grown = after.arrayBuffers + after.external - before.arrayBuffers - before.external
  expect(grown).toBeLessThan(64 * MIB)
})

test.for(codecs)(
  '$name: the limit itself is allowed, a byte more is not',
  ({ codec, compress }) => {
    const bytes = Buffer.alloc(100_000, 'abcdefg')
    expect(decompress(codec, compress(bytes), bytes.length)).toHaveLength(bytes.length)
    expect(() => decompress(codec, compress(bytes), bytes.length - 1)).toThrow(OutputLimitError)
  },
)

test.for(codecs)('$name: bytes that are cut off are an error', ({ codec, compress }) => {
  const bytes = compress(randomBytes(50_000))
  expect(() => decompress(codec, bytes.subarray(0, bytes.length - 20), MIB)).toThrow()
})

test.for(codecs)('$name: noise is an error, never a crash', ({ codec, compress }) => {
  const start = compress(Buffer.from('some bytes')).subarray(0, 7)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, plausible) => {
      const bytes = Buffer.concat([plausible ? start : Buffer.alloc(0), noise])
      try {
        expect(decompress(codec, bytes, MIB).length).toBeLessThanOrEqual(MIB)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }),
  )
})

test.for(codecs.filter(({ name }) => name === 'zstd' || name === 'gzip'))(
  '$name: all frames of a batch are read, within one limit',
  ({ codec, compress }) => {
    const parts = ['some ', '', 'bytes', 'more'].map((text) => Buffer.from(text))
    const bytes = Buffer.concat(parts.map(compress))
    expect(String(decompress(codec, bytes, 14))).toBe('some bytesmore')
    expect(() => decompress(codec, bytes, 13)).toThrow(OutputLimitError)
    expect(() => decompress(codec, bytes, 10)).toThrow(OutputLimitError)
  },
)

test('a snappy block that claims more than it holds is refused by its claim', () => {
  const claim = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(10)])
  expect(() => decompress(2, claim, MIB)).toThrow(OutputLimitError)
})

test('a codec that Kafka does not have is named', () => {
  expect(() => decompress(5, Buffer.alloc(1), MIB)).toThrow('codec 5 is none of none, gzip')
})
