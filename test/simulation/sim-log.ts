import type { LogBounds } from '../../src/core/ports.ts'
import type { FetchedRecords } from '../../src/core/record-batch.ts'
import { recordBatch } from '../support/records.ts'

/*
 * The log of one partition, with what is left of it in the ways that a log can lose something:
 * - offsets without a record: control batches, aborted transactions, also at the end; compaction,
 *   which leaves a batch its last offset, record or not
 * - retention moves the start; a position before it is out of range, and so is one beyond the end
 * - a leader that is new may know an end that is too low, and serves nothing beyond it for a while
 * - a topic that was deleted and created again has another id and begins at 0 with other records.
 *   A fetch does not tell: whoever stands within the new log reads on in it
 * - an answer begins with the batch that holds the offset asked for: records before it may be in it
 */

/** What a batch may hold before the offset that was asked for. */
const ALIGNMENT = 4

export class SimLog {
  readonly partition: number
  /** Of the topic: how often it was created again. */
  incarnation = 0
  private readonly topic: string
  private start = 0
  /** From offset 0 on; undefined where there is no record. */
  private values: (string | undefined)[] = []
  private low: { readonly end: number; readonly untilMs: number } | undefined

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get bounds(): LogBounds {
    return { start: this.start, end: this.readableEnd, topicId: `id${this.incarnation}` }
  }

  /** The end that every leader will know in the end. */
  get trueEnd(): number {
    return this.values.length
  }

  /** Where the first of the new records is. */
  append(count: number): number {
    const first = this.values.length
    const suffix = this.incarnation === 0 ? '' : `:${this.incarnation}`
    for (let i = 0; i < count; i++) this.values.push(`${this.partition}:${first + i}${suffix}`)
    return first
  }

  /** A record that text format refuses: its value has a line break. */
  appendRefused(): number {
    return this.values.push(`${this.partition}:\n`) - 1
  }

  /** Offsets that no reader gets a record of. */
  appendVoid(count: number): void {
    for (let i = 0; i < count; i++) this.values.push(undefined)
  }

  /** Compaction takes one record; the newest stays. False where there is none. */
  compact(offset: number): boolean {
    if (offset < this.start || offset >= this.values.length - 1) return false
    if (this.values[offset] === undefined) return false
    this.values[offset] = undefined
    return true
  }

  /** The offsets whose records are gone now. */
  deleteBelow(start: number): number[] {
    const gone: number[] = []
    for (let offset = this.start; offset < start; offset++) {
      if (this.values[offset] !== undefined) gone.push(offset)
      this.values[offset] = undefined
    }
    this.start = Math.max(this.start, start)
    return gone
  }

  recreate(): void {
    this.incarnation += 1
    this.start = 0
    this.values = []
    this.low = undefined
  }

  /** Once: the sink believes what it has seen twice. False where that was. */
  leadAnew(end: number, forMs: number): boolean {
    if (this.low !== undefined) return false
    this.low = { end, untilMs: Date.now() + forMs }
    return true
  }

  /** The leader has learned what it did not know. */
  learnEnd(): void {
    if (this.low !== undefined) this.low = { ...this.low, untilMs: 0 }
  }

  /** undefined where there is nothing new. */
  fetch(offset: number, most: number): FetchedRecords | 'out-of-range' | undefined {
    const end = this.readableEnd
    if (offset < this.start || offset > end) return 'out-of-range'
    const nextOffset = Math.min(offset + most, end)
    if (nextOffset === offset) return undefined
    const baseOffset = Math.max(this.start, offset - (offset % ALIGNMENT))
    const records = this.values
      .slice(baseOffset, nextOffset)
      .flatMap((value, i) => (value === undefined ? [] : [{ offset: baseOffset + i, value }]))
    const batch = recordBatch(records, {
      baseOffset,
      baseTimestampMs: 0,
      lastOffset: nextOffset - 1,
    })
    const { topic, partition } = this
    const batches = records.length === 0 ? [] : [batch]
    return {
      ...{ topic, partition, fetchedOffset: offset, nextOffset, highWatermark: end },
      byteLength: batch.records.length,
      batches: () => batches,
    }
  }

  private get readableEnd(): number {
    const { low, values } = this
    return low !== undefined && Date.now() < low.untilMs ? low.end : values.length
  }
}
