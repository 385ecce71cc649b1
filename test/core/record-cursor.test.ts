import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordBatch } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { arbitraryRecords } from '../support/arbitrary-records.ts'
import { headersOf, readAll } from '../support/read-records.ts'
import { batchOfBody, recordBatch, valueBatch, varint } from '../support/records.ts'

describe('a record cursor', () => {
  it('reads what the protocol says, byte by byte', () => {
    const batch: RecordBatch = {
      baseOffset: 1000,
      lastOffset: 1003,
      baseTimestampMs: 1_700_000_000_000,
      appendTimestampMs: undefined,
      recordCount: 1,
      // length 15, attributes, timestamp +3, offset +2, key "k", value "val", header "h" = "12"
      records: Buffer.from(
        '1e 00 06 04 02 6b 06 76616c 02 02 68 04 3132'.replaceAll(' ', ''),
        'hex',
      ),
    }
    expect(readAll(batch)).toEqual([
      {
        offset: 1002,
        timestampMs: 1_700_000_000_003,
        key: Buffer.from('k'),
        value: Buffer.from('val'),
        headers: [{ key: Buffer.from('h'), value: Buffer.from('12') }],
      },
    ])
  })

  it('gives back every record that was written', () => {
    const cursor = new RecordCursor()
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        expect(readAll(recordBatch(records), cursor)).toEqual(records)
      }),
    )
  })

  it('reads timestamps far from the first one', () => {
    const times = [0, -1, 2 ** 31, 2 ** 40, -(2 ** 45), 2 ** 52, 63, 64, -64, -65]
    const records = times.map((timestampMs, offset) => ({ offset, timestampMs, value: 'v' }))
    expect(readAll(recordBatch(records)).map((record) => record.timestampMs)).toEqual(times)
  })

  it('reads the widest deltas that the protocol has', () => {
    const extremes = [2n ** 63n - 1n, -(2n ** 63n)]
    for (const delta of extremes) {
      const batch = batchOfBody(0, varint(delta), varint(0), varint(-1), varint(-1), varint(0))
      expect(readAll(batch)[0]!.timestampMs).toBe(Number(delta))
    }
    const far = [{ offset: 0 }, { offset: 2 ** 31 - 1 }]
    expect(readAll(recordBatch(far)).map((record) => record.offset)).toEqual([0, 2 ** 31 - 1])
  })

  it('takes the append time of the batch where the topic has it so', () => {
    const batch = recordBatch([{ offset: 1, timestampMs: 5 }], { appendTimestampMs: 77 })
    expect(readAll(batch)[0]!.timestampMs).toBe(77)
  })

  it('tells null from empty', () => {
    const [nothing, empty] = readAll(
      recordBatch([
        { offset: 0, key: null, value: null, headers: [{ key: '', value: null }] },
        { offset: 1, key: '', value: '', headers: [{ key: '', value: '' }] },
      ]),
    )
    expect([nothing!.key, nothing!.value, nothing!.headers[0]!.value]).toEqual([null, null, null])
    const none = Buffer.alloc(0)
    expect([empty!.key, empty!.value, empty!.headers[0]!.value]).toEqual([none, none, none])
  })

  it('walks the headers again after a rewind', () => {
    const headers = [{ key: Buffer.from('a'), value: null }]
    const cursor = new RecordCursor()
    cursor.reset(recordBatch([{ offset: 0, headers }, { offset: 1 }]))
    cursor.next()
    expect(headersOf(cursor)).toEqual(headers)
    expect(headersOf(cursor)).toEqual([])
    cursor.rewindHeaders()
    expect(headersOf(cursor)).toEqual(headers)
    expect(cursor.next()).toBe(true)
    expect(headersOf(cursor)).toEqual([])
    expect(cursor.next()).toBe(false)
  })

  it('is at its end when nothing was given, and after release', () => {
    const cursor = new RecordCursor()
    expect(cursor.next()).toBe(false)
    cursor.reset(valueBatch(['a', 'b']))
    expect(cursor.next()).toBe(true)
    cursor.release()
    expect(cursor.next()).toBe(false)
    expect(cursor.source.length).toBe(0)
  })

  it('has no header left over from a batch that it let go of', () => {
    const cursor = new RecordCursor()
    const batch = recordBatch([{ offset: 0, headers: [{ key: 'a', value: 'b' }] }])
    for (const letGo of [() => cursor.reset(valueBatch(['next'])), () => cursor.release()]) {
      cursor.reset(batch)
      cursor.next()
      letGo()
      expect(cursor.nextHeader()).toBe(false)
    }
  })

  it('knows which values hold a byte', () => {
    const cursor = new RecordCursor()
    const asked = fc.array(fc.constantFrom(0x0a, 0x0d, 0x5c, 0x00), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(arbitraryRecords, asked, (records, bytes) => {
        cursor.reset(recordBatch(records))
        for (const record of records) {
          cursor.next()
          const value = Buffer.from(record.value ?? '')
          for (const byte of bytes) {
            expect(cursor.valueIncludes(byte)).toBe(value.includes(byte))
          }
        }
      }),
    )
  })
})
