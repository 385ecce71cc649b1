import type { FetchedRecords } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'

export interface SeenRecord {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** The visible records from the asked offset on. */
export function readAll(fetched: FetchedRecords): SeenRecord[] {
  const seen: SeenRecord[] = []
  const cursor = new RecordCursor(fetched)
  for (const batch of fetched.batches()) {
    cursor.reset(batch)
    while (cursor.next()) {
      if (cursor.offset < fetched.fetchedOffset) continue
      const end = cursor.valueStart + Math.max(cursor.valueLength, 0)
      const value = cursor.source.toString('utf8', cursor.valueStart, end)
      seen.push({ partition: fetched.partition, offset: cursor.offset, value })
    }
  }
  return seen
}
