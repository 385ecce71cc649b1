import type { Broker, Cluster } from 'kafkajs'
import { KafkaUnavailableError } from '../core/errors.ts'
import type { LogReader } from '../core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../core/record-batch.ts'
import type { GroupAdminOptions } from './group-admin.ts'
import { KafkaGroupOffsets } from './group-offsets.ts'
import { typeOf } from './kafka-errors.ts'
import { PartitionFetch } from './partition-fetch.ts'
import { limitLegacyBatches } from './patches/bounded-codecs.ts'
import { rawFetchOf } from './patches/raw-batches.ts'

export interface LogReaderOptions extends GroupAdminOptions {
  /** How long a broker may wait for records before it answers that there are none. */
  readonly maxWaitMs: number
  readonly maxDecompressedBatchBytes: number
}

/** Reads logs from outside of the group: commits nothing and joins nothing. */
export function createLogReader(options: LogReaderOptions): LogReader & { close(): Promise<void> } {
  return new KafkaLogReader(options)
}

const READ_COMMITTED = 1
/** Kafka's name for the type of a topic's settings. */
const TOPIC_CONFIG = 2

/** What kafkajs's brokers can do beyond what its types say. */
interface FetchingBroker {
  fetch(request: object): Promise<FetchResponse>
}

interface FetchResponse {
  responses: { partitions: { highWatermark: string; messages: object[] }[] }[]
}

interface LeaderKnowingCluster extends Cluster {
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
}

class KafkaLogReader extends KafkaGroupOffsets implements LogReader {
  private readonly options: LogReaderOptions

  constructor(options: LogReaderOptions) {
    super(options)
    this.options = options
    limitLegacyBatches(options.maxDecompressedBatchBytes)
  }

  async fetch(
    at: TopicPartition,
    offset: number,
    maxBytes: number,
  ): Promise<FetchedRecords | undefined> {
    await this.reach(at.topic)
    const operation = `reading ${at.topic}-${at.partition} from ${offset}`
    return this.ask(operation, async () => {
      try {
        return await this.fetchFromLeader(at, offset, maxBytes)
      } catch (error) {
        if (typeOf(error) === 'OFFSET_OUT_OF_RANGE') return undefined
        // The leader may have moved: whoever asks again finds the new one.
        await this.cluster.refreshMetadata()
        throw error
      }
    })
  }

  private async fetchFromLeader(
    at: TopicPartition,
    offset: number,
    maxBytes: number,
  ): Promise<FetchedRecords> {
    const { topic, partition } = at
    const { response, raw } = await this.sendFetch(at, offset, maxBytes)
    return new PartitionFetch({
      topic,
      partition,
      fetchedOffset: offset,
      highWatermark: Number(response?.highWatermark),
      raw: raw ?? NOTHING,
      maxDecompressedBatchBytes: this.options.maxDecompressedBatchBytes,
    })
  }

  private async sendFetch({ topic, partition }: TopicPartition, offset: number, maxBytes: number) {
    const broker = await this.leaderOf(topic, partition)
    const { responses } = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: this.options.maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
    })
    const response = responses[0]?.partitions[0]
    return { response, raw: rawFetchOf(response?.messages[0]) }
  }

  private async leaderOf(topic: string, partition: number): Promise<FetchingBroker> {
    const cluster = this.cluster as LeaderKnowingCluster
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined || Number(nodeId) < 0) {
      throw new KafkaUnavailableError(`reading ${topic}-${partition}`, 'no broker leads it')
    }
    const broker: unknown = await cluster.findBroker({ nodeId })
    return broker as Broker & FetchingBroker
  }

  isCompacted(topic: string): Promise<boolean> {
    return this.ask(`reading the settings of ${topic}`, async () => {
      const { resources } = await this.admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC_CONFIG, name: topic, configNames: ['cleanup.policy'] }],
      })
      const policy = resources[0]?.configEntries[0]?.configValue ?? ''
      return policy.includes('compact')
    })
  }
}

const NOTHING = {
  batches: [],
  legacy: [],
  byteLength: 0,
  failure: undefined,
  abortedTransactions: [],
  release: () => undefined,
}
