import { MalformedRecordError } from './errors.ts'
import type { RecordBatch, TopicPartition } from './record-batch.ts'
import { NOTHING, VarintReader } from './varint-reader.ts'

/**
 * Walks the records of a batch without making an object of any: `next()` moves on, the fields say
 * where in `source` the record's parts lie. They hold until the next `next()` or `reset()`; whoever
 * keeps bytes copies them. A length of -1 means null.
 *
 *     cursor.reset(batch)
 *     while (cursor.next()) encoder.append(cursor)
 *
 * `next()` has checked everything that the fields point at, headers included, and it returns false
 * only after exactly `recordCount` records that filled the batch to its last byte. Whatever does not
 * fit throws a MalformedRecordError.
 */
export class RecordCursor extends VarintReader {
  /** The same bytes as `source`, for reading several at once. */
  view: DataView = viewOf(NOTHING)

  offset = -1
  /** Milliseconds since 1970, -1 where the producer gave none. */
  timestampMs = -1
  keyStart = 0
  keyLength = -1
  valueStart = 0
  valueLength = -1
  headersStart = 0
  headerCount = 0

  /** Of the header that `nextHeader()` reached. A header's key is never null. */
  headerKeyStart = 0
  headerKeyLength = 0
  headerValueStart = 0
  headerValueLength = -1

  private readonly at: TopicPartition | undefined
  private recordIndex = -1
  private recordCount = 0
  private baseOffset = 0
  private lastOffset = 0
  private baseTimestampMs = 0
  private exactBaseTimestamp: bigint | undefined
  private timestampStart = 0
  private isStampedOnAppend = false
  private appendTimestampMs = -1

  private headersLeft = 0
  private headerPosition = 0

  /** For each byte that was asked for, its next place in `source` as known; else -1. */
  private readonly nextOf = new Int32Array(256).fill(-1)

  /** `at` is for error messages only. */
  constructor(at?: TopicPartition) {
    super()
    this.at = at
  }

  /** Stands before the first record of `batch` and lets go of the batch before. */
  reset(batch: RecordBatch): void {
    this.source = batch.records
    this.view = viewOf(batch.records)
    this.position = 0
    this.recordIndex = -1
    this.recordCount = batch.recordCount
    this.baseOffset = batch.baseOffset
    this.lastOffset = batch.lastOffset
    this.baseTimestampMs = batch.baseTimestampMs
    this.exactBaseTimestamp = batch.exactBaseTimestamp
    this.isStampedOnAppend = batch.appendTimestampMs !== undefined
    this.appendTimestampMs = batch.appendTimestampMs ?? -1
    this.offset = batch.baseOffset - 1
    this.headersLeft = 0
    this.nextOf.fill(-1)
  }

  /** Lets go of the batch's bytes. */
  release(): void {
    this.source = NOTHING
    this.view = viewOf(NOTHING)
    this.position = 0
    this.recordIndex = -1
    this.recordCount = 0
    this.headersLeft = 0
  }

  /** Moves to the next record; false after the last one. */
  next(): boolean {
    this.recordIndex += 1
    if (this.recordIndex >= this.recordCount) return this.end()
    this.limit = this.source.length
    const byteLength = this.readVarint('record length')
    const end = this.position + byteLength
    if (byteLength < 0 || end > this.limit) {
      throw this.malformed(`record length ${byteLength}, ${this.bytesLeft()} bytes left`)
    }
    this.limit = end
    this.skipAttributes()
    this.timestampStart = this.position
    const timestampDelta = this.readVarlong('timestamp delta')
    this.timestampMs = this.isStampedOnAppend
      ? this.appendTimestampMs
      : this.baseTimestampMs + timestampDelta
    this.readOffset()
    this.keyLength = this.readLength('key length')
    this.keyStart = this.position
    if (this.keyLength > 0) this.position += this.keyLength
    this.valueLength = this.readLength('value length')
    this.valueStart = this.position
    if (this.valueLength > 0) this.position += this.valueLength
    this.readHeaders()
    if (this.position !== end) {
      throw this.malformed(`${end - this.position} bytes after its last header`)
    }
    return true
  }

  /** `timestampMs` in digits, where a number would round it; else undefined. */
  get exactTimestamp(): string | undefined {
    const isExact = this.exactBaseTimestamp === undefined && Number.isSafeInteger(this.timestampMs)
    if (isExact || this.isStampedOnAppend) return undefined
    const base = this.exactBaseTimestamp ?? BigInt(this.baseTimestampMs)
    return String(base + this.varlongAt(this.timestampStart))
  }

  /** Moves to the record's next header, in the order of the producer; false after the last one. */
  nextHeader(): boolean {
    if (this.headersLeft === 0) return false
    this.headersLeft -= 1
    // The record's own reader stands at the end of the record: step aside and come back.
    const end = this.position
    this.position = this.headerPosition
    this.readHeader()
    this.headerPosition = this.position
    this.position = end
    return true
  }

  /** The next `nextHeader()` is the first one again. */
  rewindHeaders(): void {
    this.headersLeft = this.headerCount
    this.headerPosition = this.headersStart
  }

  /**
   * Whether `byte` is in the value. Remembers where the byte stands next in the whole batch: one
   * native scan then answers for many values, where a scan of each costs more than copying it.
   */
  valueIncludes(byte: number): boolean {
    const start = this.valueStart
    let next = this.nextOf[byte]!
    if (next < start) {
      next = this.source.indexOf(byte, start)
      if (next < 0) next = this.source.length
      this.nextOf[byte] = next
    }
    return next < start + this.valueLength
  }

  private end(): false {
    this.recordIndex = this.recordCount
    if (this.position !== this.source.length) {
      throw this.malformed(
        `${this.bytesLeft()} bytes after the last of ${this.recordCount} records`,
      )
    }
    return false
  }

  private skipAttributes(): void {
    if (this.position >= this.limit) throw this.malformed('no attributes')
    this.position += 1
  }

  private readOffset(): void {
    const offset = this.baseOffset + this.readVarint('offset delta')
    if (offset <= this.offset || offset > this.lastOffset) {
      throw this.malformed(`offset ${offset}, expected ${this.offset + 1} to ${this.lastOffset}`)
    }
    this.offset = offset
  }

  /** Walks all headers once, so that `nextHeader()` cannot fail later. */
  private readHeaders(): void {
    const count = this.readVarint('header count')
    if (count < 0) throw this.malformed(`header count ${count}`)
    this.headerCount = count
    this.headersStart = this.position
    for (let left = count; left > 0; left -= 1) this.readHeader()
    this.headersLeft = count
    this.headerPosition = this.headersStart
  }

  private readHeader(): void {
    this.headerKeyLength = this.readLength('header key length')
    if (this.headerKeyLength < 0) throw this.malformed('a header without a key')
    this.headerKeyStart = this.position
    this.position += this.headerKeyLength
    this.headerValueLength = this.readLength('header value length')
    this.headerValueStart = this.position
    if (this.headerValueLength > 0) this.position += this.headerValueLength
  }

  private bytesLeft(): number {
    return this.source.length - this.position
  }

  protected override malformed(found: string): MalformedRecordError {
    return new MalformedRecordError(this.at, this.baseOffset, this.recordIndex, found)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
