/** Metrics, health and the status page: what the parts of the main thread answer over HTTP. */
import { type StatusSources, statusDocument } from './compose-page.ts'
import { redact } from './config/print.ts'
import type { SinkConfig } from './config/schema.ts'
import { type HttpServer, startHttpServer } from './http/server.ts'
import { livenessChecks, readinessChecks } from './sink/readiness.ts'
import type { Supervisor } from './sink/supervisor.ts'
import type { Activity } from './telemetry/activity.ts'
import type { WorkerMetrics } from './telemetry/aggregate.ts'
import type { Logger } from './telemetry/logger.ts'
import type { WorkerReport } from './telemetry/worker-report.ts'

export interface Served {
  readonly config: SinkConfig
  readonly version: string
  readonly log: Logger
  readonly workerMetrics: WorkerMetrics
  readonly activity: Activity
  /** undefined until Kafka was met. */
  readonly supervisor: () => Supervisor<WorkerReport> | undefined
}

/** undefined where http.port says so. Throws HttpListenError. */
export async function serveHttp(served: Served): Promise<HttpServer | undefined> {
  const { config, version, log, workerMetrics, activity, supervisor } = served
  const { host, port } = config.http
  if (port === null) return undefined
  const live = () => livenessChecks(activity.hanging)
  const ready = () => readinessChecks(supervisor() ?? { statuses: [], isDraining: false })
  const stopped = () => supervisor()?.statuses.flatMap((status) => status?.stopped ?? []) ?? []
  const constant = {
    ...{ version, startedMs: Date.now(), configuration: redact(config), activity },
    ...{ group: config.kafka.group, budgetBytes: config.memory.budgetBytes },
    intervalMs: config.flush.intervalMs,
  }
  const now = (): Omit<StatusSources, keyof typeof constant | 'query'> => ({
    ...{ nowMs: Date.now(), live: live(), ready: ready(), stopped: stopped() },
    isDraining: supervisor()?.isDraining ?? false,
  })
  let collecting: Promise<void> | undefined
  const metrics = async (accept: string) => {
    // One round over the workers for all who ask at the same time.
    collecting ??= supervisor()
      ?.collect()
      .finally(() => {
        collecting = undefined
      })
    await collecting
    return workerMetrics.exposition(accept)
  }
  const status = (query: StatusSources['query']) => statusDocument({ ...constant, ...now(), query })
  const { group } = config.kafka
  const handlers = { group, metrics, live, ready, stopped, status }
  const server = await startHttpServer({ host, port, handlers })
  log.info({ url: server.url }, 'metrics and health are served')
  return server
}
