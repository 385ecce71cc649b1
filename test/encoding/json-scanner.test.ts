import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonScanner } from '../../src/encoding/json-scanner.ts'

const scanner = new JsonScanner()

/** In the midst of other bytes, as a value lies in a batch. */
function isJson(text: Buffer, before = 3, after = '"]}5'): boolean {
  const source = Buffer.concat([Buffer.alloc(before, '['), text, Buffer.from(after)])
  const view = new DataView(source.buffer, source.byteOffset, source.length)
  return scanner.isJson(source, view, before, text.length)
}

function parses(text: Buffer): boolean {
  if (!isUtf8(text)) return false
  try {
    JSON.parse(text.toString('latin1'))
    return true
  } catch {
    return false
  }
}

/** One byte put in, taken out or replaced, several times. */
const damage = fc.array(
  fc.record({
    place: fc.nat(),
    removed: fc.nat(2),
    byte: fc.oneof(
      fc.constantFrom(...Buffer.from('{}[],:"\\/-+.0123456789eEtrufalsn \t\n\r')),
      fc.nat(255),
    ),
  }),
  { maxLength: 3 },
)

function damaged(
  text: Buffer,
  damages: readonly { place: number; removed: number; byte: number }[],
) {
  return damages.reduce((bytes, { place, removed, byte }) => {
    const at = place % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + removed)])
  }, text)
}

describe('the JSON scanner', () => {
  it('takes what JSON.parse takes, and nothing else', () => {
    const texts = fc
      .tuple(fc.json({ stringUnit: 'binary' }), fc.nat(2))
      .map(([text, spaces]) =>
        Buffer.from(spaces === 0 ? text : JSON.stringify(JSON.parse(text), undefined, spaces)),
      )
    fc.assert(
      fc.property(texts, damage, fc.nat(5), (text, damages, before) => {
        const bytes = damaged(text, damages)
        expect(isJson(bytes, before)).toBe(parses(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with JSON.parse on every short row of its characters', () => {
    const chars = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      '0',
      '-',
      '.',
      'e',
      ' ',
      'null',
    ]
    const rows = (length: number): string[] =>
      length === 0 ? [''] : rows(length - 1).flatMap((row) => chars.map((char) => row + char))
    const wrong = [0, 1, 2, 3]
      .flatMap(rows)
      .map((row) => Buffer.from(row))
      .filter((text) => isJson(text) !== parses(text))
    expect(wrong.map(String)).toEqual([])
  })

  it.each([
    ['numbers', '[0,-0,1.5,-0.1e5,1E+05,2e-3,123456789012345678901234567890]', true],
    ['a leading zero', '01', false],
    ['a lonely sign', '-', false],
    ['a plus', '+1', false],
    ['nothing behind a point', '1.', false],
    ['nothing behind an exponent', '1e', false],
    ['escapes', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD800"', true],
    ['an unknown escape', '"\\x41"', false],
    ['a short unicode escape', '"\\u00e"', false],
    ['a control character', '"a\u0001"', false],
    ['the byte 127', '"a\u007f"', true],
    ['text beyond ASCII', '"색깔 🎨"', true],
    ['a byte order mark', '\ufeff1', false],
    ['a comment', '1//', false],
    ['two texts', '1 2', false],
    ['an object closed as an array', '{"a":1]', false],
    ['half a literal', 'tru', false],
    ['all white space', ' \t\n\r', false],
  ])('knows %s: %s', (_, text, expected) => {
    const bytes = Buffer.from(text)
    expect(isJson(bytes)).toBe(expected)
    expect(parses(bytes)).toBe(expected)
  })

  it('refuses UTF-8 that is none', () => {
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xe2, 0x82]]) {
      expect(isJson(Buffer.from([0x22, ...bytes, 0x22]))).toBe(false)
    }
  })

  it('follows nesting of any depth', () => {
    const depth = 100_000
    expect(isJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth)))).toBe(true)
    expect(isJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth - 1)))).toBe(false)
    expect(isJson(Buffer.from(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`))).toBe(true)
  })
})
