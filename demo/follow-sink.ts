import { setTimeout as sleep } from 'node:timers/promises'
import { DaemonError } from '../stack/index.ts'
import { progressLine, RateMeter } from './progress.ts'
import type { Screen } from './screen.ts'
import type { SinkLog } from './sink-log.ts'
import { fetchFigures, type SinkFigures } from './sink-metrics.ts'

export interface FollowOptions {
  readonly screen: Screen
  readonly sinkUrl: string
  readonly sinkLog: SinkLog
  /** How many events were sent so far. */
  readonly produced: () => number
  /** When to return. Without it: when the signal aborts, however slow the sink is. */
  readonly until?: (figures: SinkFigures) => boolean
  readonly signal: AbortSignal
}

const EVERY_MS = 250
const STALLED_AFTER_MS = 60_000

/**
 * Shows how far the sink is, by its own metrics, and the warnings in its log.
 * @returns the first figures that `until` likes
 * @throws DaemonError when for a minute nothing was committed
 */
export async function followSink(options: FollowOptions): Promise<SinkFigures> {
  const { screen, sinkUrl, sinkLog, produced, until, signal } = options
  const rate = new RateMeter()
  let committed = { count: -1, atMs: performance.now() }
  try {
    for (;;) {
      const figures = await fetchFigures(sinkUrl, signal)
      const nowMs = performance.now()
      for (const line of await sinkLog.news()) screen.warn(`the sink says: ${line}`)
      const recordsPerSecond = rate.update(figures?.consumed ?? 0, nowMs)
      const soFar = produced()
      screen.progress((columns) => progressLine(soFar, figures, recordsPerSecond, columns))
      if (figures !== undefined && until?.(figures)) return figures
      if (figures !== undefined && figures.committed !== committed.count) {
        committed = { count: figures.committed, atMs: nowMs }
      }
      if (until !== undefined && nowMs - committed.atMs > STALLED_AFTER_MS) {
        const what = `has committed no record for ${STALLED_AFTER_MS / 1000} s`
        throw new DaemonError('The sink', what, sinkLog.file)
      }
      await sleep(EVERY_MS, undefined, { signal })
    }
  } finally {
    screen.progressEnds()
  }
}
