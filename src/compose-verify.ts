/** The commands that look into files: wires HDFS and Kafka to the audit. Nothing here writes. */
import type { AuditContext, Thoroughness } from './audit/context.ts'
import { Findings } from './audit/findings.ts'
import { type InspectReport, inspectHdfs } from './audit/inspect.ts'
import { patiently } from './audit/patience.ts'
import { type VerifyReport, verify } from './audit/verify.ts'
import type { SinkConfig } from './config/schema.ts'
import { SinkError } from './core/errors.ts'
import { parsePathPattern } from './core/path-pattern.ts'
import type { FileReader, LogReader } from './core/ports.ts'
import { createFileSystem } from './hdfs/file-system.ts'
import { createLogReader } from './kafka/log-reader.ts'
import { createLogger } from './telemetry/logger.ts'

export interface VerifyOptions {
  /** All that are configured where none are named. */
  readonly topics: readonly string[]
  readonly thoroughness: Thoroughness
  readonly progress: AuditContext['progress']
}

/** Some 40 MB; a topic with more files is gone through several times. */
const WINDOW_FILES = 50_000

/** A topic was asked for that the sink does not read. */
export class NotConfiguredTopicError extends SinkError {
  readonly action = 'stop-process'
  readonly topics: readonly string[]
  constructor(topics: readonly string[], configured: readonly string[]) {
    const known = configured.length === 0 ? 'none' : configured.join(', ')
    super(`Not configured for this sink: ${topics.join(', ')}. It reads ${known}.`)
    this.topics = topics
  }
}

export async function runVerify(config: SinkConfig, options: VerifyOptions): Promise<VerifyReport> {
  const logger = quietLogger(config)
  const log = createLogReader({ ...config.kafka, groupId: config.kafka.group, logger })
  const files = createFileSystem({ ...config.hdfs, logger })
  try {
    const topics = await chooseTopics(config, log, options.topics)
    const clusterId = await patiently(() => log.clusterId())
    return await verify(contextOf(config, options, { files, log, clusterId }), topics)
  } finally {
    await log.close().catch(() => undefined)
    files.close()
  }
}

/** undefined when there is no such file. */
export async function runInspect(
  config: SinkConfig,
  path: string,
): Promise<InspectReport | undefined> {
  const files = createFileSystem({ ...config.hdfs, logger: quietLogger(config) })
  try {
    return await inspectHdfs(files, path, countsLines(config))
  } finally {
    files.close()
  }
}

async function chooseTopics(
  { kafka }: SinkConfig,
  log: LogReader,
  asked: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = kafka.topics ?? new RegExp(kafka.topicPattern ?? '')
  const configured = await patiently(() => log.resolveTopics(wanted))
  const unknown = asked.filter((topic) => !configured.has(topic))
  if (unknown.length > 0) throw new NotConfiguredTopicError(unknown, [...configured.keys()])
  if (asked.length === 0) return configured
  return new Map([...configured].filter(([topic]) => asked.includes(topic)))
}

function contextOf(
  config: SinkConfig,
  { thoroughness, progress }: VerifyOptions,
  connected: { files: FileReader; log: LogReader; clusterId: string },
): AuditContext {
  const { hdfs, kafka } = config
  return {
    ...connected,
    root: hdfs.root,
    group: kafka.group,
    thoroughness,
    startFrom: kafka.startFrom,
    onRetentionGap: kafka.onRetentionGap,
    patternOf: (topic) => parsePathPattern(hdfs.path, topic, hdfs),
    format: config.format.type,
    countsLines: countsLines(config),
    windowFiles: WINDOW_FILES,
    findings: new Findings(),
    progress,
  }
}

/** Where line breaks are kept one record may be several lines. */
function countsLines({ format }: SinkConfig): boolean {
  return format.type === 'json-lines' || format.lineBreaks !== 'keep'
}

function quietLogger({ log }: SinkConfig) {
  return createLogger({ level: 'error', format: log.format })
}
