import { KafkaUnavailableError, OffsetTooLargeError, SinkError } from '../core/errors.ts'
import type { CommittedOffset, LogBounds } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { Batched } from './batched.ts'
import type { BrokerRequests } from './broker-requests.ts'
import { toSinkError } from './kafka-errors.ts'
import { createErrorFromCode, UNKNOWN_TOPIC } from './patches/error-codes.ts'
import { type TopicIdAnswer, topicIdOf } from './topic-ids.ts'

/** Where a group and the logs stand: few requests for many partitions. */
export class OffsetReads {
  private readonly requests: BrokerRequests
  private readonly committed: Batched<TopicPartition, CommittedOffset | undefined>
  private readonly bounds: Batched<TopicPartition, LogBounds>
  private readonly ids: Batched<string, string | undefined>

  constructor(requests: BrokerRequests) {
    this.requests = requests
    this.committed = new Batched((all) => this.committedOffsets(all))
    this.bounds = new Batched((all) => this.logsBounds(all))
    this.ids = new Batched((topics) => this.idsOf(topics))
  }

  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    return this.committed.ask(at)
  }

  /** As a read_committed consumer sees it: the end is the last stable offset. */
  logBounds(at: TopicPartition): Promise<LogBounds> {
    return this.bounds.ask(at)
  }

  /** undefined also where there is no such topic: what was read of it is not of another one. */
  topicId(topic: string): Promise<string | undefined> {
    return this.ids.ask(topic)
  }

  /** Of the first record that is as young; undefined when there is none. */
  async offsetAtTime(at: TopicPartition, timestampMs: number): Promise<number | undefined> {
    const operation = `looking for the offset of a time in ${nameOf(at)}`
    return this.requests.ask(operation, async () => {
      const [answer] = await this.requests.cluster.fetchTopicsOffset([
        { topic: at.topic, partitions: [{ partition: at.partition }], fromTimestamp: timestampMs },
      ])
      const offset = answer?.partitions[0]?.offset
      if (offset === undefined) {
        await this.requests.cluster.refreshMetadata()
        throw new KafkaUnavailableError(operation, NO_LEADER)
      }
      if (offset.startsWith('-')) return undefined
      const found = toOffset(at, offset)
      if (found instanceof SinkError) throw found
      return found
    })
  }

  private committedOffsets(
    all: readonly TopicPartition[],
  ): Promise<(CommittedOffset | SinkError | undefined)[]> {
    return this.requests.ask(`reading the committed offsets of ${namesOf(all)}`, async () => {
      const coordinator = await this.requests.coordinator()
      const { groupId } = this.requests
      const { responses } = await coordinator.offsetFetch({ groupId, topics: groupByTopic(all) })
      return all.map((at) => {
        const found = inTopic(responses, at)
        // -1 means none; kafkajs's consumers have been seen to commit -2.
        if (found === undefined || found.offset.startsWith('-')) return undefined
        const offset = toOffset(at, found.offset)
        return offset instanceof SinkError ? offset : { offset, metadata: found.metadata ?? '' }
      })
    })
  }

  private logsBounds(all: readonly TopicPartition[]): Promise<(LogBounds | SinkError)[]> {
    const operation = `reading the logs' bounds of ${namesOf(all)}`
    return this.requests.ask(operation, async () => {
      const topics = [...new Set(all.map(({ topic }) => topic))]
      // Before and after, so that bounds and id are of the same topic.
      const before = await this.topicIds(topics)
      const [starts, ends] = await Promise.all([
        this.listOffsets(all, true),
        this.listOffsets(all, false),
      ])
      const after = await this.topicIds(topics)
      const bounds = all.map((at): LogBounds | SinkError => {
        const topicId = sameId(operation, before.get(at.topic), after.get(at.topic))
        if (topicId instanceof SinkError) return topicId
        const [from, to] = [inTopic(starts, at)?.offset, inTopic(ends, at)?.offset]
        if (from === undefined || to === undefined) {
          return new KafkaUnavailableError(operation, NO_LEADER)
        }
        const [start, end] = [toOffset(at, from), toOffset(at, to)]
        if (start instanceof SinkError) return start
        if (end instanceof SinkError) return end
        return topicId === undefined ? { start, end } : { start, end, topicId }
      })
      if (bounds.some((each) => each instanceof KafkaUnavailableError)) {
        await this.requests.cluster.refreshMetadata()
      }
      return bounds
    })
  }

  private listOffsets(all: readonly TopicPartition[], fromBeginning: boolean) {
    const topics = groupByTopic(all).map((each) => ({ ...each, fromBeginning }))
    return this.requests.cluster.fetchTopicsOffset(topics)
  }

  private idsOf(topics: readonly string[]): Promise<(string | SinkError | undefined)[]> {
    const names = [...new Set(topics)]
    return this.requests.ask(`reading the id of ${shown(names)}`, async () => {
      const answers = await this.topicIds(names)
      return topics.map((topic) => {
        const answer = answers.get(topic)
        if (answer === undefined || isUnknown(answer)) return undefined
        return idIn(`reading the id of ${topic}`, answer)
      })
    })
  }

  private async topicIds(topics: readonly string[]): Promise<Map<string, TopicIdAnswer>> {
    const ask = async (topic: string) =>
      [topic, await topicIdOf(this.requests.cluster, topic)] as const
    return new Map(await Promise.all(topics.map(ask)))
  }
}

function isUnknown(answer: TopicIdAnswer): boolean {
  return 'errorCode' in answer && answer.errorCode === UNKNOWN_TOPIC
}

function idIn(operation: string, answer: TopicIdAnswer): string | SinkError | undefined {
  return 'id' in answer ? answer.id : toSinkError(operation, createErrorFromCode(answer.errorCode))
}

/** A journal that was made without it, or with that of a newer topic, would not notice another one. */
function sameId(
  operation: string,
  before: TopicIdAnswer | undefined,
  after: TopicIdAnswer | undefined,
): string | SinkError | undefined {
  const first = before && idIn(operation, before)
  if (first instanceof SinkError) return first
  const last = after && idIn(operation, after)
  if (last instanceof SinkError || last === first) return last
  return new KafkaUnavailableError(operation, 'the topic was created again meanwhile')
}

/** In the text of an error. */
const MOST_NAMED = 3

const NO_LEADER = 'no broker that leads this partition answers'

/** What a request takes: the partitions of each topic. */
function groupByTopic(all: readonly TopicPartition[]) {
  const grouped = Map.groupBy(all, ({ topic }) => topic)
  return [...grouped].map(([topic, each]) => {
    const partitions = new Set(each.map(({ partition }) => partition))
    return { topic, partitions: [...partitions].map((partition) => ({ partition })) }
  })
}

/** What an answer says of this partition. */
function inTopic<P extends { readonly partition: number }>(
  topics: readonly { readonly topic: string; readonly partitions: readonly P[] }[],
  at: TopicPartition,
): P | undefined {
  const found = topics.find(({ topic }) => topic === at.topic)
  return found?.partitions.find(({ partition }) => partition === at.partition)
}

function toOffset(at: TopicPartition, text: string): number | OffsetTooLargeError {
  const offset = Number(text)
  return Number.isSafeInteger(offset) ? offset : new OffsetTooLargeError(at, text)
}

function namesOf(all: readonly TopicPartition[]): string {
  return shown(all.map(nameOf))
}

function shown(names: readonly string[]): string {
  const first = names.slice(0, MOST_NAMED).join(', ')
  return names.length > MOST_NAMED ? `${first} and ${names.length - MOST_NAMED} more` : first
}

function nameOf(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`
}
