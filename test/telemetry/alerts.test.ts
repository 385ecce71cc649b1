import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { read, repositoryFiles } from '../conformance/source-files.ts'
import { knownSeries, problemsOf } from './promql.ts'

/*
 * What can be said of the alerts without Prometheus. promtool.test.ts evaluates them where there is
 * a promtool.
 */

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: Readonly<Record<string, string>>
}

interface Expectation {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

const rules: { groups: { rules: Alert[] }[] } = parse(read('config/prometheus/alerts.yml'))
const alerts = rules.groups.flatMap((group) => group.rules)
const unitTests: { tests: { alert_rule_test: Expectation[] }[] } = parse(
  read('config/prometheus/alerts.test.yml'),
)
const expectations = unitTests.tests.flatMap((test) => test.alert_rule_test)
const series = await knownSeries()

describe.each(alerts)('alert $alert', ({ alert, expr, labels, annotations }) => {
  it('asks for series and labels that there are', () => {
    expect(problemsOf(expr, series)).toEqual([])
  })

  it('says what is wrong, how bad that is, and where to read on', () => {
    expect(alert).toMatch(/^Sink[A-Z]\w+$/)
    expect(['critical', 'warning']).toContain(labels.severity)
    expect(annotations.summary).toMatch(/^[^\n]{20,90}\.$/)
    expect(annotations.description).toMatch(/^.{40,}\.$/)
    expect(annotations.runbook).toBe(`docs/OPERATING.md#${alert.toLowerCase()}`)
  })

  it('has tests that make it fire, and tests in which it must not', () => {
    const own = expectations.filter(({ alertname }) => alertname === alert)
    expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true)
    expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true)
  })
})

describe('the alerts', () => {
  it('are eleven, each once', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
    expect(alerts.length).toBe(11)
  })

  it('name the job that Prometheus is configured with', () => {
    const { scrape_configs: jobs } = parse(read('config/prometheus/prometheus.yml'))
    const named = alerts.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]*)"/g)])
    expect(named.length).toBeGreaterThan(0)
    for (const [, job] of named) expect(jobs[0].job_name).toBe(job)
  })

  it('are all in OPERATING.md, each under its name', () => {
    const path = 'docs/OPERATING.md'
    const headings = repositoryFiles().includes(path) ? read(path).match(/^#+ .*$/gm) : undefined
    const names = headings?.map((heading) => heading.replace(/^#+ /, ''))
    for (const { alert } of alerts) expect(names ?? [alert]).toContain(alert)
  })
})
