import { writeFile } from 'node:fs/promises'
import { type MetricDefinition, metricDefinitions, metricPrefix } from './definitions.ts'

/* Writes docs/METRICS.md from the table of metrics: `node src/telemetry/document.ts`. */

const introduction = `# Metrics

Written from \`src/telemetry/definitions.ts\`: change that file, then run \`npm run docs:metrics\`.

\`GET /metrics\` answers for the whole process, in the Prometheus text format, or as OpenMetrics 1.0
where the scraper prefers that; without exemplars in both. Every worker thread
counts for itself and the main thread merges them, as the column "merged" says. A worker that ends
leaves its counters and histograms behind, so sums fall only when the process restarts. Metrics
named \`process_*\` and \`nodejs_*\` are those of prom-client, for the main thread and the process.

All names start with \`${metricPrefix}\`, and all have the label \`group\`, the consumer group. A label
set that never occurred is absent. \`partition\` labels three gauges, of partitions that are assigned now;
what else labels has few values. There are none of a dead letter topic, because there is no such topic:
what cannot be written stops its partition.

[config/prometheus/alerts.yml](../config/prometheus/alerts.yml) has alerts made of these metrics, and
[config/grafana](../config/grafana) a dashboard.
`

/** docs/METRICS.md as it should be. */
export function documentMetrics(): string {
  const definitions: MetricDefinition[] = Object.values(metricDefinitions)
  const rows = definitions.map(
    (metric) =>
      `| \`${metric.name}\` | ${metric.type} | ${code(metric.labels)} | ${merged(metric)} | ${metric.help} |`,
  )
  const buckets = definitions.flatMap((metric) =>
    metric.type === 'histogram' ? [`- \`${metric.name}\`: ${metric.buckets.join(', ')}`] : [],
  )
  return [
    introduction,
    '| Name | Type | Labels | Merged | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'Upper bounds of the buckets, beside +Inf:',
    '',
    ...buckets,
    '',
  ].join('\n')
}

function merged(metric: MetricDefinition): string {
  return metric.type === 'gauge' ? metric.merge : 'sum'
}

function code(labels: readonly string[]): string {
  return labels.map((label) => `\`${label}\``).join(', ')
}

if (import.meta.main) {
  await writeFile(new URL('../../docs/METRICS.md', import.meta.url), documentMetrics())
}
