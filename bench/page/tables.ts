import { FIGURE_NAMES, FIGURES, type FigureName, formatFigure } from '../figures.ts'
import type { ScenarioResult } from '../types.ts'
import { spreadOf } from './statistics.ts'
import { valuesOf } from './targets.ts'

/** A heading and rows, as text. */
export interface TextTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** One row for each subject, one column for each figure that any of them has. */
export function tableOf(result: ScenarioResult): TextTable {
  const names = FIGURE_NAMES.filter((name) =>
    result.subjects.some(({ subject }) => valuesOf(result, subject, name).length > 0),
  )
  return {
    head: ['', ...names.map((name) => FIGURES[name].title)],
    rows: result.subjects.map(({ subject }) => [
      subject,
      ...names.map((name) => cell(name, valuesOf(result, subject, name))),
    ]),
  }
}

/** The median, and in parentheses the least and the most where there are several. */
export function cell(name: FigureName, values: readonly number[]): string {
  if (values.length === 0) return ''
  const { median, least, most } = spreadOf(values)
  const shown = formatFigure(name, median)
  if (values.length === 1) return shown
  return `${shown} (${formatFigure(name, least)}-${formatFigure(name, most)})`
}

export function markdownTable({ head, rows }: TextTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((each) => each.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|---|${'---:|'.repeat(head.length - 1)}`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
