import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordRefusedError } from '../../src/core/errors.ts'
import { createOutputFormat, type JsonLinesOptions } from '../../src/encoding/output-format.ts'
import { arbitraryRecords } from '../support/arbitrary-records.ts'
import type { TestRecord } from '../support/records.ts'
import { AT, appendAll, encode, finishedBytes, valuesOf } from './encode.ts'

const jsonLines = (values: JsonLinesOptions['values']): JsonLinesOptions => ({
  type: 'json-lines',
  compression: 'none',
  values,
})

function lines(file: Buffer): string[] {
  const all = file.toString('utf8').split('\n')
  expect(all.pop()).toBe('')
  return all
}

/** A record as its line says it, made without any code of the encoder. */
function expectedLine(record: TestRecord): Record<string, unknown> {
  return {
    ...AT,
    offset: record.offset,
    timestamp: record.timestampMs,
    ...expectedField('key', record.key),
    ...expectedField('value', record.value),
    headers: (record.headers ?? []).map((header) => ({
      ...expectedField('key', header.key),
      ...expectedField('value', header.value),
    })),
  }
}

function expectedField(name: string, bytes: Uint8Array | string | null | undefined) {
  if (bytes === null || bytes === undefined) return { [name]: null }
  try {
    return {
      [name]: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes)),
    }
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') }
  }
}

function lineOfValue(value: string | Uint8Array | null, values: 'string' | 'json' = 'string') {
  return lines(encode(jsonLines(values), valuesOf(value)))[0]!
}

describe('JSON lines', () => {
  it('says of a record all that Kafka knows of it', () => {
    const record = {
      offset: 1234567890123,
      timestampMs: 1_700_000_000_000,
      key: '김민수',
      value: '{"colorName":"파랑 🎨"}',
      headers: [
        { key: 'trace', value: '1' },
        { key: 'trace', value: null },
      ],
    }
    expect(encode(jsonLines('string'), [record]).toString()).toBe(
      '{"topic":"select-color","partition":3,"offset":1234567890123,"timestamp":1700000000000,' +
        '"key":"김민수","value":"{\\"colorName\\":\\"파랑 🎨\\"}",' +
        '"headers":[{"key":"trace","value":"1"},{"key":"trace","value":null}]}\n',
    )
  })

  it('parses to the record again, one line for each', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: 1, max: 12 }), (records, batchRecords) => {
        const parsed = lines(encode(jsonLines('string'), records, batchRecords)).map((line) =>
          JSON.parse(line),
        )
        expect(parsed).toEqual(records.map(expectedLine))
      }),
      { numRuns: 200 },
    )
  })

  it('escapes every character that JSON wants escaped, at every place of a word', () => {
    const characters = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code))
    const values = ['', 'a', 'ab', 'abc'].flatMap((before) =>
      ['', 'xyz', 'vwxyz'].flatMap((after) => characters.map((char) => before + char + after)),
    )
    const parsed = lines(encode(jsonLines('string'), valuesOf(...values), 999))
    expect(parsed.map((line) => JSON.parse(line).value)).toEqual(values)
  })

  it('keeps line separators, byte order marks and the last code point', () => {
    for (const value of ['\u2028\u2029', '\ufeffx', '\u{10ffff}', '\ufffd', '\u007f\u0080']) {
      expect(JSON.parse(lineOfValue(value)).value).toBe(value)
    }
  })

  it.each([
    ['a byte that never occurs', Buffer.from([0xff])],
    ['a cut off character', Buffer.from('김').subarray(0, 2)],
    ['a lone surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['an overlong form', Buffer.from([0xc0, 0xaf])],
    ['a character beyond the last', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
    [
      'long text with one bad byte at its end',
      Buffer.concat([Buffer.from('"긴 글"'.repeat(2000)), Buffer.of(0x80)]),
    ],
  ])('writes bytes that are not UTF-8 as base64: %s', (_, bytes) => {
    const headers = [{ key: bytes, value: bytes }]
    const file = encode(jsonLines('string'), [{ offset: 0, key: bytes, value: bytes, headers }])
    const base64 = bytes.toString('base64')
    const both = { keyBase64: base64, valueBase64: base64 }
    expect(JSON.parse(lines(file)[0]!)).toEqual({
      ...AT,
      offset: 0,
      timestamp: 0,
      ...both,
      headers: [both],
    })
  })

  it('tells null from an empty value', () => {
    expect(lineOfValue(null)).toContain('"value":null')
    expect(lineOfValue('')).toContain('"value":""')
  })

  it('writes any offset and any time', () => {
    const numbers = [0, 9, 10, 99, 999_999_999, 1e9, 1e9 + 1, 2 ** 31, 2 ** 32, 1e15, 2 ** 53 - 1]
    for (const number of numbers) {
      const [line] = lines(encode(jsonLines('string'), [{ offset: number, timestampMs: number }]))
      expect(line).toContain(`"offset":${number},"timestamp":${number},`)
    }
    for (const timestampMs of [-1, -1e9, -(2 ** 53) + 1, 2 ** 60, -(2 ** 63)]) {
      const [line] = lines(encode(jsonLines('string'), [{ offset: 0, timestampMs }]))
      expect(JSON.parse(line!).timestamp).toBe(timestampMs)
    }
  })

  it('writes every digit of a time that a number would round', () => {
    const baseTimestampMs = 1.7e18
    const exact = { baseTimestampMs, exactBaseTimestamp: 1_700_000_000_000_000_001n }
    const later = 2 ** 20
    const encoder = createOutputFormat(jsonLines('string')).open(AT)
    const records = [baseTimestampMs, baseTimestampMs + later, baseTimestampMs - later]
    appendAll(
      encoder,
      records.map((timestampMs, offset) => ({ offset, timestampMs })),
      exact,
    )
    appendAll(encoder, [{ offset: 3, timestampMs: 2 ** 53 + 2 }], { baseTimestampMs: 3 })
    const digits = lines(finishedBytes(encoder)).map((line) => /"timestamp":(\d+)/.exec(line)?.[1])
    expect(digits).toEqual([
      ...['1700000000000000001', '1700000000001048577', '1699999999998951425'],
      String(2n ** 53n + 2n),
    ])
  })

  it('has room for the worst that a record can hold', () => {
    const worst = (length: number) => Buffer.alloc(length, 1)
    for (const length of [1, 500, 4096, 4097, 200_000, 1_000_000]) {
      const headers = [
        { key: worst(length), value: worst(length) },
        { key: worst(4096), value: Buffer.alloc(length, 0xff) },
      ]
      const record = {
        offset: 2 ** 52,
        timestampMs: 0,
        key: worst(length),
        value: worst(length),
        headers,
      }
      const parsed = JSON.parse(encode(jsonLines('string'), [record]).toString())
      expect(parsed).toEqual(expectedLine(record))
    }
  })

  it('escapes a topic name as any text', () => {
    const encoder = createOutputFormat(jsonLines('string')).open({ topic: 'a"\\b', partition: 0 })
    appendAll(encoder, valuesOf('x'))
    expect(JSON.parse(finishedBytes(encoder).toString()).topic).toBe('a"\\b')
  })
})

describe('JSON lines with JSON values', () => {
  it('embeds the value as the producer wrote it, every digit of its numbers', () => {
    const value = '{ "big": 12345678901234567890.10, "same":1, "same":2, "색":"파랑\\u0020" }'
    expect(lineOfValue(value, 'json')).toContain(`"value":${value},"headers"`)
  })

  it.each(['1', '"text"', 'null', 'true', '[]', ' {"a":\t[1, 2]} ', '-0.0e-9'])(
    'takes %s',
    (value) => {
      expect(JSON.parse(lineOfValue(value, 'json')).value).toEqual(JSON.parse(value))
    },
  )

  it('keeps a value with line breaks on its line', () => {
    const value = '{\r\n  "a": 1,\n  "b": "c\\nd"\r}\n'
    const line = lineOfValue(value, 'json')
    expect(line).toContain('"value":{    "a": 1,   "b": "c\\nd" } ,')
    expect(JSON.parse(line).value).toEqual(JSON.parse(value))
  })

  it('writes null for null', () => {
    expect(JSON.parse(lineOfValue(null, 'json')).value).toBeNull()
  })

  it('embeds whatever is JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.json(), fc.nat({ max: 4 })), { maxLength: 20 }), (made) => {
        const values = made.map(([json, indent]) => JSON.stringify(JSON.parse(json), null, indent))
        const parsed = lines(encode(jsonLines('json'), valuesOf(...values))).map(
          (line) => JSON.parse(line).value,
        )
        expect(parsed).toEqual(values.map((value) => JSON.parse(value)))
      }),
    )
  })

  it.each([
    '',
    ' ',
    'text',
    '{',
    '{"a":1}}',
    '{"a":1} {"b":2}',
    "{'a':1}",
    '[1,]',
    '01',
    'NaN',
    '"line\nbreak"',
    '\ufeff{}',
    '\u00a0{}',
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  ])('refuses what is not JSON, and changes nothing: %j', (value) => {
    const encoder = createOutputFormat(jsonLines('json')).open(AT)
    appendAll(encoder, valuesOf('1'))
    const before = [encoder.records, encoder.fileBytes, encoder.heldBytes]
    const refused = [{ offset: 5, value }]
    expect(() => appendAll(encoder, refused)).toThrow(RecordRefusedError)
    expect(() => appendAll(encoder, refused)).toThrow(
      'Record select-color-3@5 has a value that is not JSON.',
    )
    expect([encoder.records, encoder.fileBytes, encoder.heldBytes]).toEqual(before)
    appendAll(encoder, [{ offset: 6, value: '2' }])
    expect(lines(finishedBytes(encoder)).map((line) => JSON.parse(line).value)).toEqual([1, 2])
  })
})
