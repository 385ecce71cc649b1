import { crc32c } from '@node-rs/crc32'
import { encodeRecords, type TestRecord } from '../support/records.ts'

export interface BatchFields {
  readonly baseOffset: number
  readonly records: readonly TestRecord[]
  readonly lastOffset: number
  readonly codec: number
  readonly compress: (bytes: Buffer) => Buffer
  readonly control: boolean
  readonly transactional: boolean
  readonly producerId: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly appendTime: boolean
  readonly recordCount: number
  readonly magic: number
}

/** One record batch of format 2 as a broker sends it, with a right CRC. */
export function batchBytes(fields: Partial<BatchFields>): Buffer {
  const records = fields.records ?? []
  const baseOffset = fields.baseOffset ?? records[0]?.offset ?? 0
  const baseTimestampMs = fields.baseTimestampMs ?? 1_700_000_000_000
  const body = encodeRecords(
    records.map((record) => ({ timestampMs: baseTimestampMs, ...record })),
    baseOffset,
    baseTimestampMs,
  )
  const payload = fields.compress === undefined ? body : fields.compress(body)
  const header = Buffer.alloc(61)
  header.writeBigInt64BE(BigInt(baseOffset), 0)
  header.writeInt32BE(49 + payload.length, 8)
  header.writeInt8(fields.magic ?? 2, 16)
  header.writeInt16BE(attributesOf(fields), 21)
  header.writeInt32BE((fields.lastOffset ?? records.at(-1)?.offset ?? baseOffset) - baseOffset, 23)
  header.writeBigInt64BE(BigInt(baseTimestampMs), 27)
  header.writeBigInt64BE(BigInt(fields.maxTimestampMs ?? baseTimestampMs), 35)
  header.writeBigInt64BE(BigInt(fields.producerId ?? -1), 43)
  header.writeInt32BE(fields.recordCount ?? records.length, 57)
  const bytes = Buffer.concat([header, payload])
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** What a broker writes at the end of a transaction. */
export function markerBytes(offset: number, producerId: number, type: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  const records = [{ offset, key, value: Buffer.alloc(6) }]
  return batchBytes({ records, producerId, transactional: true, control: true })
}

function attributesOf(fields: Partial<BatchFields>): number {
  return (
    (fields.codec ?? 0) |
    (fields.appendTime ? 0x08 : 0) |
    (fields.transactional ? 0x10 : 0) |
    (fields.control ? 0x20 : 0)
  )
}
