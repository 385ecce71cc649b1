import type { LogReader } from '../core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../core/record-batch.ts'
import { RecordCursor } from '../core/record-cursor.ts'
import { patiently } from './patience.ts'

/** The records that a read_committed consumer finds in a range of offsets. */
export interface KafkaRecords {
  readonly records: number
  readonly first: number | undefined
  readonly last: number | undefined
  /** false: counting ended at `mostRecords`, and there are more. */
  readonly isComplete: boolean
}

export interface CountOptions {
  readonly mostRecords?: number
  readonly onOffset?: (offset: number) => void
}

const MOST_FETCHED_BYTES = 1024 * 1024
const LEAST_FETCHED_BYTES = 4096
/** A guess, so that for two offsets no megabyte is fetched. */
const BYTES_PER_OFFSET = 1024
/** Kafka answers with nothing where nothing follows; once could be a passing state of its leader. */
const EMPTY_ANSWERS = 3

/** Counts the records of a partition's log, and remembers those of the last fetch. */
export class LogScanner {
  readonly #log: LogReader
  readonly #at: TopicPartition
  readonly #isWhole: boolean
  readonly #cursor: RecordCursor
  /** Of [from, next), by the last fetch. */
  #known: { readonly from: number; readonly next: number; readonly offsets: readonly number[] } = {
    from: 0,
    next: 0,
    offsets: [],
  }

  /** `isWhole`: all of the log will be asked for, a piece after the other. */
  constructor(log: LogReader, at: TopicPartition, isWhole: boolean) {
    this.#log = log
    this.#at = at
    this.#isWhole = isWhole
    this.#cursor = new RecordCursor(at)
  }

  /**
   * From `from` up to and without `to`, which the log has reached. undefined: `from` is not in the
   * log any more.
   */
  async count(
    from: number,
    to: number,
    options: CountOptions = {},
  ): Promise<KafkaRecords | undefined> {
    const { mostRecords = Number.POSITIVE_INFINITY, onOffset } = options
    let records = 0
    let first: number | undefined
    let last: number | undefined
    for (let position = from; position < to; ) {
      const known = await this.#from(position, to)
      if (known === 'out-of-range') return undefined
      if (known === 'nothing') break
      for (let i = lowerBound(known.offsets, position); i < known.offsets.length; i += 1) {
        const offset = known.offsets[i] as number
        if (offset >= to) break
        records += 1
        first ??= offset
        last = offset
        onOffset?.(offset)
      }
      if (records >= mostRecords) return { records, first, last, isComplete: false }
      position = known.next
    }
    return { records, first, last, isComplete: true }
  }

  /** What is known from there on, if only after a fetch. */
  async #from(position: number, to: number) {
    const { from, next } = this.#known
    if (position >= from && position < next) return this.#known
    for (let answers = 0; answers < EMPTY_ANSWERS; answers += 1) {
      const maxBytes = this.#isWhole ? MOST_FETCHED_BYTES : bytesFor(to - position)
      const fetched = await patiently(() => this.#log.fetch(this.#at, position, maxBytes))
      if (fetched === undefined) return 'out-of-range'
      if (fetched.nextOffset === position) continue
      this.#known = {
        from: position,
        next: fetched.nextOffset,
        offsets: this.#offsetsIn(fetched, position),
      }
      return this.#known
    }
    return 'nothing'
  }

  #offsetsIn(fetched: FetchedRecords, from: number): number[] {
    const offsets: number[] = []
    for (const batch of fetched.batches()) {
      this.#cursor.reset(batch)
      while (this.#cursor.next()) {
        const { offset } = this.#cursor
        if (offset >= from) offsets.push(offset)
      }
    }
    this.#cursor.release()
    return offsets
  }
}

/** Of the first that is not below `offset`. */
function lowerBound(offsets: readonly number[], offset: number): number {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] as number) < offset) low = middle + 1
    else high = middle
  }
  return low
}

function bytesFor(offsets: number): number {
  return Math.max(LEAST_FETCHED_BYTES, Math.min(offsets * BYTES_PER_OFFSET, MOST_FETCHED_BYTES))
}
