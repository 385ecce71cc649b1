import type { RecordBatch, TopicPartition } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import {
  createOutputFormat,
  type FileEncoder,
  type OutputFormatOptions,
} from '../../src/encoding/output-format.ts'
import { recordBatch, type TestRecord } from '../support/records.ts'

export const AT: TopicPartition = { topic: 'select-color', partition: 3 }

/** What a sink would do with these records: one batch, every record of it. */
export function appendAll(
  encoder: FileEncoder,
  records: readonly TestRecord[],
  overrides: Partial<RecordBatch> = {},
): void {
  const cursor = new RecordCursor()
  cursor.reset(recordBatch(records, overrides))
  while (cursor.next()) encoder.append(cursor)
}

export function finishedBytes(encoder: FileEncoder): Buffer {
  return Buffer.concat(encoder.finish().chunks)
}

/** The file that these records become, in batches of `batchRecords`. */
export function encode(
  options: OutputFormatOptions,
  records: readonly TestRecord[],
  batchRecords = 10,
): Buffer {
  const encoder = createOutputFormat(options).open(AT)
  for (let from = 0; from < records.length; from += batchRecords) {
    appendAll(encoder, records.slice(from, from + batchRecords))
  }
  return finishedBytes(encoder)
}

export function valuesOf(...values: (string | Uint8Array | null)[]): TestRecord[] {
  return values.map((value, offset) => ({ offset, value }))
}
