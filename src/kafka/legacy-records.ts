import type { RecordBatch } from '../core/record-batch.ts'
import type { LegacyMessage } from './raw-fetch.ts'

/** What records without a time carry in format 2. */
const NO_TIMESTAMP = -1

/**
 * Records of the message formats 0 and 1, written anew as one batch of format 2, so that whatever
 * comes after sees one shape only. Brokers from 4.0 on do not send the old formats any more.
 * Offsets must be safe integers and ascending.
 */
export function encodeLegacy(messages: readonly LegacyMessage[]): RecordBatch {
  const baseOffset = Number(messages[0]!.offset)
  const baseTimestampMs = timestampOf(messages[0]!)
  const writer = new VarintWriter()
  for (const message of messages) {
    const fields = new VarintWriter()
    fields.byte(0) // attributes: format 2 defines none for records
    fields.varlong(timestampOf(message) - baseTimestampMs)
    fields.varlong(Number(message.offset) - baseOffset)
    fields.bytes(message.key)
    fields.bytes(message.value)
    fields.varlong(0) // no headers before format 2
    writer.bytes(fields.take())
  }
  return {
    baseOffset,
    lastOffset: Number(messages.at(-1)!.offset),
    baseTimestampMs,
    appendTimestampMs: undefined,
    recordCount: messages.length,
    records: writer.take(),
  }
}

function timestampOf(message: LegacyMessage): number {
  return message.timestamp === undefined ? NO_TIMESTAMP : Number(message.timestamp)
}

/** Collects zigzag varints and length-prefixed bytes. */
class VarintWriter {
  private readonly parts: Uint8Array[] = []

  byte(value: number): void {
    this.parts.push(Uint8Array.of(value))
  }

  /** Any safe integer. */
  varlong(value: number): void {
    const bytes: number[] = []
    // Zigzag without 64-bit integers: the sign is the lowest bit, so six bits are left beside it.
    let rest = value < 0 ? -value - 1 : value
    let group = (rest % 64) * 2 + (value < 0 ? 1 : 0)
    rest = Math.floor(rest / 64)
    while (rest > 0) {
      bytes.push(group | 0x80)
      group = rest % 128
      rest = Math.floor(rest / 128)
    }
    bytes.push(group)
    this.parts.push(Uint8Array.from(bytes))
  }

  bytes(value: Uint8Array | null): void {
    this.varlong(value === null ? -1 : value.length)
    if (value !== null) this.parts.push(value)
  }

  take(): Buffer {
    return Buffer.concat(this.parts)
  }
}
