/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** For maps by partition. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/**
 * The records of one Kafka record batch (message format 2), decompressed, still as bytes.
 *
 * `records` is what the Kafka protocol calls the record array: each record is a varint length,
 * then attributes, timestamp delta, offset delta, key, value and headers. A RecordCursor walks it.
 * The bytes are a view into a fetch response: whoever keeps them copies them.
 */
export interface RecordBatch {
  readonly baseOffset: number
  /** Offset of the batch's last record, removed by compaction or not. */
  readonly lastOffset: number
  /** Milliseconds since 1970; records hold deltas to it. */
  readonly baseTimestampMs: number
  /** The same where a number rounds it: producers may stamp nanoseconds. */
  readonly exactBaseTimestamp?: bigint | undefined
  /** Set where the topic stamps records on append: then every record has this time. */
  readonly appendTimestampMs: number | undefined
  readonly recordCount: number
  readonly records: Buffer
}

/**
 * What one fetch brought for one partition. Where it is handed to a GroupHandlers, its bytes hold
 * only until that returns.
 */
export interface FetchedRecords extends TopicPartition {
  /** The offset that was asked for; records below it may be present and are to be skipped. */
  readonly fetchedOffset: number
  /** Where the next fetch goes on: one past the last offset seen, records or not. */
  readonly nextOffset: number
  readonly highWatermark: number
  /** Bytes of the fetch response that this holds. */
  readonly byteLength: number
  /**
   * The batches with visible records, in order, each decompressed when it is reached: control
   * batches and aborted transactions are left out.
   * Throws CorruptBatchError or BatchTooLargeError at the batch concerned.
   */
  batches(): Iterable<RecordBatch>
}
