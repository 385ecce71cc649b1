/** What the commands share that look at a sink or move it: Kafka and HDFS, without a group member. */
import type { SinkConfig } from './config/schema.ts'
import { SinkError } from './core/errors.ts'
import type { Component } from './core/observer.ts'
import type { FileReader, FileSystem } from './core/ports.ts'
import type { TopicPartition } from './core/record-batch.ts'
import { createFileSystem } from './hdfs/file-system.ts'
import { createGroupOffsets, type GroupOffsets } from './kafka/group-offsets.ts'
import { retryUntilDone } from './sink/retry.ts'
import { createLogger, type Logger } from './telemetry/logger.ts'

/** How long a call is repeated before its last error ends the command. */
const PATIENCE_MS = 20_000

export interface Tools {
  readonly config: SinkConfig
  readonly log: Logger
  readonly fs: FileSystem & FileReader
  readonly kafka: GroupOffsets
  readonly clusterId: string
  /** The topics that are configured, or one that was asked for: how many partitions each has. */
  readonly topics: ReadonlyMap<string, number>
  /** Repeats a call that may be repeated, for a while. */
  repeat<T>(component: Component, op: string, call: () => Promise<T>): Promise<T>
}

/** The partitions that a command is about; all of a topic, or all topics, where none are named. */
export interface Selection {
  readonly topic?: string
  readonly partitions?: readonly number[]
}

/** A topic or partition that was asked for is not there, or is none of the sink's. */
export class SelectionError extends SinkError {
  readonly action = 'stop-process'
}

/** Runs a command with everything that it needs, and frees that when it ends. */
export async function withTools<T>(config: SinkConfig, use: (tools: Tools) => Promise<T>) {
  const log = createLogger({ level: 'error', format: config.log.format })
  const fs = createFileSystem({ ...config.hdfs, logger: log })
  const kafka = createGroupOffsets({ ...config.kafka, groupId: config.kafka.group, logger: log })
  const { signal } = new AbortController()
  const deps = { log, observer: { retried() {}, trouble() {} }, patienceMs: PATIENCE_MS }
  const repeat: Tools['repeat'] = (component, op, call) =>
    retryUntilDone(component, op, call, deps, signal)
  try {
    const clusterId = await repeat('kafka', 'cluster-id', () => kafka.clusterId())
    const { topics: names, topicPattern } = config.kafka
    const wanted = names ?? new RegExp(topicPattern ?? '')
    const topics = await repeat('kafka', 'find-topics', () => kafka.resolveTopics(wanted))
    return await use({ config, log, fs, kafka, clusterId, topics, repeat })
  } finally {
    await kafka.close().catch(() => undefined)
    fs.close()
  }
}

/** Throws SelectionError. */
export function select({ topics }: Tools, { topic, partitions }: Selection): TopicPartition[] {
  if (topic === undefined) return [...topics].flatMap(([name, count]) => range(name, count))
  const count = topics.get(topic)
  if (count === undefined) {
    const known = [...topics.keys()].join(', ') || 'none'
    throw new SelectionError(`Topic ${topic} is not configured for this sink: it reads ${known}.`)
  }
  const missing = partitions?.filter((partition) => partition >= count) ?? []
  if (missing.length > 0) {
    throw new SelectionError(`Topic ${topic} has ${count} partitions, there is no ${missing}.`)
  }
  return partitions?.map((partition) => ({ topic, partition })) ?? range(topic, count)
}

function range(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}
