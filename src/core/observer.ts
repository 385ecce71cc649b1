import type { TopicPartition } from './record-batch.ts'
import type { RotationTrigger } from './rotation.ts'

/** A flush that is final: in Kafka's and HDFS's eyes these records are written. */
export interface FlushReport extends TopicPartition {
  readonly trigger: RotationTrigger
  readonly startOffset: number
  readonly endOffset: number
  readonly records: number
  readonly files: readonly { readonly path: string; readonly byteLength: number }[]
  /** From sealing to publishing. */
  readonly durationMs: number
  /** Time of the oldest record in it, as Kafka has it; undefined without records. */
  readonly oldestTimestampMs: number | undefined
}

/** Whom the sink depends on. */
export type Component = 'hdfs' | 'kafka'

/** What the sink tells whoever counts: metrics, progress lines, tests. Called often: be quick. */
export interface Observer {
  recordsRead(topic: string, records: number, bytes: number): void
  highWatermark(at: TopicPartition, offset: number): void
  /** Everything below `offset` is final. */
  committed(at: TopicPartition, offset: number): void
  flushed(report: FlushReport): void
  offsetCommit(result: 'ok' | 'fenced' | 'failed'): void
  retried(component: Component, op: string): void
  /** A call that is repeated until it works has failed for the first time, or works again. */
  trouble(component: Component, op: string, state: 'begins' | 'ends'): void
  recovered(at: TopicPartition, reason: 'surprise' | 'out-of-range'): void
  /** `explanation` is for people: what was found, and what resolves it. */
  stopped(at: TopicPartition, reason: string, explanation: string): void
  rebalanced(): void
  released(at: TopicPartition): void
}

/** The logger as the sink uses it. */
export interface Log {
  debug(data: object, text: string): void
  info(data: object, text: string): void
  warn(data: object, text: string): void
  error(data: object, text: string): void
}
