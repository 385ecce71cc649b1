import { describe, expect, it } from 'vitest'
import { WorkerMetrics } from '../../src/telemetry/aggregate.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { prefersOpenMetrics, toOpenMetrics } from '../../src/telemetry/open-metrics.ts'
import { createProcessMetrics } from '../../src/telemetry/process-metrics.ts'

/** What Prometheus 2.53 sends. */
const prometheus =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;' +
  'q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

describe('prefersOpenMetrics', () => {
  it.each([prometheus, 'application/openmetrics-text', 'text/plain, application/openmetrics-text'])(
    'says yes to %s',
    (accept) => expect(prefersOpenMetrics(accept)).toBe(true),
  )

  it.each([
    '',
    '*/*',
    'text/html,application/xhtml+xml,*/*;q=0.8',
    'text/plain;version=0.0.4',
    'application/openmetrics-text;q=0.2,text/plain;q=0.5',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;q=much',
  ])('says no to "%s"', (accept) => expect(prefersOpenMetrics(accept)).toBe(false))
})

describe('OpenMetrics', () => {
  it('names the family of a counter without _total, and a gauge as it is', () => {
    const text = [
      '# HELP x_total Some "x".\n# TYPE x_total counter\nx_total{a="1"} 2\n',
      '# HELP y_total Odd.\n# TYPE y_total gauge\ny_total 3\n',
    ]
    expect(toOpenMetrics(text.join('\n'))).toBe(
      '# HELP x Some \\"x\\".\n# TYPE x counter\nx_total{a="1"} 2\n' +
        '# HELP y_total Odd.\n# TYPE y_total gauge\ny_total 3\n# EOF\n',
    )
  })

  it('is what all workers measured, ended once, and without exemplars', async () => {
    const [main, worker] = [createMetrics(), createMetrics()]
    const merged = new WorkerMetrics(main.registry, 'g', createProcessMetrics())
    worker.recordsConsumed.inc({ topic: 'colors' }, 3)
    worker.flushDuration.observe({ topic: 'colors', result: 'ok' }, 1)
    merged.update(0, await worker.registry.getMetricsAsJSON())
    const { contentType, text } = await merged.exposition(prometheus)
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(text).toContain('# TYPE kafka_hdfs_sink_records_consumed counter\n')
    expect(text).toContain('kafka_hdfs_sink_records_consumed_total{topic="colors",group="g"} 3\n')
    expect(text).toContain('# TYPE process_cpu_seconds counter\n')
    expect(text).toMatch(/[^\n]\n# EOF\n$/)
    expect(text.match(/# EOF/g)).toHaveLength(1)
    expect(text).not.toMatch(/\n\n|_total_total| # \{/)
  })

  it('is not sent to who did not ask for it', async () => {
    const { contentType, text } = await new WorkerMetrics(
      createMetrics().registry,
      'g',
    ).exposition()
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).not.toContain('# EOF')
  })
})
