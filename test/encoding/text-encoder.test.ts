import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordRefusedError } from '../../src/core/errors.ts'
import { createOutputFormat, type TextOptions } from '../../src/encoding/output-format.ts'
import { arbitraryRecords } from '../support/arbitrary-records.ts'
import { AT, appendAll, encode, finishedBytes, valuesOf } from './encode.ts'

const text = (lineBreaks: TextOptions['lineBreaks']): TextOptions => ({
  type: 'text',
  compression: 'none',
  lineBreaks,
})

const LINE_FEED = Buffer.from('\n')

/** Splits at line feeds; what follows the last one must be nothing. */
function linesOf(file: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < file.length; ) {
    const end = file.indexOf(0x0a, start)
    expect(end).toBeGreaterThanOrEqual(start)
    lines.push(file.subarray(start, end))
    start = end + 1
  }
  return lines
}

function unescapeLine(line: Buffer): Buffer {
  const latin1 = line.toString('latin1')
  const plain = latin1.replace(/\\([\s\S])/g, (_, letter: string) =>
    letter === 'n' ? '\n' : letter === 'r' ? '\r' : letter,
  )
  return Buffer.from(plain, 'latin1')
}

describe('text', () => {
  it('is the bytes of each value and a line feed, whatever the bytes are', () => {
    const values = [
      Buffer.from('plain'),
      Buffer.from([0xff, 0xfe, 0x80, 0xc3]),
      Buffer.from([0, 0, 0]),
      Buffer.from('김민수 🎨'),
      Buffer.from('tab\tand \\ backslash'),
    ]
    const expected = Buffer.concat(values.flatMap((value) => [value, LINE_FEED]))
    expect(encode(text('refuse'), valuesOf(...values))).toEqual(expected)
  })

  it('keeps every byte but line breaks, alone and beside others', () => {
    const all = Array.from({ length: 256 }, (_, byte) => byte).filter((b) => b !== 10 && b !== 13)
    const values = [...all.map((byte) => Buffer.of(byte)), Buffer.from(all)]
    const expected = Buffer.concat(values.flatMap((value) => [value, LINE_FEED]))
    expect(encode(text('refuse'), valuesOf(...values), 300)).toEqual(expected)
  })

  it('makes an empty line of an empty value and of null: one record is one line', () => {
    expect(encode(text('refuse'), valuesOf('a', null, '', 'b')).toString()).toBe('a\n\n\nb\n')
    expect(encode(text('escape'), valuesOf('a', null, '', 'b')).toString()).toBe('a\n\n\nb\n')
  })

  it('copies values of any size, from nothing to more than a chunk', () => {
    const sizes = [0, 1, 31, 32, 33, 4095, 4096, 300_000, 1_000_000, 10, 2_500_000, 20]
    const values = sizes.map((size) => randomBytes(size).map((byte) => byte | 0x20))
    const expected = Buffer.concat(values.flatMap((value) => [value, LINE_FEED]))
    // Buffer.equals: a diff of megabytes helps nobody.
    expect(encode(text('refuse'), valuesOf(...values)).equals(expected)).toBe(true)
  })

  it('has only the values in it, neither keys nor headers', () => {
    const headers = [{ key: 'header', value: 'of it' }]
    const file = encode(text('refuse'), [{ offset: 0, key: 'key', value: 'value', headers }])
    expect(file.toString()).toBe('value\n')
  })

  it('counts records and bytes as they come', () => {
    const encoder = createOutputFormat(text('keep')).open(AT)
    expect([encoder.records, encoder.fileBytes, encoder.heldBytes]).toEqual([0, 0, 0])
    appendAll(encoder, valuesOf('12345', null))
    expect([encoder.records, encoder.fileBytes]).toEqual([2, 7])
    expect(encoder.heldBytes).toBe(4096)
    expect(encoder.finish().byteLength).toBe(7)
  })

  it('gives one line back for every record that it does not refuse', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: 1, max: 12 }), (records, batchRecords) => {
        const harmless = records.filter((record) => !/[\n\r]/.test(latin1(record.value)))
        const file = encode(text('refuse'), harmless, batchRecords)
        expect(linesOf(file).map(latin1)).toEqual(harmless.map((record) => latin1(record.value)))
      }),
    )
  })
})

describe('text with line breaks in values', () => {
  it.each(['a\nb', 'a\rb', 'a\r\nb', '\n', '\r', 'end\n'])('refuses %j', (value) => {
    const encoder = createOutputFormat(text('refuse')).open(AT)
    appendAll(encoder, valuesOf('before'))
    const before = [encoder.records, encoder.fileBytes, encoder.heldBytes]
    const refused = { offset: 7, value }
    expect(() => appendAll(encoder, [refused])).toThrow(RecordRefusedError)
    expect(() => appendAll(encoder, [refused])).toThrow(
      "Record select-color-3@7 has a line break in its value, and text is one record a line. Set format.lineBreaks to 'escape'",
    )
    expect([encoder.records, encoder.fileBytes, encoder.heldBytes]).toEqual(before)
    appendAll(encoder, [{ offset: 8, value: 'after' }])
    expect(finishedBytes(encoder).toString()).toBe('before\nafter\n')
  })

  it('refuses exactly the records whose value has one', () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const first = records.find((record) => /[\n\r]/.test(latin1(record.value)))
        const attempt = () => encode(text('refuse'), records)
        if (first === undefined) expect(attempt).not.toThrow()
        else expect(attempt).toThrow(expect.objectContaining({ offset: first.offset }))
      }),
    )
  })

  it('escapes them so that a reader can tell them from what was there', () => {
    const file = encode(text('escape'), valuesOf('a\nb\r\nc', 'a\\nb', '\\', 'no escape'))
    expect(file.toString('latin1')).toBe('a\\nb\\r\\nc\na\\\\nb\n\\\\\nno escape\n')
  })

  it('gives every value back from its escaped line', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: 1, max: 12 }), (records, batchRecords) => {
        const file = encode(text('escape'), records, batchRecords)
        expect(file.includes(0x0d)).toBe(false)
        expect(linesOf(file).map((line) => latin1(unescapeLine(line)))).toEqual(
          records.map((record) => latin1(record.value)),
        )
      }),
    )
  })

  it('keeps them where that was asked for', () => {
    expect(encode(text('keep'), valuesOf('a\nb\r', '\\')).toString()).toBe('a\nb\r\n\\\n')
  })
})

function latin1(bytes: Uint8Array | string | null): string {
  return Buffer.from(bytes ?? '').toString('latin1')
}
