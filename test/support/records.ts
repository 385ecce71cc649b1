import type { RecordBatch } from '../../src/core/record-batch.ts'

/** A record as a test writes it: strings are UTF-8, what is left out is null or empty. */
export interface TestRecord {
  readonly offset: number
  readonly timestampMs?: number
  readonly key?: Uint8Array | string | null
  readonly value?: Uint8Array | string | null
  readonly headers?: readonly TestHeader[]
}

export interface TestHeader {
  readonly key: Uint8Array | string
  readonly value: Uint8Array | string | null
}

/** One batch that holds these records; whatever `overrides` names is taken from there. */
export function recordBatch(
  records: readonly TestRecord[],
  overrides: Partial<RecordBatch> = {},
): RecordBatch {
  const baseOffset = overrides.baseOffset ?? records[0]?.offset ?? 0
  const baseTimestampMs = overrides.baseTimestampMs ?? records[0]?.timestampMs ?? 0
  return {
    baseOffset,
    lastOffset: records.at(-1)?.offset ?? baseOffset,
    baseTimestampMs,
    appendTimestampMs: undefined,
    recordCount: records.length,
    records: encodeRecords(records, baseOffset, baseTimestampMs),
    ...overrides,
  }
}

/** Consecutive offsets from `baseOffset`, one value each. */
export function valueBatch(
  values: readonly (Uint8Array | string | null)[],
  baseOffset = 0,
  timestampMs = 0,
): RecordBatch {
  return recordBatch(
    values.map((value, index) => ({ offset: baseOffset + index, timestampMs, value })),
    { baseOffset, baseTimestampMs: timestampMs },
  )
}

/** A batch of one record whose body is given byte by byte. */
export function batchOfBody(...body: (number | Buffer)[]): RecordBatch {
  const bytes = Buffer.concat(body.map((part) => (Buffer.isBuffer(part) ? part : Buffer.of(part))))
  return { ...valueBatch(['x']), records: Buffer.concat([varint(bytes.length), bytes]) }
}

/** The record array of a batch of message format 2: what stands after the batch's header. */
export function encodeRecords(
  records: readonly TestRecord[],
  baseOffset: number,
  baseTimestampMs: number,
): Buffer {
  return Buffer.concat(records.map((record) => encodeRecord(record, baseOffset, baseTimestampMs)))
}

export function encodeRecord(
  record: TestRecord,
  baseOffset: number,
  baseTimestampMs: number,
): Buffer {
  const headers = record.headers ?? []
  const body = Buffer.concat([
    Buffer.of(0), // attributes: none are defined for records
    varint((record.timestampMs ?? baseTimestampMs) - baseTimestampMs),
    varint(record.offset - baseOffset),
    sized(record.key ?? null),
    sized(record.value ?? null),
    varint(headers.length),
    ...headers.flatMap((header) => [sized(header.key), sized(header.value)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

/** Zigzag varint of any 64-bit integer. */
export function varint(value: number | bigint): Buffer {
  const wide = BigInt(value)
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
  const bytes: number[] = []
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function sized(bytes: Uint8Array | string | null): Buffer {
  if (bytes === null) return varint(-1)
  const buffer = Buffer.from(bytes)
  return Buffer.concat([varint(buffer.length), buffer])
}
