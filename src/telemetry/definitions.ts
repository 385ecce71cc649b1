import type { Aggregator } from 'prom-client'

/*
 * Every metric of the sink, as data: createMetrics makes the instruments from this table, and
 * docs/METRICS.md is written from it. Times are in seconds and sizes in bytes, as Prometheus
 * wants. `partition` labels only gauges of partitions that are assigned now; nothing is labelled
 * by path, offset or member, because those never stop growing.
 */

export const metricPrefix = 'kafka_hdfs_sink_'

/** How the values of several workers become one: counters and histograms are always summed. */
export type Merge = Extract<Aggregator, 'sum' | 'min' | 'max'>

interface Definition<Label extends string> {
  /** Without the prefix. */
  readonly name: string
  readonly help: string
  readonly labels: readonly Label[]
}

export interface CounterDefinition<Label extends string> extends Definition<Label> {
  readonly type: 'counter'
}

export interface GaugeDefinition<Label extends string> extends Definition<Label> {
  readonly type: 'gauge'
  readonly merge: Merge
}

export interface HistogramDefinition<Label extends string> extends Definition<Label> {
  readonly type: 'histogram'
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[]
}

export type MetricDefinition =
  | CounterDefinition<string>
  | GaugeDefinition<string>
  | HistogramDefinition<string>

function counter<Label extends string = never>(
  name: string,
  labels: readonly Label[],
  help: string,
): CounterDefinition<Label> {
  return { type: 'counter', name, labels, help }
}

function gauge<Label extends string = never>(
  name: string,
  labels: readonly Label[],
  merge: Merge,
  help: string,
): GaugeDefinition<Label> {
  return { type: 'gauge', name, labels, merge, help }
}

function histogram<Label extends string = never>(
  name: string,
  labels: readonly Label[],
  buckets: readonly number[],
  help: string,
): HistogramDefinition<Label> {
  return { type: 'histogram', name, labels, buckets, help }
}

/** A rename takes a millisecond; requests are given up after a minute. */
const requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]
/** Upload, stamp, commit and publish, with their retries. */
const flushSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
/** Mostly the wait for the rotation, which people set to seconds or to an hour. */
const latencySeconds = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200]
/** 4 KiB to 4 GiB, each four times the one before. */
const fileBytes = Array.from({ length: 11 }, (_, power) => 4096 * 4 ** power)

export const metricDefinitions = {
  buildInfo: gauge('build_info', ['version', 'node'], 'max', 'Always 1; its labels say what runs.'),
  up: gauge(
    'up',
    ['component'],
    'min',
    'Whether this component (kafka, hdfs) answers: 0 while any worker has to repeat calls to it, or ' +
      'is not in its group.',
  ),

  workers: gauge('workers', [], 'sum', 'Worker threads that report.'),
  flushInterval: gauge(
    'flush_interval_seconds',
    [],
    'max',
    'The configured flush.intervalMs: how long a record waits for its file to end, at most.',
  ),

  recordsConsumed: counter('records_consumed_total', ['topic'], 'Records taken from Kafka.'),
  consumedBytes: counter('consumed_bytes_total', ['topic'], 'Bytes of fetched record batches.'),
  recordsCommitted: counter(
    'records_committed_total',
    ['topic'],
    'Records in files whose flush is committed in the journal.',
  ),
  recordsFailed: counter(
    'records_failed_total',
    ['topic', 'stage'],
    'Stops of a partition at what could not be written (stage: write). Nothing is skipped by that.',
  ),

  partitionLag: gauge(
    'partition_lag_records',
    ['topic', 'partition'],
    'max',
    'High watermark minus the next offset to commit. Falls by a whole file at a time.',
  ),
  partitionCommittedOffset: gauge(
    'partition_committed_offset',
    ['topic', 'partition'],
    'max',
    'Every record below this offset is in a committed file.',
  ),
  partitionHighWatermark: gauge(
    'partition_high_watermark_offset',
    ['topic', 'partition'],
    'max',
    'High watermark as Kafka said last: with each fetch, or each 30 s where nothing is fetched.',
  ),

  assignedPartitions: gauge('assigned_partitions', ['topic'], 'sum', 'Partitions assigned now.'),
  pausedPartitions: gauge(
    'paused_partitions',
    ['topic'],
    'sum',
    'Assigned partitions that are not fetched now: recovering, waiting for HDFS or memory, stopped.',
  ),
  stoppedPartitions: gauge(
    'stopped_partitions',
    ['topic', 'reason'],
    'sum',
    'Assigned partitions that wait for a person to decide. The log and /readyz say what helps.',
  ),
  openFiles: gauge('open_files', ['topic'], 'sum', 'Files being filled or flushed.'),
  bufferedRecords: gauge(
    'buffered_records',
    ['topic'],
    'sum',
    'Offsets read and not yet committed: as many records, unless the log has gaps.',
  ),
  bufferedBytes: gauge(
    'buffered_bytes',
    ['topic'],
    'sum',
    'Memory held by records consumed and not yet committed.',
  ),
  memoryBudgetBytes: gauge('memory_budget_bytes', [], 'sum', 'The configured memory.budgetBytes.'),
  memoryRoomBytes: gauge(
    'memory_room_bytes',
    [],
    'sum',
    'What records may hold before reading waits: three quarters of the budget, less 48 KiB for each partition, but half of that at least.',
  ),
  memoryHeldBytes: gauge(
    'memory_held_bytes',
    [],
    'sum',
    'What records hold of the memory budget: in open files, and on their way to HDFS.',
  ),
  memoryShortWorkers: gauge(
    'memory_short_workers',
    [],
    'sum',
    'Workers that read nothing now, because the memory budget is used up.',
  ),
  oldestBufferedRecord: gauge(
    'oldest_buffered_record_timestamp_seconds',
    ['topic'],
    'min',
    'When the oldest buffered record was consumed, in Unix time. Absent when nothing is buffered.',
  ),

  filesCommitted: counter(
    'files_committed_total',
    ['topic', 'trigger'],
    'Committed files, by what ended them.',
  ),
  writtenBytes: counter('written_bytes_total', ['topic'], 'Bytes in committed files.'),
  fileSize: histogram('file_size_bytes', ['topic'], fileBytes, 'Sizes of committed files.'),
  flushDuration: histogram(
    'flush_duration_seconds',
    ['topic', 'result'],
    flushSeconds,
    'From the end of a file to its publication (result: ok). One that fails begins anew: recoveries.',
  ),
  hdfsRequestDuration: histogram(
    'hdfs_request_duration_seconds',
    ['op', 'status'],
    requestSeconds,
    'WebHDFS requests by operation and outcome: the HTTP status, or the error where none came.',
  ),
  retries: counter(
    'retries_total',
    ['component', 'op'],
    'Operations that were tried again after a failure.',
  ),
  recoveries: counter(
    'recoveries_total',
    ['reason'],
    'Partitions that had to be claimed again after a surprise, by reason.',
  ),

  offsetCommits: counter(
    'offset_commits_total',
    ['result'],
    'Offset commits sent to the group coordinator, by outcome.',
  ),
  rebalances: counter(
    'rebalances_total',
    [],
    'Assignments received from the group, by all workers.',
  ),
  consumerRestarts: counter(
    'consumer_restarts_total',
    ['reason'],
    'Workers that died and were replaced, by reason.',
  ),

  endToEndLatency: histogram(
    'end_to_end_latency_seconds',
    ['topic'],
    latencySeconds,
    'From the timestamp of the oldest record of a file to the publication of that file.',
  ),
  lastSuccess: gauge(
    'last_success_timestamp_seconds',
    ['topic'],
    'max',
    'When a flush of this topic last ended well, in Unix time.',
  ),
}
