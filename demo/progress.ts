import type { SinkFigures } from './sink-metrics.ts'

const RATE_WINDOW_MS = 2_000

/** Records a second, over the last two. */
export class RateMeter {
  readonly #points: { atMs: number; count: number }[] = []

  /** @param count grows; what it was at `atMs` */
  update(count: number, atMs: number): number {
    this.#points.push({ atMs, count })
    while (this.#points.length > 2 && atMs - (this.#points[1]?.atMs ?? atMs) >= RATE_WINDOW_MS) {
      this.#points.shift()
    }
    const first = this.#points[0] ?? { atMs, count }
    return atMs > first.atMs ? ((count - first.count) * 1000) / (atMs - first.atMs) : 0
  }
}

/** One line, without its least important ends where the terminal is narrow. All of it is ASCII. */
export function progressLine(
  produced: number,
  figures: SinkFigures | undefined,
  recordsPerSecond: number,
  columns: number,
): string {
  const parts = [
    `  produced ${count(produced)}`,
    ...(figures === undefined
      ? ['the sink is starting']
      : [
          `in HDFS ${count(figures.committed)}`,
          `lag ${figures.lag === undefined ? '-' : count(figures.lag)}`,
          `files ${count(figures.files)}`,
          `${count(recordsPerSecond)} records/s`,
        ]),
  ]
  while (parts.length > 1 && parts.join('  ').length >= columns) parts.pop()
  return parts.join('  ').slice(0, Math.max(1, columns - 1))
}

/** 12345.6 as 12,346. */
export function count(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}
