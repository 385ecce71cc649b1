import * as echarts from 'echarts'
import type { FigureName } from '../figures.ts'
import { FIGURES } from '../figures.ts'
import type { ScenarioResult } from '../types.ts'
import { spreadOf } from './statistics.ts'
import { valuesOf } from './targets.ts'

/** A picture of the page. */
export interface Chart {
  /** Name of its file, without the extension. */
  readonly name: string
  readonly title: string
  readonly svg: string
}

const WIDTH = 760
const BAR_HEIGHT = 26
const MARGIN = 80
const LABEL_WIDTH = 290
const CURVE_HEIGHT = 320
const OURS = '#2a6f97'
const OTHERS = '#adb5bd'

interface Bar {
  readonly label: string
  readonly value: number
  readonly ours: boolean
}

/** The median of one figure for every subject that has it, longest bar last. */
export function barChart(
  result: ScenarioResult,
  figure: FigureName,
  name: string,
  limit?: number,
): Chart | undefined {
  const bars = result.subjects.flatMap(({ subject }): Bar[] => {
    const values = valuesOf(result, subject, figure)
    if (values.length === 0) return []
    const ours = !/^(ceiling|peer|codec|raw)/.test(subject)
    return [{ label: subject, value: spreadOf(values).median, ours }]
  })
  if (bars.length < 2) return undefined
  const title = `${FIGURES[figure].title}: ${result.title}`
  return { name, title, svg: drawBars(title, bars, FIGURES[figure].digits, limit) }
}

function drawBars(
  title: string,
  bars: readonly Bar[],
  digits: number,
  limit: number | undefined,
): string {
  const shown = (value: number): string =>
    value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  return render(MARGIN + bars.length * BAR_HEIGHT, {
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    // Fixed: without a browser nobody knows how wide a label is.
    grid: { left: LABEL_WIDTH, right: 80, top: 52, bottom: 28 },
    xAxis: { type: 'value', axisLabel: { formatter: (value: number) => shown(value) } },
    yAxis: { type: 'category', inverse: true, data: bars.map(({ label }) => label) },
    series: [
      {
        type: 'bar',
        data: bars.map(({ value, ours }) => ({
          value,
          itemStyle: { color: ours ? OURS : OTHERS },
        })),
        label: {
          show: true,
          position: 'right',
          formatter: ({ value }) => shown(Number(value)),
        },
        ...(limit === undefined ? {} : { markLine: limitLine(limit, shown(limit)) }),
      },
    ],
  })
}

function limitLine(limit: number, shown: string): echarts.MarkLineComponentOption {
  return {
    symbol: 'none',
    lineStyle: { color: '#c1121f' },
    label: { formatter: `target ${shown}`, position: 'start' },
    data: [{ xAxis: limit }],
  }
}

/** Figures of a scenario whose subjects are sizes, over these sizes; both axes logarithmic. */
export function curveChart(
  result: ScenarioResult,
  figures: readonly FigureName[],
  name: string,
): Chart | undefined {
  const series = figures.flatMap((figure) => {
    const points = result.subjects.flatMap(({ subject }): [number, number][] => {
      const values = valuesOf(result, subject, figure)
      const size = Number.parseInt(subject.replaceAll(',', ''), 10)
      return values.length === 0 ? [] : [[size, spreadOf(values).median]]
    })
    return points.length < 2 ? [] : [{ name: FIGURES[figure].title, points }]
  })
  if (series.length === 0) return undefined
  const svg = render(CURVE_HEIGHT, {
    title: { text: result.title, left: 'center', textStyle: { fontSize: 14 } },
    grid: { left: 60, right: 240, top: 40, bottom: 44 },
    xAxis: {
      type: 'log',
      name: result.subjects[0]?.subject.replace(/^[\d,]+ /, '') ?? '',
      nameLocation: 'middle',
      nameGap: 24,
    },
    yAxis: { type: 'log' },
    series: series.map(({ name: label, points }) => ({
      type: 'line',
      name: label,
      data: points,
      labelLayout: { moveOverlap: 'shiftY' },
      endLabel: { show: true, formatter: label, color: 'inherit' },
    })),
  })
  return { name, title: result.title, svg }
}

function render(height: number, option: echarts.EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option })
    return `${chart.renderToSVGString()}\n`
  } finally {
    chart.dispose()
  }
}
