import { readFile, writeFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'

/*
 * Writes the alerts as the Prometheus operator wants them: `npm run docs:rules`. Kustomize cannot put a
 * file into another.
 */

const ALERTS = new URL('../config/prometheus/alerts.yml', import.meta.url)
const RULE = new URL('kubernetes/components/prometheus/prometheus-rule.yaml', import.meta.url)

const HEADER = `# Written from config/prometheus/alerts.yml: change that file, then run \`npm run docs:rules\`.\n`

/** @param alerts the text of a Prometheus rules file */
export function prometheusRule(alerts: string): string {
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'kafka-hdfs-sink',
      labels: { 'app.kubernetes.io/name': 'kafka-hdfs-sink' },
    },
    spec: parse(alerts),
  }
  return HEADER + stringify(rule, { lineWidth: 110 })
}

if (import.meta.main) await writeFile(RULE, prometheusRule(await readFile(ALERTS, 'utf8')))
