import { crc32c } from '@node-rs/crc32'

/*
 * A record batch of message format 2 as it lies in a fetch response:
 *
 *    0 baseOffset int64        21 attributes int16       43 producerId int64
 *    8 batchLength int32       23 lastOffsetDelta int32  51 producerEpoch int16
 *   12 leaderEpoch int32       27 baseTimestamp int64    53 baseSequence int32
 *   16 magic int8              35 maxTimestamp int64     57 recordCount int32
 *   17 crc uint32 (CRC-32C of everything from 21 on)     61 records
 */

/** Bytes before the first record. */
export const HEADER_BYTES = 61
/** Bytes that batchLength does not count: itself and the base offset. */
export const LENGTH_PREFIX_BYTES = 12
/** From here on the CRC counts. */
const CHECKED_FROM = 21

export const MAGIC_POSITION = 16
/** The shortest record of all: seven fields of one byte each. */
const MIN_RECORD_BYTES = 7

const CODEC_MASK = 0x07
const APPEND_TIME_FLAG = 0x08
const TRANSACTIONAL_FLAG = 0x10
const CONTROL_FLAG = 0x20

export function batchLength(bytes: Buffer, start: number): number {
  return bytes.readInt32BE(start + 8)
}

/** May be beyond what a number holds exactly: whoever depends on it checks. */
export function baseOffsetOf(batch: Buffer): number {
  return readInt64(batch, 0)
}

export function lastOffsetOf(batch: Buffer): number {
  return readInt64(batch, 0) + batch.readInt32BE(23)
}

export function codecOf(batch: Buffer): number {
  return batch.readInt16BE(CHECKED_FROM) & CODEC_MASK
}

export function isTransactional(batch: Buffer): boolean {
  return (batch.readInt16BE(CHECKED_FROM) & TRANSACTIONAL_FLAG) !== 0
}

export function isControl(batch: Buffer): boolean {
  return (batch.readInt16BE(CHECKED_FROM) & CONTROL_FLAG) !== 0
}

export function producerIdOf(batch: Buffer): bigint {
  return batch.readBigInt64BE(43)
}

export function baseTimestampMsOf(batch: Buffer): number {
  return readInt64(batch, 27)
}

/** Only where a number would round it. */
export function exactBaseTimestampOf(batch: Buffer): bigint | undefined {
  return Number.isSafeInteger(baseTimestampMsOf(batch)) ? undefined : batch.readBigInt64BE(27)
}

/** Set where the broker stamps records on append. */
export function appendTimestampMsOf(batch: Buffer): number | undefined {
  const stamped = (batch.readInt16BE(CHECKED_FROM) & APPEND_TIME_FLAG) !== 0
  return stamped ? readInt64(batch, 35) : undefined
}

export function recordCountOf(batch: Buffer): number {
  return batch.readInt32BE(57)
}

/** What is wrong with this batch, or undefined. The CRC is checked first: it explains the rest. */
export function findDamage(batch: Buffer): string | undefined {
  const stored = batch.readUInt32BE(17)
  const computed = crc32c(batch.subarray(CHECKED_FROM))
  if (stored !== computed) {
    return `its CRC is ${hex(computed)}, the header says ${hex(stored)}`
  }
  const lastOffset = lastOffsetOf(batch)
  const lastOffsetDelta = batch.readInt32BE(23)
  if (lastOffsetDelta < 0 || !Number.isSafeInteger(lastOffset)) {
    return `its last offset is ${lastOffset}`
  }
  const count = recordCountOf(batch)
  if (count < 0 || count > lastOffsetDelta + 1) {
    return `it claims ${count} records in ${lastOffsetDelta + 1} offsets`
  }
  return undefined
}

/** What is wrong with these decompressed records at first sight; a cursor sees the rest. */
export function findShortage(records: Buffer, recordCount: number): string | undefined {
  if (records.length >= recordCount * MIN_RECORD_BYTES) return undefined
  return `it claims ${recordCount} records in ${records.length} bytes`
}

/** Exact up to 2^53, without a BigInt. */
function readInt64(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * 0x1_0000_0000 + bytes.readUInt32BE(position + 4)
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
