import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { metricDefinitions, metricPrefix } from '../../src/telemetry/definitions.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createProcessMetrics } from '../../src/telemetry/process-metrics.ts'

describe('createMetrics', () => {
  it('registers every definition once, in the registry that it is given', async () => {
    const registry = new Registry()
    const metrics = createMetrics(registry)
    expect(metrics.registry).toBe(registry)
    const names = (await registry.getMetricsAsJSON()).map(({ name }) => name)
    expect(names).toEqual(
      Object.values(metricDefinitions).map((definition) => metricPrefix + definition.name),
    )
  })

  it('keeps sets of several threads apart', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.recordsConsumed.inc({ topic: 'colors' }, 5)
    expect(await one.registry.metrics()).toContain('records_consumed_total{topic="colors"} 5')
    expect(await other.registry.metrics()).not.toContain('topic="colors"')
  })

  it('has no nodejs_ or process_ names, which are in a registry apart', async () => {
    expect(await createMetrics().registry.metrics()).not.toMatch(/^(nodejs|process)_/m)
    const apart = await createProcessMetrics().metrics()
    expect(apart).toMatch(/^nodejs_eventloop_lag_seconds /m)
    expect(apart).not.toContain(metricPrefix)
  })

  it('forgets the gauges of one partition and of no other', async () => {
    const metrics = createMetrics()
    for (const partition of [0, 1]) {
      const labels = { topic: 'colors', partition }
      metrics.partitionLag.set(labels, 7)
      metrics.partitionCommittedOffset.set(labels, 3)
      metrics.partitionHighWatermark.set(labels, 10)
    }
    metrics.clearPartition('colors', 0)
    const text = await metrics.registry.metrics()
    expect(text).not.toContain('partition="0"')
    expect(text.match(/partition="1"/g)).toHaveLength(3)
  })
})
