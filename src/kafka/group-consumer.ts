import type { Cluster, Consumer } from 'kafkajs'
import {
  createClient,
  type KafkaClient,
  type KafkaClientOptions,
  type KafkaLogger,
  RETRY,
} from './client.ts'
import { type Owned, stickyAssigner } from './sticky-assigner.ts'

export interface GroupMemberOptions extends KafkaClientOptions {
  readonly groupId: string
  /** Names, not patterns. */
  readonly topics: readonly string[]
  /** Without a heartbeat for so long a member is thrown out of the group. */
  readonly sessionTimeoutMs: number
  /** How long the others wait for this member when the group rebalances. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Of one fetch. Default 1 MiB: more is not faster, and takes more memory. */
  readonly maxBytesPerPartition?: number
  /**
   * Of one fetch, of all partitions of a broker: a single batch may be more. At most 4 MiB, unless one
   * partition may have more.
   */
  readonly maxBytes?: number
  /** How long a broker may wait for new records before it answers. Default 300. */
  readonly maxWaitMs?: number
  readonly maxDecompressedBatchBytes: number
}

const DEFAULT_MAX_BYTES_PER_PARTITION = 1024 * 1024
const DEFAULT_MAX_WAIT_MS = 300
/** More is not faster: what is left over of it serves the next fetches. */
const MOST_BYTES = 4 * 1024 * 1024
/** New partitions are noticed within this time. */
const METADATA_MAX_AGE_MS = 60_000

export interface GroupConsumer {
  readonly client: KafkaClient
  readonly consumer: Consumer
  /** kafkajs's own object behind the consumer: its connections, its knowledge of brokers. */
  readonly cluster: Cluster
}

/** What the consumer asks its member. */
export interface ConsumerQuestions {
  /** What this member has, or had last. */
  owned(): Owned | undefined
  /** After a crash that another attempt may heal. */
  mayRestart(): boolean
}

/**
 * A kafkajs consumer with a client of its own: consumers of one client share what they believe to
 * be committed.
 */
export function createConsumer(
  options: GroupMemberOptions,
  questions: ConsumerQuestions,
): GroupConsumer {
  const logger = quietAtTheEnd(options.logger, () => !questions.mayRestart())
  const maxBytesPerPartition = options.maxBytesPerPartition ?? DEFAULT_MAX_BYTES_PER_PARTITION
  const mostBytes = Math.max(MOST_BYTES, maxBytesPerPartition)
  const keepResponseBytes = options.maxBytes ?? mostBytes
  const client = createClient({ ...options, keepResponseBytes, logger })
  let cluster: Cluster | undefined
  const assigner = stickyAssigner(questions.owned, (received) => {
    cluster = received
  })
  const consumer = client.kafka.consumer({
    groupId: options.groupId,
    partitionAssigners: [assigner],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: options.heartbeatIntervalMs,
    maxBytesPerPartition,
    maxBytes: Math.min(options.maxBytes ?? mostBytes, mostBytes),
    maxWaitTimeInMs: options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    retry: { ...RETRY, restartOnFailure: async () => questions.mayRestart() },
  })
  // kafkajs has called the assigner's factory by now.
  return { client, consumer, cluster: cluster! }
}

/** kafkajs complains of being stopped in the midst of things: that is no news. */
function quietAtTheEnd(logger: KafkaLogger, stopping: () => boolean): KafkaLogger {
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => (stopping() ? logger.debug : logger.warn).call(logger, fields, text),
    error: (fields, text) => (stopping() ? logger.debug : logger.error).call(logger, fields, text),
  }
}
