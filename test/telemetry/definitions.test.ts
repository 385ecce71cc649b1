import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  type MetricDefinition,
  metricDefinitions,
  metricPrefix,
} from '../../src/telemetry/definitions.ts'
import { documentMetrics } from '../../src/telemetry/document.ts'

/*
 * The rules of Prometheus's own linter (promtool check metrics) that concern names, and ours on
 * labels. They are written down here because promtool is not everywhere.
 */

/** What a name measures, last in it (before _total): base units, or the things that are counted. */
const units = [
  ...['seconds', 'bytes', 'records', 'offset', 'partitions', 'files', 'info', 'workers'],
  ...['retries', 'recoveries', 'commits', 'rebalances', 'restarts'],
]
/** Counters whose unit stands before a participle, and the scraper's own word for health. */
const withoutUnit = new Set([
  'up',
  'records_consumed_total',
  'records_committed_total',
  'records_failed_total',
  'files_committed_total',
])
const otherUnits =
  /(^|_)(ms|milliseconds?|microseconds?|minutes?|hours?|kb|kib|mb|mib|kilobytes?|megabytes?)(_|$)/
const typesInNames = /(^|_)(counter|gauge|histogram|summary)(_|$)/
/** Labels of which there would be ever more values, or that Prometheus keeps for itself. */
const forbiddenLabels = new Set([
  'path',
  'offset',
  'member',
  'message',
  'le',
  'quantile',
  'job',
  'instance',
])

const definitions: MetricDefinition[] = Object.values(metricDefinitions)

describe.each(definitions.map((metric) => ({ ...metric })))('metric $name', (metric) => {
  it('has a name that Prometheus accepts, said once', () => {
    expect(metricPrefix + metric.name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/)
    expect(metric.name).not.toMatch(typesInNames)
    expect(definitions.filter(({ name }) => name === metric.name)).toHaveLength(1)
  })

  it('ends in _total exactly when it is a counter', () => {
    expect(metric.name.endsWith('_total')).toBe(metric.type === 'counter')
    expect(metric.name).not.toMatch(/_(count|sum|bucket)$/)
  })

  it('names what it measures, in base units', () => {
    expect(metric.name).not.toMatch(otherUnits)
    if (withoutUnit.has(metric.name)) return
    expect(units).toContain(
      metric.name
        .replace(/_total$/, '')
        .split('_')
        .at(-1),
    )
  })

  it('explains itself in a sentence', () => {
    expect(metric.help).toMatch(/^[A-Z][^|\n]{10,}\.$/)
  })

  it('has labels whose values are few', () => {
    for (const label of metric.labels) {
      expect(label).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(forbiddenLabels).not.toContain(label)
    }
    if (metric.labels.includes('partition')) {
      expect(metric.type).toBe('gauge')
      expect(metric.name).toMatch(/^partition_/)
    }
  })

  it('has ascending buckets within what may happen', () => {
    if (metric.type !== 'histogram') return expect(metric).not.toHaveProperty('buckets')
    const { buckets } = metric
    expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b))
    expect(buckets.length).toBeLessThanOrEqual(15)
  })
})

describe('the buckets', () => {
  it('reach as far as the timeouts', () => {
    expect(metricDefinitions.hdfsRequestDuration.buckets.at(-1)).toBe(60)
    expect(metricDefinitions.flushDuration.buckets.at(-1)).toBe(300)
    expect(metricDefinitions.endToEndLatency.buckets.at(-1)).toBe(7200)
  })
})

describe('docs/METRICS.md', () => {
  it('is what `npm run docs:metrics` writes', async () => {
    const written = await readFile(new URL('../../docs/METRICS.md', import.meta.url), 'utf8')
    expect(written).toBe(documentMetrics())
  })
})
