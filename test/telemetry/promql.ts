import { parser } from '@prometheus-io/lezer-promql'
import {
  type MetricDefinition,
  metricDefinitions,
  metricPrefix,
} from '../../src/telemetry/definitions.ts'
import { createProcessMetrics } from '../../src/telemetry/process-metrics.ts'

/* Whether a query means something: as PromQL, and for the series that the sink really has. */

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/** What the scraper adds to each series. */
const targetLabels = ['job', 'instance']

/** The labels of each series that Prometheus has of the sink, by the name that queries use. */
export async function knownSeries(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const series = new Map<string, ReadonlySet<string>>([
    ['up', new Set(targetLabels)],
    ['ALERTS', new Set([...targetLabels, 'alertname', 'alertstate', 'severity', 'group', 'topic'])],
  ])
  const definitions: MetricDefinition[] = Object.values(metricDefinitions)
  for (const { name, type, labels } of definitions) {
    add(series, metricPrefix + name, type, ['group', ...labels])
  }
  for (const { name, type, values } of await createProcessMetrics().getMetricsAsJSON()) {
    const labels = values.flatMap((value) => Object.keys(value.labels))
    add(series, name, String(type), labels)
  }
  return series
}

function add(
  series: Map<string, ReadonlySet<string>>,
  name: string,
  type: string,
  labels: readonly string[],
): void {
  const all = [...labels, ...targetLabels]
  if (type !== 'histogram') {
    series.set(name, new Set(all))
    return
  }
  series.set(`${name}_bucket`, new Set([...all, 'le']))
  series.set(`${name}_sum`, new Set(all))
  series.set(`${name}_count`, new Set(all))
}

/** What is wrong with a query; nothing where it is well. */
export function problemsOf(
  query: string,
  series: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const textOf = (node: SyntaxNode): string => query.slice(node.from, node.to)
  const root = parser.parse(query).topNode
  if (below(root).some((node) => node.type.isError)) return [`no PromQL: ${query}`]
  const labelsOf = (selector: SyntaxNode): ReadonlySet<string> =>
    series.get(textOf(selector.getChild('Identifier') ?? selector)) ?? new Set()

  const selectors = named(root, 'VectorSelector')
  const problems = selectors.length === 0 ? [`selects nothing: ${query}`] : []
  for (const selector of selectors) {
    const name = textOf(selector.getChild('Identifier') ?? selector)
    if (!series.has(name)) problems.push(`no such series: ${name}`)
    for (const label of named(selector, 'LabelName').map(textOf)) {
      if (!labelsOf(selector).has(label)) problems.push(`${name} has no label ${label}`)
    }
  }
  for (const grouping of named(root, 'GroupingLabels')) {
    const scope = scopeOf(grouping)
    for (const label of named(grouping, 'LabelName').map(textOf)) {
      const lacking = named(scope, 'VectorSelector').filter((each) => !labelsOf(each).has(label))
      for (const each of lacking) problems.push(`${textOf(each)} is grouped by ${label}`)
    }
  }
  return problems
}

/** The labels that a query's result has by its outermost `by`; undefined where it has none. */
export function resultLabels(query: string): readonly string[] | undefined {
  const outermost = named(parser.parse(query).topNode, 'AggregateModifier')[0]
  if (outermost === undefined) return undefined
  return named(outermost, 'LabelName').map((node) => query.slice(node.from, node.to))
}

/** What a `by`, `on` or `group_left` speaks of: the aggregation, or both sides of the operator. */
function scopeOf(grouping: SyntaxNode): SyntaxNode {
  let node = grouping
  while (node.parent !== null && !/^(Aggregate|Binary)Expr$/.test(node.name)) node = node.parent
  return node
}

function named(root: SyntaxNode, name: string): SyntaxNode[] {
  return below(root).filter((node) => node.name === name)
}

function below(root: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = root.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return [root, ...children.flatMap(below)]
}
