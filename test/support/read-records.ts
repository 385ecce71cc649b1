import type { RecordBatch } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import type { WholeRecord } from './arbitrary-records.ts'
import type { TestHeader } from './records.ts'

function bytesAt(cursor: RecordCursor, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(cursor.source.subarray(start, start + length))
}

/** Headers that the cursor has not passed yet. */
export function headersOf(cursor: RecordCursor): TestHeader[] {
  const headers: TestHeader[] = []
  while (cursor.nextHeader()) {
    const key = bytesAt(cursor, cursor.headerKeyStart, cursor.headerKeyLength)
    const value = bytesAt(cursor, cursor.headerValueStart, cursor.headerValueLength)
    headers.push({ key: key ?? 'null', value })
  }
  return headers
}

/** Every record of the batch, as copies. */
export function readAll(batch: RecordBatch, cursor = new RecordCursor()): WholeRecord[] {
  const records: WholeRecord[] = []
  cursor.reset(batch)
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      timestampMs: cursor.timestampMs,
      key: bytesAt(cursor, cursor.keyStart, cursor.keyLength),
      value: bytesAt(cursor, cursor.valueStart, cursor.valueLength),
      headers: headersOf(cursor),
    })
  }
  return records
}
