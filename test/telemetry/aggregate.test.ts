import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { WorkerMetrics } from '../../src/telemetry/aggregate.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { createProcessMetrics } from '../../src/telemetry/process-metrics.ts'

const topic = 'colors'

function sample(text: string, series: string): number | undefined {
  const own = text.replaceAll(/\{group="g"\}|,group="g"/g, '')
  const line = own.split('\n').find((each) => each.startsWith(`kafka_hdfs_sink_${series} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

let main: Metrics
let merged: WorkerMetrics

beforeEach(() => {
  main = createMetrics()
  merged = new WorkerMetrics(main.registry, 'g')
})

async function report(workerId: number, metrics: Metrics): Promise<void> {
  merged.update(workerId, structuredClone(await metrics.registry.getMetricsAsJSON()))
}

describe('WorkerMetrics', () => {
  it('sums counters of all workers and of main', async () => {
    main.consumerRestarts.inc({ reason: 'crash' })
    for (const workerId of [1, 2]) {
      const worker = createMetrics()
      worker.recordsConsumed.inc({ topic }, 10 * workerId)
      worker.rebalances.inc()
      await report(workerId, worker)
    }
    const { text } = await merged.exposition()
    expect(sample(text, 'records_consumed_total{topic="colors"}')).toBe(30)
    expect(sample(text, 'rebalances_total')).toBe(2)
    expect(sample(text, 'consumer_restarts_total{reason="crash"}')).toBe(1)
    expect(text.match(/^# TYPE kafka_hdfs_sink_records_consumed_total counter$/gm)).toHaveLength(1)
  })

  it('labels everything of the sink by its group, and the process by nothing', async () => {
    merged = new WorkerMetrics(main.registry, 'a"b', createProcessMetrics())
    main.rebalances.inc()
    main.recordsConsumed.inc({ topic }, 3)
    main.flushDuration.observe({ topic, result: 'ok' }, 1)
    const lines = (await merged.exposition()).text.split('\n')
    const own = lines.filter((line) => line.startsWith('kafka_hdfs_sink_'))
    expect(own.length).toBeGreaterThan(10)
    expect(own.filter((line) => !line.includes('group="a\\"b"'))).toEqual([])
    expect(lines.some((line) => /^(process|nodejs)_.*group=/.test(line))).toBe(false)
  })

  it('replaces what a worker reported before', async () => {
    const worker = createMetrics()
    worker.retries.inc({ component: 'hdfs', op: 'RENAME' })
    await report(1, worker)
    worker.retries.inc({ component: 'hdfs', op: 'RENAME' })
    await report(1, worker)
    const { text } = await merged.exposition()
    expect(sample(text, 'retries_total{component="hdfs",op="RENAME"}')).toBe(2)
  })

  it('merges gauges as their meaning demands', async () => {
    const [one, two] = [createMetrics(), createMetrics()]
    one.bufferedBytes.set({ topic }, 100)
    two.bufferedBytes.set({ topic }, 50)
    one.oldestBufferedRecord.set({ topic }, 2000)
    two.oldestBufferedRecord.set({ topic }, 1000)
    one.lastSuccess.set({ topic }, 2000)
    two.lastSuccess.set({ topic }, 1000)
    one.up.set({ component: 'hdfs' }, 1)
    two.up.set({ component: 'hdfs' }, 0)
    one.partitionLag.set({ topic, partition: 0 }, 5)
    two.partitionLag.set({ topic, partition: 0 }, 4)
    await report(1, one)
    await report(2, two)
    const { text } = await merged.exposition()
    expect(sample(text, 'buffered_bytes{topic="colors"}')).toBe(150)
    expect(sample(text, 'oldest_buffered_record_timestamp_seconds{topic="colors"}')).toBe(1000)
    expect(sample(text, 'last_success_timestamp_seconds{topic="colors"}')).toBe(2000)
    expect(sample(text, 'up{component="hdfs"}')).toBe(0)
    expect(sample(text, 'partition_lag_records{topic="colors",partition="0"}')).toBe(5)
  })

  it('merges histograms bucket by bucket', async () => {
    const labels = { op: 'RENAME', status: 200 }
    for (const [workerId, seconds] of [
      [1, 0.002],
      [2, 0.2],
    ] as const) {
      const worker = createMetrics()
      worker.hdfsRequestDuration.observe(labels, seconds)
      await report(workerId, worker)
    }
    const { text } = await merged.exposition()
    const series = (le: string) =>
      sample(text, `hdfs_request_duration_seconds_bucket{le="${le}",op="RENAME",status="200"}`)
    expect([series('0.001'), series('0.0025'), series('0.25'), series('+Inf')]).toEqual([
      0, 1, 2, 2,
    ])
    expect(sample(text, 'hdfs_request_duration_seconds_count{op="RENAME",status="200"}')).toBe(2)
    expect(sample(text, 'hdfs_request_duration_seconds_sum{op="RENAME",status="200"}')).toBe(0.202)
  })

  it('keeps what a worker counted when it is retired, and drops what it held', async () => {
    const worker = createMetrics()
    worker.recordsCommitted.inc({ topic }, 9)
    worker.fileSize.observe({ topic }, 5000)
    worker.bufferedBytes.set({ topic }, 100)
    worker.lastSuccess.set({ topic }, 1000)
    await report(1, worker)
    merged.retire(1)
    const { text } = await merged.exposition()
    expect(merged.liveWorkers).toEqual([])
    expect(sample(text, 'records_committed_total{topic="colors"}')).toBe(9)
    expect(sample(text, 'file_size_bytes_count{topic="colors"}')).toBe(1)
    expect(sample(text, 'buffered_bytes{topic="colors"}')).toBeUndefined()
    expect(sample(text, 'last_success_timestamp_seconds{topic="colors"}')).toBe(1000)
  })

  it('goes on from there when a successor takes the id, and ignores unknown ids', async () => {
    merged.retire(4)
    for (let life = 0; life < 3; life++) {
      const worker = createMetrics()
      worker.filesCommitted.inc({ topic, trigger: 'interval' }, 2)
      await report(1, worker)
      merged.retire(1)
    }
    const { text } = await merged.exposition()
    expect(sample(text, 'files_committed_total{topic="colors",trigger="interval"}')).toBe(6)
  })

  it('never lets a counter fall, whatever workers do', async () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('count'), worker: fc.nat(2), by: fc.nat(100) }),
      fc.record({ act: fc.constant('retire'), worker: fc.nat(2), by: fc.constant(0) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        main = createMetrics()
        merged = new WorkerMetrics(main.registry, 'g')
        const workers = new Map<number, Metrics>()
        let total = 0
        for (const { act, worker, by } of steps) {
          if (act === 'retire') {
            merged.retire(worker)
            workers.delete(worker)
          } else {
            const metrics = workers.get(worker) ?? createMetrics()
            workers.set(worker, metrics)
            metrics.writtenBytes.inc({ topic }, by)
            total += by
            await report(worker, metrics)
          }
          const { text } = await merged.exposition()
          expect(sample(text, 'written_bytes_total{topic="colors"}') ?? 0).toBe(total)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('appends the metrics of the process, unmerged', async () => {
    merged = new WorkerMetrics(main.registry, 'g', createProcessMetrics())
    const { text } = await merged.exposition()
    expect(text.match(/^# TYPE nodejs_eventloop_lag_seconds gauge$/gm)).toHaveLength(1)
    expect(text).toMatch(/\n$/)
  })

  it('takes the report of a real worker thread', async () => {
    const module = new URL('../../src/telemetry/metrics.ts', import.meta.url).href
    const code = `
      import { parentPort } from 'node:worker_threads'
      import { createMetrics } from ${JSON.stringify(module)}
      const metrics = createMetrics()
      metrics.recordsConsumed.inc({ topic: 'colors' }, 3)
      metrics.flushDuration.observe({ topic: 'colors', result: 'ok' }, 1)
      parentPort.postMessage(await metrics.registry.getMetricsAsJSON())
    `
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
    worker.on('message', (snapshot) => merged.update(1, snapshot))
    worker.on('exit', () => merged.retire(1))
    await once(worker, 'exit')
    const { text } = await merged.exposition()
    expect(sample(text, 'records_consumed_total{topic="colors"}')).toBe(3)
    expect(sample(text, 'flush_duration_seconds_count{topic="colors",result="ok"}')).toBe(1)
  })
})
