import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { read } from '../conformance/source-files.ts'
import { knownSeries, problemsOf, resultLabels } from './promql.ts'

/* The dashboard asks for what there is. Grafana itself is not run by any test. */

interface Position {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: Position
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
}

interface Dashboard {
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
}

const dashboard: Dashboard = JSON.parse(read('config/grafana/dashboards/kafka-hdfs-sink.json'))
const { panels } = dashboard
const variables = dashboard.templating.list
const charts = panels.filter(({ type }) => type !== 'row')
const series = await knownSeries()

/** As Grafana would send it: the interval filled in; variables in quotes are strings as they are. */
function sent(query: string): string {
  return query.replaceAll('$__rate_interval', '1m')
}

describe.each(charts)('panel "$title"', ({ description, datasource, targets = [] }) => {
  it('explains itself, and asks the data source that was chosen', () => {
    expect(description).toMatch(/^[A-Z].{8,}\.$/)
    expect(datasource?.uid).toBe(`\${datasource}`)
    expect(targets).not.toEqual([])
  })

  it.each(targets)('asks for series and labels that there are: $expr', ({ expr, legendFormat }) => {
    expect(problemsOf(sent(expr), series)).toEqual([])
    const known = variables.map(({ name }) => name).concat('__rate_interval')
    for (const [, name] of expr.matchAll(/\$(\w+)/g)) expect(known).toContain(name)
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      expect(resultLabels(expr)).toContain(label)
    }
  })
})

describe('the dashboard', () => {
  it('has a row for each subject, in the order in which one asks', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual([
      ...['State', 'Throughput', 'Lag', 'Files', 'HDFS', 'Memory and CPU', 'Kafka and the group'],
    ])
  })

  it('has panels that are told apart and do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const [index, { gridPos: one }] of panels.entries()) {
      expect(one.x + one.w).toBeLessThanOrEqual(24)
      for (const { gridPos: other } of panels.slice(index + 1)) {
        const apart =
          one.x + one.w <= other.x ||
          other.x + other.w <= one.x ||
          one.y + one.h <= other.y ||
          other.y + other.h <= one.y
        expect(apart).toBe(true)
      }
    }
  })

  it('offers variables whose values there are', () => {
    for (const { type, query } of variables) {
      if (type === 'datasource') continue
      const text = typeof query === 'string' ? query : query.query
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? []
      expect(problemsOf(selector, series)).toEqual([])
      expect(series.get(selector.replace(/\{.*/, ''))).toContain(label)
    }
  })

  it('has its data source provisioned, at the address of the compose file', () => {
    const path = 'config/grafana/provisioning/datasources/prometheus.yml'
    const { datasources } = parse(read(path))
    expect(datasources[0]).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' })
    const { global } = parse(read('config/prometheus/prometheus.yml'))
    expect(datasources[0].jsonData.timeInterval).toBe(global.scrape_interval)
  })

  it('is where the provider looks', () => {
    const provider = parse(read('config/grafana/provisioning/dashboards/kafka-hdfs-sink.yml'))
    const mounted = './config/grafana/dashboards:/etc/grafana/dashboards:ro'
    expect(provider.providers[0].options.path).toBe('/etc/grafana/dashboards')
    expect(parse(read('docker-compose.yml'), { merge: true }).services.grafana.volumes).toContain(
      mounted,
    )
  })
})

describe('problemsOf', () => {
  it.each([
    ['sum(rate(kafka_hdfs_sink_records_consumed_total[5m])', 'no PromQL'],
    ['kafka_hdfs_sink_records_total', 'no such series: kafka_hdfs_sink_records_total'],
    ['kafka_hdfs_sink_file_size_bytes', 'no such series'],
    ['kafka_hdfs_sink_workers{topic="t"}', 'kafka_hdfs_sink_workers has no label topic'],
    ['sum by (topic) (kafka_hdfs_sink_workers)', 'kafka_hdfs_sink_workers is grouped by topic'],
    ['kafka_hdfs_sink_up / on (topic) kafka_hdfs_sink_workers', 'is grouped by topic'],
    ['1 + 1', 'selects nothing'],
  ])('finds what is wrong with %s', (query, problem) => {
    expect(problemsOf(query, series).join('\n')).toContain(problem)
  })
})
