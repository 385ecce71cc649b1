import type { MetricsSnapshot } from './aggregate.ts'
import type { WorkerActivity } from './worker-activity.ts'

/** What a worker tells the main thread each second: its metrics, and what the page shows. */
export interface WorkerReport {
  readonly metrics: MetricsSnapshot
  readonly activity: WorkerActivity
}
