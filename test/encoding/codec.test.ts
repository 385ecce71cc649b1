import { spawnSync } from 'node:child_process'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteTargets } from '../../src/encoding/codec.ts'
import {
  createOutputFormat,
  type OutputFormat,
  type OutputFormatOptions,
} from '../../src/encoding/output-format.ts'
import { arbitraryRecords } from '../support/arbitrary-records.ts'
import type { TestRecord } from '../support/records.ts'
import { zstdDecompressFrames } from '../support/zstd.ts'
import { AT, appendAll, encode, finishedBytes } from './encode.ts'

const BLOCK_BYTES = 512 * 1024
const GZIP_MAGIC = Buffer.from('1f8b08', 'hex')
const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex')

type Compression = 'gzip' | 'zstd'

const text = (compression: OutputFormatOptions['compression'], compressionLevel?: number) =>
  ({ type: 'text', lineBreaks: 'keep', compression, compressionLevel }) as const

function decompress(compression: Compression, file: Buffer): Buffer {
  return compression === 'gzip' ? gunzipSync(file) : zstdDecompressFrames(file)
}

function count(file: Buffer, magic: Buffer): number {
  let found = 0
  for (let at = file.indexOf(magic); at >= 0; at = file.indexOf(magic, at + 1)) found += 1
  return found
}

/** `mebibytes` of web events, no two alike. */
function events(mebibytes: number): TestRecord[] {
  const each = 200
  return Array.from({ length: Math.ceil((mebibytes * 1024 * 1024) / each) }, (_, offset) => {
    const name = (offset * 2654435761) % 4294967296
    return { offset, value: `{"userName":"${name}","색":"파랑"}`.padEnd(each - 1 - 4, '.') }
  })
}

describe.each<[Compression, Buffer]>([
  ['gzip', GZIP_MAGIC],
  ['zstd', ZSTD_MAGIC],
])('%s', (compression, magic) => {
  it('gives back what the same format writes without it', () => {
    const formats: OutputFormatOptions[] = [
      { ...text('none') },
      { type: 'json-lines', values: 'string', compression: 'none' },
    ]
    fc.assert(
      fc.property(arbitraryRecords, fc.constantFrom(...formats), (records, plain) => {
        const file = encode({ ...plain, compression }, records)
        expect(decompress(compression, file).equals(encode(plain, records))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('makes a file of several members, that together are the file', () => {
    const records = events(2)
    const file = encode(text(compression, 1), records, 1000)
    const plain = encode(text('none'), records, 1000)
    expect(count(file, magic)).toBeGreaterThanOrEqual(Math.ceil(plain.length / BLOCK_BYTES))
    expect(decompress(compression, file).equals(plain)).toBe(true)
  })

  it('puts a record that is larger than a block into one member', () => {
    const large = Buffer.alloc(3 * BLOCK_BYTES, 'large ')
    const records = ['first', large, 'last'].map((value, offset) => ({ offset, value }))
    const file = encode(text(compression), records)
    expect(count(file, magic)).toBe(3)
    expect(decompress(compression, file).equals(encode(text('none'), records))).toBe(true)
  })

  it('makes a valid file of no records', () => {
    const file = encode(text(compression), [])
    expect(file.length).toBeGreaterThan(0)
    expect(decompress(compression, file).length).toBe(0)
  })

  it('compresses better at a higher level', () => {
    const records = events(0.3)
    const [fast, small] = [1, 9].map((level) => encode(text(compression, level), records).length)
    expect(small).toBeLessThan(fast!)
  })

  it('holds one block at most beside what it has compressed', () => {
    const encoder = createOutputFormat(text(compression, 1)).open(AT)
    expect([encoder.fileBytes, encoder.heldBytes]).toEqual([0, 0])
    const records = events(2)
    let rawBytes = 0
    for (let from = 0; from < records.length; from += 100) {
      const some = records.slice(from, from + 100)
      appendAll(encoder, some)
      rawBytes += encode(text('none'), some).length
      if (rawBytes < BLOCK_BYTES) expect(encoder.fileBytes).toBe(rawBytes)
      expect(encoder.heldBytes).toBeLessThanOrEqual(2 * encoder.fileBytes + BLOCK_BYTES + 4096)
    }
    const before = encoder.fileBytes
    const { chunks, byteLength } = encoder.finish()
    expect(byteLength).toBeLessThanOrEqual(before)
    expect(byteLength).toBeGreaterThan(before - BLOCK_BYTES)
    expect(byteLength).toBe(Buffer.concat(chunks).length)
    expect(encoder.fileBytes).toBe(byteLength)
    expect(() => appendAll(encoder, [{ offset: 1, value: 'late' }])).toThrow('finished')
  })

  it('is the same file in parts that are cut off on the way', () => {
    const records = events(1.2)
    const encoder = createOutputFormat(text(compression, 1)).open(AT)
    const parts: Uint8Array[] = []
    let partBytes = 0
    for (let from = 0; from < records.length; from += 1_000) {
      appendAll(encoder, records.slice(from, from + 1_000))
      const part = from % 2_000 === 0 ? encoder.cut() : undefined
      parts.push(...(part?.chunks ?? []))
      partBytes += part?.byteLength ?? 0
    }
    const { chunks, byteLength, fileBytes } = encoder.finish()
    expect(partBytes).toBeGreaterThan(0)
    expect(partBytes + byteLength).toBe(fileBytes)
    const file = decompress(compression, Buffer.concat([...parts, ...chunks]))
    expect(file.equals(encode(text('none'), records))).toBe(true)
  })

  it('grows its block from small, for files with few records', () => {
    const encoder = createOutputFormat(text(compression)).open(AT)
    appendAll(encoder, [{ offset: 0, value: 'x' }])
    expect(encoder.heldBytes).toBe(4096)
    appendAll(encoder, [{ offset: 1, value: 'x'.repeat(5000) }])
    expect(encoder.heldBytes).toBe(8192)
  })

  it('gives the memory of an outsized record back', () => {
    const target = byteTargets({ compression })()
    target.room(10 * BLOCK_BYTES)
    target.position += 10 * BLOCK_BYTES
    expect(target.heldBytes).toBe(10 * BLOCK_BYTES)
    target.room(1)
    expect(target.heldBytes).toBeLessThan(BLOCK_BYTES * 11)
    expect(target.buffer.length).toBeLessThanOrEqual(BLOCK_BYTES)
  })
})

describe('a gzip file of several members', () => {
  it('is read by the gzip of the system', () => {
    const records = events(2)
    const input = encode(text('gzip'), records, 1000)
    const { stdout, status, stderr } = spawnSync('gzip', ['-dc'], { input, maxBuffer: 2 ** 24 })
    expect([status, stderr.toString()]).toEqual([0, ''])
    expect(stdout.equals(encode(text('none'), records, 1000))).toBe(true)
  })

  it('is read by it too when it has no records', () => {
    const { stdout, status } = spawnSync('gzip', ['-dc'], { input: encode(text('gzip'), []) })
    expect([status, stdout.length]).toEqual([0, 0])
  })
})

describe('a zstd frame', () => {
  it('notices a changed byte', () => {
    const file = encode(text('zstd'), events(0.1))
    const place = file.length >> 1
    file[place] = file[place]! ^ 1
    expect(() => zstdDecompressSync(file)).toThrow()
  })
})

describe('an output format', () => {
  it('names the extension by which readers recognize its files', () => {
    const extensionOf = (options: OutputFormatOptions): OutputFormat['extension'] =>
      createOutputFormat(options).extension
    expect(extensionOf(text('none'))).toBe('txt')
    expect(extensionOf(text('zstd'))).toBe('txt.zst')
    expect(extensionOf({ type: 'json-lines', values: 'json', compression: 'gzip' })).toBe(
      'jsonl.gz',
    )
  })

  it('opens files that share nothing', () => {
    const format = createOutputFormat({ type: 'json-lines', values: 'string', compression: 'none' })
    const [one, two] = [format.open(AT), format.open({ topic: 'other', partition: 9 })]
    appendAll(one, [{ offset: 0, value: 'a' }])
    appendAll(two, [{ offset: 5, value: 'b' }])
    expect(JSON.parse(finishedBytes(one).toString())).toMatchObject({ ...AT, value: 'a' })
    expect(JSON.parse(finishedBytes(two).toString())).toMatchObject({ topic: 'other', value: 'b' })
  })
})
