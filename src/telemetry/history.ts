/** Rates and lag of one stretch of time; null where nothing is known of it. */
export interface HistoryPoint {
  /** When the stretch began, in milliseconds since 1970. */
  readonly atMs: number
  readonly readPerSecond: number | null
  readonly writtenPerSecond: number | null
  readonly writtenBytesPerSecond: number | null
  readonly lagRecords: number | null
}

/** What was done since the last time that this was told. */
export interface Done {
  readonly readRecords: number
  readonly writtenRecords: number
  readonly writtenBytes: number
}

export const BUCKET_MS = 15_000
const BUCKETS = 240
/** A stretch that has just begun says little of a rate. */
const LEAST_MS = 5_000

interface Bucket {
  readonly number: number
  readRecords: number
  writtenRecords: number
  writtenBytes: number
  lagRecords: number | null
}

/** The last hour in 240 stretches of 15 seconds; older ones are overwritten. */
export class History {
  readonly #buckets = new Array<Bucket | undefined>(BUCKETS).fill(undefined)
  readonly #startedMs: number

  constructor(startedMs: number) {
    this.#startedMs = startedMs
  }

  add(done: Done, nowMs: number): void {
    const bucket = this.#at(nowMs)
    bucket.readRecords += done.readRecords
    bucket.writtenRecords += done.writtenRecords
    bucket.writtenBytes += done.writtenBytes
  }

  /** The last of a stretch is its lag. null: not known now. */
  lag(records: number | null, nowMs: number): void {
    this.#at(nowMs).lagRecords = records
  }

  /** 240 of them, the oldest first. */
  points(nowMs: number): readonly HistoryPoint[] {
    const last = Math.floor(nowMs / BUCKET_MS)
    return Array.from({ length: BUCKETS }, (_, index) =>
      this.#point(last - BUCKETS + 1 + index, nowMs),
    )
  }

  #at(nowMs: number): Bucket {
    const number = Math.floor(nowMs / BUCKET_MS)
    const index = number % BUCKETS
    const there = this.#buckets[index]
    if (there?.number === number) return there
    const counts = { readRecords: 0, writtenRecords: 0, writtenBytes: 0 }
    const bucket: Bucket = { number, ...counts, lagRecords: null }
    this.#buckets[index] = bucket
    return bucket
  }

  #point(number: number, nowMs: number): HistoryPoint {
    const atMs = number * BUCKET_MS
    const bucket = this.#buckets[number % BUCKETS]
    const fromMs = Math.max(atMs, this.#startedMs)
    const lastedMs = Math.min(atMs + BUCKET_MS, nowMs) - fromMs
    if (bucket?.number !== number || lastedMs < LEAST_MS) {
      const none = { readPerSecond: null, writtenPerSecond: null, writtenBytesPerSecond: null }
      return { atMs, ...none, lagRecords: bucket?.number === number ? bucket.lagRecords : null }
    }
    const perSecond = (count: number): number => (count * 1000) / lastedMs
    return {
      atMs,
      readPerSecond: perSecond(bucket.readRecords),
      writtenPerSecond: perSecond(bucket.writtenRecords),
      writtenBytesPerSecond: perSecond(bucket.writtenBytes),
      lagRecords: bucket.lagRecords,
    }
  }
}
