import type { FlushReport, Observer } from '../core/observer.ts'
import { keyOf, type TopicPartition } from '../core/record-batch.ts'
import type { Metrics } from './metrics.ts'

/** An Observer that counts: one per worker, over the metrics of that worker. */
export function createMetricsObserver(metrics: Metrics, nowMs: () => number): Observer {
  const lags = new PartitionLags(metrics)
  /** Reasons of the partitions that are stopped now. */
  const stopped = new Map<string, string>()
  /** Calls that are being repeated now. */
  const failing = { hdfs: 0, kafka: 0 }
  metrics.up.set({ component: 'hdfs' }, 1)
  metrics.up.set({ component: 'kafka' }, 1)
  return {
    recordsRead(topic, records, bytes) {
      metrics.recordsConsumed.inc({ topic }, records)
      metrics.consumedBytes.inc({ topic }, bytes)
    },
    highWatermark(at, offset) {
      metrics.partitionHighWatermark.set(labelsOf(at), offset)
      lags.highWatermark(at, offset)
    },
    committed(at, offset) {
      metrics.partitionCommittedOffset.set(labelsOf(at), offset)
      lags.committed(at, offset)
    },
    flushed(report) {
      countFlush(metrics, report, nowMs())
    },
    offsetCommit(result) {
      metrics.offsetCommits.inc({ result })
    },
    retried(component, op) {
      metrics.retries.inc({ component, op })
    },
    trouble(component, _op, state) {
      const calls = failing[component] + (state === 'begins' ? 1 : -1)
      failing[component] = calls
      metrics.up.set({ component }, calls === 0 ? 1 : 0)
    },
    recovered(_at, reason) {
      metrics.recoveries.inc({ reason })
    },
    stopped(at, reason) {
      if (stopped.has(keyOf(at))) return
      const { topic } = at
      stopped.set(keyOf(at), reason)
      metrics.stoppedPartitions.inc({ topic, reason })
      if (reason === 'unwritable') metrics.recordsFailed.inc({ topic, stage: 'write' })
    },
    rebalanced() {
      metrics.rebalances.inc()
    },
    released(at) {
      const reason = stopped.get(keyOf(at))
      if (reason !== undefined) metrics.stoppedPartitions.dec({ topic: at.topic, reason })
      stopped.delete(keyOf(at))
      lags.forget(at)
      metrics.clearPartition(at.topic, at.partition)
    },
  }
}

function countFlush(metrics: Metrics, report: FlushReport, nowMs: number): void {
  const { topic, trigger, oldestTimestampMs } = report
  metrics.recordsCommitted.inc({ topic }, report.records)
  metrics.flushDuration.observe({ topic, result: 'ok' }, report.durationMs / 1000)
  metrics.lastSuccess.set({ topic }, nowMs / 1000)
  for (const { byteLength } of report.files) {
    metrics.filesCommitted.inc({ topic, trigger })
    metrics.writtenBytes.inc({ topic }, byteLength)
    metrics.fileSize.observe({ topic }, byteLength)
  }
  // Producers' clocks may run ahead of ours.
  if (oldestTimestampMs !== undefined) {
    metrics.endToEndLatency.observe({ topic }, Math.max(0, nowMs - oldestTimestampMs) / 1000)
  }
}

/** Lag needs two numbers that arrive apart; it is shown once both are known. */
class PartitionLags {
  readonly #metrics: Metrics
  readonly #highWatermarks = new Map<string, number>()
  readonly #committed = new Map<string, number>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  highWatermark(at: TopicPartition, offset: number): void {
    this.#highWatermarks.set(keyOf(at), offset)
    this.#show(at)
  }

  committed(at: TopicPartition, offset: number): void {
    this.#committed.set(keyOf(at), offset)
    this.#show(at)
  }

  forget(at: TopicPartition): void {
    this.#highWatermarks.delete(keyOf(at))
    this.#committed.delete(keyOf(at))
  }

  #show(at: TopicPartition): void {
    const highWatermark = this.#highWatermarks.get(keyOf(at))
    const committed = this.#committed.get(keyOf(at))
    if (highWatermark === undefined || committed === undefined) return
    this.#metrics.partitionLag.set(labelsOf(at), Math.max(0, highWatermark - committed))
  }
}

function labelsOf({ topic, partition }: TopicPartition) {
  return { topic, partition }
}
