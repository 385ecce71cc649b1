import { randomUUID } from 'node:crypto'
import type { StackInfo } from '../../stack/index.ts'

/** Sections of the configuration file; `kafka` and `hdfs` are merged with those of the stack. */
export interface SinkSettings {
  readonly topic: string
  readonly group: string
  readonly root: string
  readonly kafka?: object
  readonly hdfs?: object
  readonly format?: object
  readonly flush?: object
  readonly memory?: object
  readonly shutdown?: object
  readonly workers?: number
}

/** A topic, a group and a root that nobody else has. */
export function newSettings(name: string, more: Partial<SinkSettings> = {}): SinkSettings {
  const unique = `${name}-${randomUUID().slice(0, 8)}`
  return { topic: unique, group: `group-${unique}`, root: `/${unique}`, ...more }
}

/** Members of the group that one sink is. */
export const WORKERS = 2

/** Quick where the sink's defaults are patient; sessions as short as brokers allow. */
export function configOf(stack: StackInfo, settings: SinkSettings): object {
  const { topic, group, root, kafka, hdfs, ...rest } = settings
  return {
    workers: WORKERS,
    flush: { records: 10_000, intervalMs: 2_000 },
    http: { host: '127.0.0.1', port: 0 },
    log: { format: 'json' },
    ...rest,
    kafka: {
      brokers: stack.brokers,
      group,
      topics: [topic],
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      maxWaitMs: 100,
      ...kafka,
    },
    hdfs: { urls: stack.webhdfsUrls, user: stack.hdfsUser, root, ...hdfs },
  }
}
