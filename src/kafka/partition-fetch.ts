import { BatchTooLargeError, CorruptBatchError } from '../core/errors.ts'
import type { FetchedRecords, RecordBatch, TopicPartition } from '../core/record-batch.ts'
import { RecordCursor } from '../core/record-cursor.ts'
import { AbortedProducers } from './aborted-producers.ts'
import { CODEC_NAMES, decompress } from './decompress.ts'
import { encodeLegacy } from './legacy-records.ts'
import { OutputLimitError } from './output-limit-error.ts'
import { endOf, type RawFetch } from './raw-fetch.ts'
import {
  appendTimestampMsOf,
  baseOffsetOf,
  baseTimestampMsOf,
  codecOf,
  exactBaseTimestampOf,
  findDamage,
  findShortage,
  HEADER_BYTES,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerIdOf,
  recordCountOf,
} from './record-batch-header.ts'

const ABORT_MARKER = 0

export interface PartitionFetchOptions extends TopicPartition {
  readonly fetchedOffset: number
  readonly highWatermark: number
  readonly raw: RawFetch
  readonly maxDecompressedBatchBytes: number
}

/**
 * The bytes that one fetch brought for one partition. Nothing is checked or decompressed before
 * `batches()` reaches it, so a bad batch stops its own partition, and only there.
 */
export class PartitionFetch implements FetchedRecords {
  readonly topic: string
  readonly partition: number
  readonly fetchedOffset: number
  readonly nextOffset: number
  readonly highWatermark: number
  readonly byteLength: number
  private readonly raw: RawFetch
  private readonly limitBytes: number

  constructor(options: PartitionFetchOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.fetchedOffset = options.fetchedOffset
    this.highWatermark = options.highWatermark
    this.byteLength = options.raw.byteLength
    this.raw = options.raw
    this.limitBytes = options.maxDecompressedBatchBytes
    // The brokers answer from the batch on that holds the asked offset: less would be no progress,
    // and a nonsense beyond 2^53 is refused when its batch is reached.
    const next = endOf(options.raw) ?? this.fetchedOffset
    this.nextOffset = Number.isSafeInteger(next)
      ? Math.max(next, this.fetchedOffset)
      : this.fetchedOffset
  }

  *batches(): Iterable<RecordBatch> {
    const { batches, legacy, failure, abortedTransactions } = this.raw
    const aborted =
      abortedTransactions.length > 0 ? new AbortedProducers(abortedTransactions) : undefined
    for (const batch of batches) {
      const damage = findDamage(batch)
      if (damage !== undefined) throw this.corrupt(baseOffsetOf(batch), damage)
      aborted?.advanceTo(lastOffsetOf(batch))
      if (isControl(batch)) {
        // Compaction keeps a producer's last marker as a batch of nothing: its transaction is in no index.
        if (aborted !== undefined && recordCountOf(batch) > 0) this.endTransaction(batch, aborted)
      } else if (recordCountOf(batch) > 0 && !isVoid(batch, aborted)) {
        yield this.toRecordBatch(batch)
      }
    }
    if (legacy.length > 0) yield this.legacyBatch()
    if (failure !== undefined) throw this.failed(this.nextOffset, '', failure)
  }

  private legacyBatch(): RecordBatch {
    const batch = encodeLegacy(this.raw.legacy)
    if (!Number.isSafeInteger(batch.lastOffset)) {
      throw this.corrupt(batch.baseOffset, `its last offset is ${this.raw.legacy.at(-1)?.offset}`)
    }
    return batch
  }

  /** A control batch holds one record; its key is a version and a type, both int16. */
  private endTransaction(batch: Buffer, aborted: AbortedProducers): void {
    const control = this.toRecordBatch(batch)
    const cursor = new RecordCursor(this.at())
    cursor.reset(control)
    if (!cursor.next() || cursor.keyLength < 4) {
      throw this.corrupt(control.baseOffset, 'a control batch without a type')
    }
    const type = control.records.readInt16BE(cursor.keyStart + 2)
    if (type === ABORT_MARKER) aborted.ended(producerIdOf(batch))
  }

  private toRecordBatch(batch: Buffer): RecordBatch {
    const baseOffset = baseOffsetOf(batch)
    const recordCount = recordCountOf(batch)
    const records = this.decompress(batch, baseOffset)
    const shortage = findShortage(records, recordCount)
    if (shortage !== undefined) throw this.corrupt(baseOffset, shortage)
    return {
      baseOffset,
      lastOffset: lastOffsetOf(batch),
      baseTimestampMs: baseTimestampMsOf(batch),
      exactBaseTimestamp: exactBaseTimestampOf(batch),
      appendTimestampMs: appendTimestampMsOf(batch),
      recordCount,
      records,
    }
  }

  private decompress(batch: Buffer, baseOffset: number): Buffer {
    const codec = codecOf(batch)
    const body = batch.subarray(HEADER_BYTES)
    try {
      return decompress(codec, body, this.limitBytes)
    } catch (error) {
      throw this.failed(baseOffset, `${CODEC_NAMES[codec] ?? 'compression'}: `, error)
    }
  }

  private failed(baseOffset: number, prefix: string, error: unknown): Error {
    if (error instanceof OutputLimitError) {
      return new BatchTooLargeError(this.at(), baseOffset, error.limitBytes)
    }
    return this.corrupt(baseOffset, prefix + (error instanceof Error ? error.message : error))
  }

  private corrupt(baseOffset: number, found: string): CorruptBatchError {
    return new CorruptBatchError(this.at(), baseOffset, found)
  }

  /** Without the bytes: an error lives longer than a fetch. */
  private at(): TopicPartition {
    return { topic: this.topic, partition: this.partition }
  }
}

function isVoid(batch: Buffer, aborted: AbortedProducers | undefined): boolean {
  return aborted !== undefined && isTransactional(batch) && aborted.has(producerIdOf(batch))
}
