import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WorkerMetrics } from '../../src/telemetry/aggregate.ts'
import { metricDefinitions } from '../../src/telemetry/definitions.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { repository } from '../conformance/source-files.ts'
import { notChecked, promtool, runPromtool } from './promtool.ts'

const cwd = join(repository, 'config/prometheus')

/** A value for every metric and label, from two threads. */
function fill(metrics: Metrics): void {
  for (const [key, { type, labels }] of Object.entries(metricDefinitions)) {
    const values = Object.fromEntries(labels.map((label) => [label, '1']))
    const instrument: unknown = metrics[key as keyof typeof metricDefinitions]
    if (type === 'histogram') (instrument as Metrics['fileSize']).observe(values as never, 1)
    else (instrument as Metrics['recordsConsumed']).inc(values as never, 1)
  }
}

describe('promtool', () => {
  if (promtool === undefined) {
    it('is missing here, and says who demands it', () => {
      expect(notChecked).toContain('npm run check:alerts')
    })
    return
  }

  it('finds no fault with names, types and helps of all metrics', async () => {
    const [main, worker] = [createMetrics(), createMetrics()]
    const merged = new WorkerMetrics(main.registry, 'g')
    for (const metrics of [main, worker]) fill(metrics)
    merged.update(0, await worker.registry.getMetricsAsJSON())
    const { text: input } = await merged.exposition()
    for (const { name } of Object.values(metricDefinitions)) {
      expect(input).toMatch(new RegExp(`^kafka_hdfs_sink_${name}[{_ ]`, 'm'))
    }
    // It complains on standard error, and ends with 3.
    expect(runPromtool(['check', 'metrics'], { input })).toBe('')
  })

  it('accepts the configuration of Prometheus and the rules that it names', () => {
    const output = runPromtool(['check', 'config', 'prometheus.yml'], { cwd })
    expect(output).toContain('1 rule files found')
    expect(output).toMatch(/SUCCESS: 11 rules found/)
  })

  // It makes a database for each test.
  it('sees every alert fire when it should, and not otherwise', { timeout: 60_000 }, () => {
    expect(runPromtool(['test', 'rules', 'alerts.test.yml'], { cwd })).toContain('SUCCESS')
  })
})
