/*
 * What GET /api/status answers, as JSON. `version` changes when a field is removed or means
 * something else; fields that are added leave it as it is. Times are milliseconds since 1970,
 * offsets are Kafka's, null stands for what is not known or not there.
 */

export const STATUS_VERSION = 1

/**
 * - `starting`: no worker has joined the group yet
 * - `moving`: records are being moved, and nobody is needed
 * - `attention`: records are being moved, but somebody should look
 * - `not-ready`: something that is needed does not work; it is tried again
 * - `stopping`: what was read is being written, then it ends
 */
export type SinkState = 'starting' | 'moving' | 'attention' | 'not-ready' | 'stopping'

export interface StatusDocument {
  readonly version: typeof STATUS_VERSION
  readonly atMs: number
  readonly sink: {
    readonly version: string
    readonly node: string
    readonly group: string
    readonly startedMs: number
  }
  readonly state: SinkState
  /** Why it is not `moving`: sentences for people, the most important first. */
  readonly reasons: readonly string[]
  /** As /readyz says them. */
  readonly checks: readonly StatusCheck[]
  readonly totals: {
    readonly partitions: number
    readonly stopped: number
    readonly paused: number
    /** Of the partitions whose lag is known. */
    readonly lagRecords: number | null
    /** Read and not yet in a visible file. */
    readonly bufferedRecords: number
    readonly bufferedBytes: number
    /** What the buffered bytes may add up to. */
    readonly budgetBytes: number
    /** Since the process was started. */
    readonly writtenRecords: number
    readonly writtenBytes: number
  }
  readonly partitions: PartitionPage
  /** The last 50, the newest first. */
  readonly files: readonly StatusFile[]
  /** Warnings and errors of the log, the newest first: 50 at most, alike ones counted as one. */
  readonly problems: readonly StatusProblem[]
  readonly history: {
    readonly bucketMs: number
    /** The last hour, the oldest first. */
    readonly points: readonly StatusPoint[]
  }
  /** Of the NameNode that answered last: where its own pages are. */
  readonly nameNode: string | null
  /** All keys, defaults included; secrets are hidden. */
  readonly configuration: Readonly<Record<string, unknown>>
}

export interface StatusCheck {
  readonly name: string
  readonly ok: boolean
  readonly reason: string
}

/** The partitions that were asked for, those in trouble first, then by lag. */
export interface PartitionPage {
  /** Of all that are assigned. */
  readonly total: number
  /** Of those that fit the filter. */
  readonly matching: number
  /** What `q` asked for: a part of `topic-partition`, or a state. */
  readonly filter: string
  /** From 1. */
  readonly page: number
  readonly pages: number
  readonly rows: readonly StatusPartition[]
}

export interface StatusPartition {
  readonly topic: string
  readonly partition: number
  readonly worker: number
  readonly state: 'starting' | 'writing' | 'recovering' | 'paused' | 'stopped'
  /** Next offset to read. */
  readonly position: number | null
  /** Everything below is in visible files. */
  readonly committed: number | null
  /** The high watermark. */
  readonly logEnd: number | null
  readonly lagRecords: number | null
  readonly bufferedRecords: number
  readonly bufferedBytes: number
  /** When the oldest of what is buffered was read. */
  readonly oldestMs: number | null
  /** Of a stop: what was found, and the command that resolves it. */
  readonly reason: string | null
  readonly explanation: string | null
}

export interface StatusFile {
  readonly path: string
  readonly topic: string
  readonly partition: number
  /** First offset, and one past the last, of the flush that this file belongs to. */
  readonly startOffset: number
  readonly endOffset: number
  /** Of the flush. */
  readonly records: number
  readonly filesOfFlush: number
  readonly bytes: number
  /** Why it was ended. */
  readonly trigger: string
  /** From the end of the file to its publication. */
  readonly durationMs: number
  readonly atMs: number
}

export interface StatusProblem {
  readonly level: 'warn' | 'error' | 'fatal'
  readonly text: string
  readonly detail: string | null
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

export interface StatusPoint {
  readonly atMs: number
  readonly readPerSecond: number | null
  readonly writtenPerSecond: number | null
  readonly writtenBytesPerSecond: number | null
  readonly lagRecords: number | null
}
