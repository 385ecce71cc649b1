import { FIGURES, type FigureName, type Figures, formatFigure } from '../figures.ts'
import { CODEC_LOOPS } from '../scenarios/codec-loop.ts'
import { GZIP, JSON_EMBEDDED, JSON_STRING, ZSTD } from '../scenarios/formats.ts'
import { LATENCY_SINK } from '../scenarios/latency.ts'
import { MEMORY_SINK } from '../scenarios/memory.ts'
import { SMALL_FLUSH_SINK } from '../scenarios/small-flushes.ts'
import { SINK } from '../scenarios/throughput.ts'
import type { ScenarioResult } from '../types.ts'
import { spreadOf } from './statistics.ts'

export interface Verdict {
  readonly target: string
  readonly limit: string
  /** As shown; undefined where nothing was measured. */
  readonly measured: string | undefined
  readonly met: boolean | undefined
  /** Scenario that it was measured in. */
  readonly scenario: string
}

type Results = ReadonlyMap<string, ScenarioResult>

export function verdicts(results: readonly ScenarioResult[]): Verdict[] {
  const byName: Results = new Map(results.map((result) => [result.name, result]))
  return TARGETS.map((target) => target(byName))
}

type Target = (results: Results) => Verdict

interface Limit {
  readonly target: string
  readonly scenario: string
  readonly subject: string
  readonly figure: FigureName
  readonly most?: number
  readonly least?: number
}

/** Judged by the median of all rounds. */
function median(limit: Limit): Target {
  return judged(limit, (values) => spreadOf(values).median)
}

/** Judged by the worst of all rounds. */
function worst(limit: Limit): Target {
  return judged(limit, (values) => spreadOf(values).most)
}

function judged(limit: Limit, summary: (values: readonly number[]) => number): Target {
  const { target, scenario, subject, figure, most, least } = limit
  const shown = (value: number): string => formatFigure(figure, value)
  return (results) => {
    const values = valuesOf(results.get(scenario), subject, figure)
    const bound = most === undefined ? `>= ${shown(least ?? 0)}` : `<= ${shown(most)}`
    const verdict = { target, scenario, limit: `${bound} ${unitOf(figure)}`.trim() }
    if (values.length === 0) return { ...verdict, measured: undefined, met: undefined }
    const value = summary(values)
    const met =
      value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY)
    return { ...verdict, measured: shown(value), met }
  }
}

function unitOf(figure: FigureName): string {
  return figure === 'ofCodec' || figure === 'ofText' ? 'times' : FIGURES[figure].title
}

/** Of rounds that have it. */
export function valuesOf(
  result: ScenarioResult | undefined,
  subject: string,
  figure: keyof Figures,
): number[] {
  const found = result?.subjects.find((each) => each.subject === subject)
  return (found?.rounds ?? []).flatMap((round) => {
    const value = round[figure]
    return value === undefined || Number.isNaN(value) ? [] : [value]
  })
}

/** NaN where it was not measured. */
export function medianOf(
  result: ScenarioResult | undefined,
  subject: string,
  figure: FigureName,
): number {
  const values = valuesOf(result, subject, figure)
  return values.length === 0 ? Number.NaN : spreadOf(values).median
}

/** The median for each subject of a scenario that has it, in their order. */
export function mediansOf(result: ScenarioResult | undefined, figure: FigureName): number[] {
  return (result?.subjects ?? [])
    .map(({ subject }) => medianOf(result, subject, figure))
    .filter((median) => !Number.isNaN(median))
}

/** A number times as large costs at most as many times more, from each size to the next. */
function atMostLinear(target: string, scenario: string, figure: FigureName): Target {
  return (results) => {
    const result = results.get(scenario)
    const costs = mediansOf(result, figure)
    const verdict = { target, scenario, limit: 'at most as the number' }
    const sizes = (result?.subjects ?? []).map(({ subject }) => sizeOf(subject))
    if (costs.length < 2) return { ...verdict, measured: undefined, met: undefined }
    const growths = costs.slice(1).map((cost, n) => cost / (costs[n] ?? 0))
    const met = growths.every((growth, n) => growth <= (sizes[n + 1] ?? 0) / (sizes[n] ?? 0))
    const shown = costs.map((cost) => formatFigure(figure, cost)).join(', ')
    const at = sizes.map((size) => size.toLocaleString('en-US')).join(', ')
    return { ...verdict, measured: `${shown} at ${at}`, met }
  }
}

/** The same at all sizes, but for a tenth. */
function constant(target: string, scenario: string, figure: FigureName): Target {
  return (results) => {
    const costs = mediansOf(results.get(scenario), figure)
    const verdict = { target, scenario, limit: 'the same at all sizes (within 10 %)' }
    if (costs.length < 2) return { ...verdict, measured: undefined, met: undefined }
    const { least, most } = spreadOf(costs)
    const shown = costs.map((cost) => formatFigure(figure, cost)).join(', ')
    return { ...verdict, measured: shown, met: most <= least * 1.1 }
  }
}

/** Of a subject such as "1,000 partitions". */
function sizeOf(subject: string): number {
  return Number.parseInt(subject.replaceAll(',', ''), 10)
}

const TEXTS = [
  { scenario: 'text-100', what: '100 B, files of 50,000 records', cpu: 0.5 },
  { scenario: 'text-100-128m', what: '100 B, files of 128 MiB', cpu: 0.5 },
  { scenario: 'text-1k', what: '1 KB, files of 50,000 records', cpu: 2.5 },
  { scenario: 'text-1k-128m', what: '1 KB, files of 128 MiB', cpu: 2.5 },
] as const

const JSONS = [
  { scenario: 'formats-events', format: JSON_STRING },
  { scenario: 'formats-events', format: JSON_EMBEDDED },
  { scenario: 'formats-text', format: JSON_STRING },
] as const

const MOST_RSS_MIB = 256
/** The least share of the lower ceiling that the sink is to reach. */
export const LEAST_OF_CEILING = 0.8
/** And of the rate of the raw requests of flushes of ten records. */
export const LEAST_OF_RAW = 0.9

const MEMORY = [
  ...TEXTS.map(({ scenario, what }) => ({ scenario, subject: SINK, what })),
  ...[JSON_STRING, JSON_EMBEDDED, GZIP, ZSTD].map(({ name }) => ({
    scenario: 'formats-events',
    subject: name,
    what: name,
  })),
  { scenario: 'hdfs-away', subject: MEMORY_SINK, what: 'HDFS away under full load' },
  { scenario: 'large-file', subject: MEMORY_SINK, what: 'a file of 10 GB' },
  { scenario: 'many-large', subject: MEMORY_SINK, what: '1,000 partitions, files of 128 MiB' },
] as const

/** Issue 5, point 1, in its order. */
const TARGETS: readonly Target[] = [
  ...TEXTS.map(({ scenario, what, cpu }) =>
    median({
      target: `CPU: ${what}`,
      ...{ scenario, subject: SINK, figure: 'cpuSecondsPerMillion', most: cpu },
    }),
  ),
  ...JSONS.map(({ scenario, format }) =>
    median({
      target: `CPU: ${format.name} (${scenario === 'formats-text' ? '100 B of text' : 'web events'})`,
      ...{ scenario, subject: format.name, figure: 'ofText', most: 3 },
    }),
  ),
  ...[GZIP, ZSTD].map(({ name }) =>
    median({
      target: `CPU beyond text of the whole process: ${name}, beside the codec alone`,
      ...{ scenario: 'formats-events', subject: name, figure: 'ofCodec', most: 1.1 },
    }),
  ),
  ...CODEC_LOOPS.map(({ name }) =>
    median({
      target: `CPU beyond text in the loop over records: ${name}, beside the codec alone`,
      ...{ scenario: 'codec-loop', subject: name, figure: 'ofCodec', most: 1.1 },
    }),
  ),
  ...TEXTS.map(({ scenario, what }) =>
    median({
      target: `Throughput: ${what}`,
      ...{ scenario, subject: SINK, figure: 'ofCeiling', least: LEAST_OF_CEILING },
    }),
  ),
  ...MEMORY.map(({ scenario, subject, what }) =>
    worst({
      target: `Memory: ${what}`,
      ...{ scenario, subject, figure: 'peakRssMib', most: MOST_RSS_MIB },
    }),
  ),
  median({
    target: '10-record flushes',
    scenario: 'small-flushes',
    ...{ subject: SMALL_FLUSH_SINK, figure: 'ofRaw', least: LEAST_OF_RAW },
  }),
  atMostLinear('Start-up over partitions', 'linear-partitions', 'readySeconds'),
  atMostLinear('CPU over partitions', 'linear-partitions', 'cpuSecondsPerMillion'),
  atMostLinear('Start-up over topics', 'linear-topics', 'readySeconds'),
  atMostLinear('CPU over topics', 'linear-topics', 'cpuSecondsPerMillion'),
  constant('Recovery over files: requests', 'linear-files', 'recoveryRequests'),
  median({
    target: 'Latency of 99 %, rotation every 5 s, 50,000 records/s',
    ...{ scenario: 'latency', subject: LATENCY_SINK, figure: 'latencyP99Seconds', most: 6 },
  }),
]
