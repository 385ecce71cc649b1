/** `validate`: wires Kafka, HDFS and the network of this machine to the checks. */
import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import type { SinkConfig } from './config/schema.ts'
import { journalRoot } from './core/path-template.ts'
import { createFileSystem } from './hdfs/file-system.ts'
import { createClusterView } from './kafka/cluster-view.ts'
import { createLogReader } from './kafka/log-reader.ts'
import { createLogger } from './telemetry/logger.ts'
import type { Step } from './validate/checklist.ts'
import { checkEnvironment } from './validate/environment.ts'
import { realNetwork } from './validate/network.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** Somebody waits for it. */
const KAFKA_TIMEOUT_MS = 10_000

export interface EnvironmentReport {
  readonly ok: boolean
  readonly steps: readonly Step[]
}

/** Whether a sink of this configuration could work; `report` is called after each step. */
export async function validateEnvironment(
  config: SinkConfig,
  signal: AbortSignal,
  report: (step: Step) => void,
): Promise<EnvironmentReport> {
  const { hdfs } = config
  // Steps tell what is wrong; the clients' own lines about it would only stand between.
  const logger = createLogger({ level: 'silent' })
  const requestTimeoutMs = Math.min(config.kafka.requestTimeoutMs, KAFKA_TIMEOUT_MS)
  const kafka = { ...config.kafka, groupId: config.kafka.group, requestTimeoutMs, logger }
  const view = createClusterView(kafka)
  const log = createLogReader(kafka)
  const fs = createFileSystem({ ...hdfs, logger })
  const eachAlone = new Map(
    hdfs.urls.map((url) => [url, createFileSystem({ ...hdfs, urls: [url], logger })]),
  )
  try {
    const environment = {
      network: realNetwork(CONNECT_TIMEOUT_MS),
      kafka: {
        brokers: () => view.brokers(),
        resolveTopics: (wanted: readonly string[] | RegExp) => view.resolveTopics(wanted),
        logBounds: view.logBounds.bind(view),
        groupState: () => view.groupState(),
        leaveGroup: (memberId: string) => view.leaveGroup(memberId),
        fetch: log.fetch.bind(log),
      },
      hdfs: { fs, alone: (url: string) => eachAlone.get(url) ?? fs },
    }
    return await checkEnvironment(environment, settingsOf(config), { report, signal })
  } finally {
    for (const each of [fs, ...eachAlone.values()]) each.close()
    await Promise.allSettled([view.close(), log.close()])
  }
}

function settingsOf({ kafka, hdfs }: SinkConfig) {
  return {
    kafka: {
      brokers: kafka.brokers,
      group: kafka.group,
      wanted: kafka.topics ?? new RegExp(kafka.topicPattern ?? ''),
    },
    hdfs: {
      urls: hdfs.urls,
      user: hdfs.user,
      root: hdfs.root,
      journals: journalRoot(hdfs.root),
      files: directoryOfAll(hdfs),
      id: randomUUID(),
    },
  }
}

/** What all paths of a template begin with. */
function directoryOfAll({ root, path }: SinkConfig['hdfs']): string {
  const whole = posix.isAbsolute(path) ? path : posix.join(root, path)
  const fixed = whole.split('{', 1)[0] ?? whole
  return fixed.slice(0, Math.max(1, fixed.lastIndexOf('/')))
}
