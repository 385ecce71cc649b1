import path from 'node:path'
import type { Stack } from '../stack/index.ts'
import type { TopicAddress } from './kafka.ts'
import type { Screen } from './screen.ts'
import type { SinkLog } from './sink-log.ts'
import type { WebEvent } from './web-events.ts'

export interface DemoOptions {
  readonly events: number
  readonly eventsPerSecond: number
  /** Leaves everything running at the end, until the signal aborts. */
  readonly keep: boolean
  readonly screen: Screen
  /** Ends the demo, at whatever point it is. */
  readonly signal: AbortSignal
}

/** What the steps of a demo share once the sink runs. */
export interface Running {
  readonly options: DemoOptions
  readonly stack: Stack
  readonly topic: TopicAddress
  readonly sinkUrl: string
  readonly sinkLog: SinkLog
  readonly nextEvent: (nowMs: number) => WebEvent
  /** Aborts when the demo is to end, or when a daemon or the sink ended. */
  readonly signal: AbortSignal
}

/** A path as seen from where the user is. */
export function here(file: string): string {
  return path.relative(process.cwd(), file)
}
