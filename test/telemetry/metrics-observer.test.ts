import { describe, expect, it } from 'vitest'
import type { FlushReport } from '../../src/core/observer.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createMetricsObserver } from '../../src/telemetry/metrics-observer.ts'

const at = { topic: 'colors', partition: 2 }
const nowMs = 1_700_000_010_000

const flush: FlushReport = {
  ...at,
  trigger: 'interval',
  startOffset: 10,
  endOffset: 30,
  records: 20,
  files: [
    { path: '/data/a', byteLength: 5000 },
    { path: '/data/b', byteLength: 7000 },
  ],
  durationMs: 250,
  oldestTimestampMs: nowMs - 4000,
}

function setUp() {
  const metrics = createMetrics()
  const observer = createMetricsObserver(metrics, () => nowMs)
  const sample = async (series: string) => {
    const lines = (await metrics.registry.metrics()).split('\n')
    const line = lines.find((each) => each.startsWith(`kafka_hdfs_sink_${series} `))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { observer, sample }
}

describe('the observer that counts', () => {
  it('counts a flush with its files', async () => {
    const { observer, sample } = setUp()
    observer.flushed(flush)
    expect(await sample('records_committed_total{topic="colors"}')).toBe(20)
    expect(await sample('files_committed_total{topic="colors",trigger="interval"}')).toBe(2)
    expect(await sample('written_bytes_total{topic="colors"}')).toBe(12_000)
    expect(await sample('file_size_bytes_count{topic="colors"}')).toBe(2)
    expect(await sample('flush_duration_seconds_sum{topic="colors",result="ok"}')).toBe(0.25)
    expect(await sample('end_to_end_latency_seconds_sum{topic="colors"}')).toBe(4)
    expect(await sample('last_success_timestamp_seconds{topic="colors"}')).toBe(nowMs / 1000)
  })

  it('takes records from the future as arriving at once, and a flush without records', async () => {
    const { observer, sample } = setUp()
    observer.flushed({ ...flush, oldestTimestampMs: nowMs + 60_000 })
    expect(await sample('end_to_end_latency_seconds_sum{topic="colors"}')).toBe(0)
    observer.flushed({ ...flush, records: 0, files: [], oldestTimestampMs: undefined })
    expect(await sample('end_to_end_latency_seconds_count{topic="colors"}')).toBe(1)
  })

  it('shows the lag once both offsets are known, and forgets a released partition', async () => {
    const { observer, sample } = setUp()
    const lag = () => sample('partition_lag_records{topic="colors",partition="2"}')
    observer.highWatermark(at, 100)
    expect(await lag()).toBeUndefined()
    observer.committed(at, 30)
    expect(await lag()).toBe(70)
    observer.committed(at, 101)
    expect(await lag()).toBe(0)
    observer.released(at)
    expect(await lag()).toBeUndefined()
    observer.highWatermark(at, 200)
    expect(await lag()).toBeUndefined()
  })

  it('counts a stopped partition once, until it is released', async () => {
    const { observer, sample } = setUp()
    observer.stopped(at, 'journal-gone', 'It is gone.')
    observer.stopped(at, 'journal-gone', 'It is gone.')
    const stopped = () => sample('stopped_partitions{topic="colors",reason="journal-gone"}')
    expect(await stopped()).toBe(1)
    expect(await sample('records_failed_total{topic="colors",stage="write"}')).toBeUndefined()
    observer.released(at)
    observer.released(at)
    expect(await stopped()).toBe(0)
  })

  it('counts what could not be written', async () => {
    const { observer, sample } = setUp()
    observer.stopped(at, 'unwritable', 'It has a line break.')
    expect(await sample('stopped_partitions{topic="colors",reason="unwritable"}')).toBe(1)
    expect(await sample('records_failed_total{topic="colors",stage="write"}')).toBe(1)
  })

  it('counts what happens by name', async () => {
    const { observer, sample } = setUp()
    observer.recordsRead('colors', 5, 900)
    observer.offsetCommit('fenced')
    observer.retried('hdfs', 'CREATE')
    observer.recovered(at, 'surprise')
    observer.rebalanced()
    expect(await sample('records_consumed_total{topic="colors"}')).toBe(5)
    expect(await sample('consumed_bytes_total{topic="colors"}')).toBe(900)
    expect(await sample('offset_commits_total{result="fenced"}')).toBe(1)
    expect(await sample('retries_total{component="hdfs",op="CREATE"}')).toBe(1)
    expect(await sample('recoveries_total{reason="surprise"}')).toBe(1)
    expect(await sample('rebalances_total')).toBe(1)
  })
})
