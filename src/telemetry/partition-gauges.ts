import type { TopicPartition } from '../core/record-batch.ts'
import type { Metrics } from './metrics.ts'

/** What a worker holds of one partition at the moment of a report. */
export interface PartitionSample extends TopicPartition {
  readonly paused: boolean
  readonly openFiles: number
  readonly bufferedRecords: number
  readonly bufferedBytes: number
  readonly oldestBufferedMs: number | undefined
}

/** Sets the gauges that are sums over a topic's partitions; topics that are gone are forgotten. */
export function setPartitionGauges(metrics: Metrics, samples: readonly PartitionSample[]): void {
  const { assignedPartitions, pausedPartitions, openFiles } = metrics
  const { bufferedRecords, bufferedBytes, oldestBufferedRecord } = metrics
  const sums = [assignedPartitions, pausedPartitions, openFiles, bufferedRecords, bufferedBytes]
  for (const gauge of [...sums, oldestBufferedRecord]) gauge.reset()
  const oldestMs = new Map<string, number>()
  for (const sample of samples) {
    const { topic, oldestBufferedMs } = sample
    assignedPartitions.inc({ topic })
    pausedPartitions.inc({ topic }, sample.paused ? 1 : 0)
    openFiles.inc({ topic }, sample.openFiles)
    bufferedRecords.inc({ topic }, sample.bufferedRecords)
    bufferedBytes.inc({ topic }, sample.bufferedBytes)
    if (oldestBufferedMs === undefined) continue
    oldestMs.set(topic, Math.min(oldestMs.get(topic) ?? oldestBufferedMs, oldestBufferedMs))
  }
  for (const [topic, ms] of oldestMs) oldestBufferedRecord.set({ topic }, ms / 1000)
}
