import type { Finding } from './findings.ts'
import type { PartitionReport } from './topic-audit.ts'
import type { VerifyReport } from './verify.ts'

/** Of each kind, for people; --json has more. */
const SHOWN_OF_A_KIND = 20

const COLUMNS: readonly (readonly [head: string, cell: (row: PartitionReport) => string])[] = [
  ['topic', ({ topic }) => topic],
  ['partition', ({ partition }) => String(partition)],
  ['files', ({ files }) => count(files)],
  ['records', ({ records }) => count(records)],
  ['bytes', ({ bytes }) => count(bytes)],
  ['journal end', ({ journalEnd }) => (journalEnd === null ? '-' : String(journalEnd))],
  ['group', ({ groupOffset }) => (groupOffset === null ? '-' : String(groupOffset))],
  ['log', ({ logStart, logEnd }) => `${logStart}-${logEnd}`],
  ['lag', ({ lagOffsets }) => count(lagOffsets)],
  ['unchecked', ({ offsetsUnchecked }) => count(offsetsUnchecked)],
  ['problems', ({ problems }) => (problems === 0 ? 'none' : count(problems))],
]

/** How rows of cells become text. */
export type RenderTable = (rows: readonly (readonly string[])[]) => string

/** A table of the partitions, then what was found, then the result in a line. */
export function renderReport(report: VerifyReport, table: RenderTable): string {
  const head = COLUMNS.map(([name]) => name)
  const rows = report.partitions.map((row) => COLUMNS.map(([, cell]) => cell(row)))
  return [
    table([head, ...rows]).trimEnd(),
    ...renderFindings(report),
    renderResult(report),
    '',
  ].join('\n')
}

function renderFindings({ findings, counts }: VerifyReport): string[] {
  const lines: string[] = []
  for (const [kind, found] of Map.groupBy(findings, (finding) => finding.kind)) {
    const all = counts[kind] ?? found.length
    const level = found[0]?.level === 'problem' ? 'PROBLEM' : 'note'
    lines.push('', `${level} ${kind} (${count(all)})`)
    const shown = found.slice(0, SHOWN_OF_A_KIND)
    for (const finding of shown) lines.push(`  ${whereOf(finding)}`, `    ${finding.text}`)
    if (all > shown.length) lines.push(`  and ${count(all - shown.length)} more`)
  }
  return lines
}

function whereOf({ topic, partition, path, startOffset, endOffset }: Finding): string {
  const where = partition === null ? topic : `${topic}-${partition}`
  const offsets = startOffset === null ? '' : ` @${startOffset}`
  const end = endOffset === null ? '' : `-${endOffset}`
  return `${where}${offsets}${end}${path === null ? '' : ` ${path}`}`
}

function renderResult({ ok, problems, partitions, thoroughness }: VerifyReport): string {
  const sum = (of: (row: PartitionReport) => number) =>
    count(partitions.reduce((total, row) => total + of(row), 0))
  const files = sum((row) => row.files)
  const records = sum((row) => row.records)
  const how = thoroughness === 'quick' ? ' by names, stamps and lengths' : ''
  const checked = `${files} files with ${records} records in ${partitions.length} partitions checked${how}`
  const lag = `${sum((row) => row.lagOffsets)} offsets not written yet`
  const result = ok ? 'All right' : `${count(problems)} problems`
  return `\n${result}: ${checked}; ${lag}.`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
