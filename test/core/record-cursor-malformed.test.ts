import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedRecordError } from '../../src/core/errors.ts'
import type { RecordBatch } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { arbitraryRecords } from '../support/arbitrary-records.ts'
import { readAll } from '../support/read-records.ts'
import { batchOfBody, encodeRecord, recordBatch, valueBatch, varint } from '../support/records.ts'

describe('a record cursor on bytes that are not records', () => {
  it('refuses every truncation', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.nat(), (records, cut) => {
        const batch = recordBatch(records)
        fc.pre(batch.records.length > 0)
        const shorter = batch.records.subarray(0, cut % batch.records.length)
        expect(() => readAll({ ...batch, records: shorter })).toThrow(MalformedRecordError)
      }),
    )
  })

  it('refuses a count of records that its bytes do not have', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: -3, max: 3 }), (records, wrong) => {
        const recordCount = records.length + wrong
        fc.pre(wrong !== 0 && recordCount >= 0)
        const batch = { ...recordBatch(records), recordCount }
        expect(() => readAll(batch)).toThrow(MalformedRecordError)
      }),
    )
  })

  it('either refuses changed bytes or reads exactly the counted records, all inside the batch', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(arbitraryRecords, changes, (records, changed) => {
        const batch = recordBatch(records)
        fc.pre(batch.records.length > 0)
        for (const [place, byte] of changed) batch.records[place % batch.records.length] = byte
        expectWholeOrRefused(batch)
      }),
      { numRuns: 500 },
    )
  })

  it('survives bytes at random', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 20 }),
        (noise, n) => {
          expectWholeOrRefused({
            ...valueBatch([]),
            lastOffset: 9,
            recordCount: n,
            records: Buffer.from(noise),
          })
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each([
    [
      'a negative record length',
      { ...valueBatch(['x']), records: Buffer.of(0x01) },
      /record length -1/,
    ],
    ['no attributes', batchOfBody(), /no attributes/],
    [
      'a varint of more than 32 bits',
      batchOfBody(0, 0, varint(2 ** 40)),
      /offset delta of more than 32/,
    ],
    [
      'a varint that does not end',
      batchOfBody(0, 0, Buffer.alloc(12, 0x80)),
      /offset delta of more than 32/,
    ],
    [
      'a timestamp that does not end',
      batchOfBody(0, Buffer.alloc(12, 0x80)),
      /timestamp delta of more than 64/,
    ],
    ['a key length of -2', batchOfBody(0, 0, 0, varint(-2)), /key length -2, 0 bytes left/],
    ['a key beyond its record', batchOfBody(0, 0, 0, varint(9), 1), /key length 9, 1 bytes left/],
    ['a value beyond its record', batchOfBody(0, 0, 0, 0, varint(1)), /value length 1, 0 bytes/],
    ['a negative header count', batchOfBody(0, 0, 0, 0, 0, varint(-1)), /header count -1/],
    [
      'a header count beyond its bytes',
      batchOfBody(0, 0, 0, 0, 0, varint(2 ** 31 - 1)),
      /header key length is cut off/,
    ],
    ['a header without a key', batchOfBody(0, 0, 0, 0, 0, 2, varint(-1), 0), /without a key/],
    ['bytes after the headers', batchOfBody(0, 0, 0, 0, 0, 0, 7), /1 bytes after its last header/],
    [
      'an offset beyond the batch',
      batchOfBody(0, 0, varint(1), 0, 0, 0),
      /offset 1, expected 0 to 0/,
    ],
    ['an offset before the batch', batchOfBody(0, 0, varint(-1), 0, 0, 0), /offset -1, expected 0/],
  ])('names what it found: %s', (_, batch, message) => {
    expect(() => readAll(batch)).toThrow(MalformedRecordError)
    expect(() => readAll(batch)).toThrow(message)
  })

  it('refuses offsets that do not rise', () => {
    const record = encodeRecord({ offset: 1, value: 'twice' }, 0, 0)
    const batch = {
      ...valueBatch(['a', 'b', 'c']),
      records: Buffer.concat([record, record, record]),
    }
    expect(() => readAll(batch)).toThrow(/Record 1 .* offset 1, expected 2 to 2/)
  })

  it('says where the batch is and what to do', () => {
    const cursor = new RecordCursor({ topic: 'select-color', partition: 2 })
    const batch = { ...valueBatch(['a', 'b'], 40), recordCount: 1 }
    const error = (() => {
      try {
        readAll(batch, cursor)
      } catch (thrown) {
        return thrown
      }
      return undefined
    })()
    expect(error).toMatchObject({
      at: { topic: 'select-color', partition: 2 },
      baseOffset: 40,
      recordIndex: 1,
      action: 'stop-partition',
    })
    expect(String(error)).toMatch(
      /^MalformedRecordError: Record 1 of the batch at select-color-2@40 is malformed: 8 bytes after/,
    )
  })
})

function expectWholeOrRefused(batch: RecordBatch): void {
  const cursor = new RecordCursor()
  cursor.reset(batch)
  let records = 0
  let previous = batch.baseOffset - 1
  try {
    while (cursor.next()) {
      records += 1
      expectInside(cursor, cursor.keyStart, cursor.keyLength)
      expectInside(cursor, cursor.valueStart, cursor.valueLength)
      while (cursor.nextHeader()) {
        expectInside(cursor, cursor.headerKeyStart, cursor.headerKeyLength)
        expectInside(cursor, cursor.headerValueStart, cursor.headerValueLength)
      }
      expect(cursor.offset).toBeGreaterThan(previous)
      previous = cursor.offset
    }
  } catch (error) {
    if (error instanceof MalformedRecordError) return
    throw error
  }
  expect(records).toBe(batch.recordCount)
  expect(previous).toBeLessThanOrEqual(batch.lastOffset)
}

function expectInside(cursor: RecordCursor, start: number, length: number): void {
  expect(length).toBeGreaterThanOrEqual(-1)
  expect(start + Math.max(length, 0)).toBeLessThanOrEqual(cursor.source.length)
}
