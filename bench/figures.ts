/** What is measured: what each figure is called in a table, and how it is written. */
interface FigureKind {
  readonly title: string
  readonly digits: number
  /** Written as a percentage. */
  readonly percent?: true
}

export const FIGURES = {
  recordsPerSecond: { title: 'records/s', digits: 0 },
  filesPerSecond: { title: 'files/s', digits: 0 },
  mibPerSecond: { title: 'MiB/s', digits: 0 },
  ofCeiling: { title: 'of the lower ceiling', digits: 0, percent: true },
  ofBoth: { title: 'of both at once', digits: 0, percent: true },
  ofRaw: { title: 'of the raw requests', digits: 0, percent: true },
  cpuSecondsPerMillion: { title: 'CPU s per million records', digits: 2 },
  cpuMillisPerFile: { title: 'CPU ms per file', digits: 1 },
  ofText: { title: 'CPU of text', digits: 2 },
  ofCodec: { title: "CPU over text, of the codec's own", digits: 2 },
  coresBusy: { title: 'cores busy', digits: 1 },
  peakRssMib: { title: 'peak RSS MiB', digits: 0 },
  startSeconds: { title: 'start to first flush, s', digits: 2 },
  readySeconds: { title: 'start to all claimed, s', digits: 2 },
  recoverySeconds: { title: 'restart: joined to first flush, s', digits: 2 },
  recoveryRequests: { title: 'restart: requests per partition', digits: 1 },
  requestsPerFlush: { title: 'HTTP requests per flush', digits: 2 },
  nameNodeOpsPerFlush: { title: 'NameNode operations per flush', digits: 2 },
  latencyP50Seconds: { title: 'latency 50 %, s', digits: 2 },
  latencyP99Seconds: { title: 'latency 99 %, s', digits: 2 },
  latencyMaxSeconds: { title: 'latency 100 %, s', digits: 2 },
  awaySeconds: { title: 'HDFS away, s', digits: 0 },
  resumeSeconds: { title: 'HDFS back to next flush, s', digits: 1 },
  files: { title: 'files', digits: 0 },
} as const satisfies Record<string, FigureKind>

export type FigureName = keyof typeof FIGURES
export type Figures = Readonly<Partial<Record<FigureName, number>>>

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]

export function formatFigure(name: FigureName, value: number): string {
  const kind: FigureKind = FIGURES[name]
  const shown = kind.percent === true ? value * 100 : value
  const text = shown.toLocaleString('en-US', {
    minimumFractionDigits: kind.digits,
    maximumFractionDigits: kind.digits,
  })
  return kind.percent === true ? `${text} %` : text
}
