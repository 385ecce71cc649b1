import { crc32c } from '@node-rs/crc32'
import { batchBytes } from '../../test/kafka/batch-bytes.ts'
import { type ValueKind, valuesOf } from './values.ts'

/*
 * Topics are filled with the same few record batches over and over: each is encoded once, and the
 * broker numbers the records. 4 MiB go by before anything comes again, which is beyond what gzip and
 * zstd at level 1 look back.
 */

const BATCH_BYTES = 256 * 1024
const CYCLE_BYTES = 4 * 1024 * 1024

export interface BatchCycle {
  readonly recordsPerBatch: number
  /** Values of each batch. */
  readonly values: readonly (readonly Buffer[])[]
}

export function batchCycle(kind: ValueKind): BatchCycle {
  const next = valuesOf(kind)
  const first = next()
  const recordsPerBatch = Math.max(1, Math.floor(BATCH_BYTES / first.length))
  const batches = Math.ceil(CYCLE_BYTES / (recordsPerBatch * first.length))
  const values = Array.from({ length: batches }, () =>
    Array.from({ length: recordsPerBatch }, () => next()),
  )
  return { recordsPerBatch, values }
}

export function encodeBatch(values: readonly Buffer[], timestampMs: number): Buffer {
  const records = values.map((value, offset) => ({ offset, value }))
  return batchBytes({ records, baseTimestampMs: timestampMs })
}

/** All of its records happen at this time. */
export function stampBatch(batch: Buffer, timestampMs: number): void {
  batch.writeBigInt64BE(BigInt(timestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestampMs), 35)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
}

/** How many records each of the batches has that make up `records`. */
export function* batchSizes(records: number, recordsPerBatch: number): Generator<number> {
  for (let left = records; left > 0; left -= recordsPerBatch) yield Math.min(left, recordsPerBatch)
}
