import { clock, short } from './format.ts'
import { type Html, html } from './html.ts'

/** One line of a chart. */
export interface Series {
  readonly name: string
  readonly className: 'first' | 'second'
  /** From left to right; null leaves a gap. */
  readonly values: readonly (number | null)[]
  readonly filled: boolean
}

export interface Chart {
  readonly id: string
  readonly title: string
  /** Such as "records per second". */
  readonly unit: string
  readonly series: readonly Series[]
  readonly fromMs: number
  readonly toMs: number
}

const WIDTH = 600
const HEIGHT = 100

/** A figure whose caption tells in words what the lines show. */
export function renderChart(chart: Chart): Html {
  const { id, title, unit, series, fromMs, toMs } = chart
  const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const top = niceTop(most)
  return html`<figure id="${id}" class="chart">
<figcaption><h3>${title} <span class="unit">${unit}</span></h3>
<ul class="legend">${series.map((each) => html`<li class="${each.className}">${summary(each, series.length)}</li>`)}</ul></figcaption>
<div class="plot"><div class="scale" aria-hidden="true"><span>${short(top)}</span><span>${short(top / 2)}</span><span>0</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">
<path class="grid" d="M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}"/>
${series.map((each) => renderSeries(each, top))}</svg></div>
<div class="times" aria-hidden="true"><span>${clock(fromMs).slice(0, 5)}</span><span>${clock((fromMs + toMs) / 2).slice(0, 5)}</span><span>${clock(toMs).slice(0, 5)} UTC</span></div>
</figure>`
}

function summary({ name, values }: Series, among: number): Html {
  const known = values.flatMap((value) => value ?? [])
  const label = among > 1 ? html`${name}: ` : ''
  if (known.length === 0) return html`${label}nothing known yet`
  return html`${label}now <b>${short(known.at(-1) ?? 0)}</b>, most <b>${short(Math.max(...known))}</b>`
}

function renderSeries({ values, className, filled }: Series, top: number): Html {
  const step = WIDTH / Math.max(1, values.length - 1)
  const runs = runsOf(values).map((run) =>
    run.map(({ index, value }) => ({
      x: (index * step).toFixed(1),
      y: (HEIGHT - (value / top) * (HEIGHT - 2) - 1).toFixed(1),
    })),
  )
  const lines = runs.map((run) => {
    const [first] = run
    const path = run.map(({ x, y }) => `L${x} ${y}`).join('')
    // A lone point is shown as a short line.
    return `M${first?.x} ${first?.y}${path}${run.length === 1 ? 'h1' : ''}`
  })
  const areas = runs.map(
    (run) =>
      `M${run[0]?.x} ${HEIGHT}${run.map(({ x, y }) => `L${x} ${y}`).join('')}L${run.at(-1)?.x} ${HEIGHT}Z`,
  )
  const area = filled ? html`<path class="area ${className}" d="${areas.join('')}"/>` : ''
  return html`${area}<path class="line ${className}" d="${lines.join('')}"/>`
}

function runsOf(values: readonly (number | null)[]): { index: number; value: number }[][] {
  const runs: { index: number; value: number }[][] = []
  let open: { index: number; value: number }[] | undefined
  values.forEach((value, index) => {
    if (value === null) {
      open = undefined
      return
    }
    if (open === undefined) {
      open = []
      runs.push(open)
    }
    open.push({ index, value })
  })
  return runs
}

/** The next of 1, 2, 5, 10, 20, ... */
function niceTop(most: number): number {
  if (most <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= most) ?? most
}
