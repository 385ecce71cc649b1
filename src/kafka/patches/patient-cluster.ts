import type { Broker, Cluster } from 'kafkajs'
import { isWorthALine } from '../fetch-warnings.ts'
import { isRefusal, typeOf } from '../kafka-errors.ts'
import { loadFunction, wrapMethod } from './internals.ts'
import { isIncomplete, type TopicMetadata } from './partial-answers.ts'

/*
 * What kafkajs knows of a cluster when a part of it is away: a partition without a leader is looked
 * for again soon, one broker that does not answer keeps nobody from the others, and why a broker
 * refuses to name a coordinator is not forgotten.
 */

const shuffle = loadFunction<(all: string[]) => string[]>('utils/shuffle.js')

const BROKER_POOL = 'cluster/brokerPool.js'
const CLUSTER = 'cluster/index.js'

/** kafkajs would look again after a minute only. */
const LOOK_AGAIN_MS = 1_000

interface BrokerPool {
  readonly brokers: Readonly<Record<string, Broker>>
  readonly metadata: { readonly topicMetadata: readonly TopicMetadata[] } | null
  readonly logger: { error(text: string, fields: object): void }
  metadataExpireAt: number | null
  findBroker(wanted: { nodeId: string }): Promise<Broker>
}

type WithBroker<T> = (found: { nodeId: string; broker: Broker }) => Promise<T>

interface LeaderKnowingCluster extends Cluster {
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
}

type Question = Parameters<Cluster['fetchTopicsOffset']>[0]
type Answer = Awaited<ReturnType<Cluster['fetchTopicsOffset']>>

export function installPatientCluster(): void {
  wrapMethod<BrokerPool, [string[]], Promise<unknown>>(
    BROKER_POOL,
    'refreshMetadata',
    (refresh) =>
      async function refreshAndLookAgain(topics) {
        const result = await refresh.call(this, topics)
        const incomplete = this.metadata?.topicMetadata.filter(isIncomplete) ?? []
        if (incomplete.length > 0) {
          const soon = Date.now() + LOOK_AGAIN_MS * (1 + Math.random())
          this.metadataExpireAt = Math.min(this.metadataExpireAt ?? soon, soon)
        }
        const wanted = incomplete.filter(({ topic }) => topics.includes(topic))
        warnOfIncomplete(this, wanted)
        return result
      },
  )

  wrapMethod<BrokerPool, [WithBroker<unknown>], Promise<unknown>>(
    BROKER_POOL,
    'withBroker',
    (withBroker) =>
      async function withOneThatAnswers(callback) {
        const nodeIds = shuffle(Object.keys(this.brokers))
        if (nodeIds.length === 0) return withBroker.call(this, callback)
        const isConnected = (nodeId: string) => Number(this.brokers[nodeId]?.isConnected())
        nodeIds.sort((a, b) => isConnected(b) - isConnected(a))
        let unreachable: unknown
        let answered = false
        for (const nodeId of nodeIds) {
          try {
            const broker = await this.findBroker({ nodeId })
            answered = true
            return await callback({ nodeId, broker })
          } catch (error) {
            if (isRefusal(error)) throw error
            unreachable = error
          }
        }
        if (!answered) throw unreachable
        return null
      },
  )

  wrapMethod<LeaderKnowingCluster, [Question], Promise<Answer>>(
    CLUSTER,
    'fetchTopicsOffset',
    (fetchTopicsOffset) =>
      async function askThoseWhoLead(question) {
        const questions = byLeader(this, question)
        const asked = questions.map((each) => fetchTopicsOffset.call(this, each))
        const answers = worthKeeping(await Promise.allSettled(asked))
        // kafkajs counts on every topic, and not on every partition.
        return [...new Set(question.map(({ topic }) => topic))].map((topic) => {
          const found = answers.filter((each) => each.topic === topic)
          return { topic, partitions: found.flatMap(({ partitions }) => partitions) }
        })
      },
  )
}

/** Not at once: an election takes a moment. */
const SILENT_LOOKS = 2
const MOST_NAMED = 3

const looks = new WeakMap<BrokerPool, number>()

function warnOfIncomplete(pool: BrokerPool, incomplete: readonly TopicMetadata[]): void {
  const count = incomplete.length === 0 ? 0 : (looks.get(pool) ?? 0) + 1
  looks.set(pool, count)
  if (count <= SILENT_LOOKS || !isWorthALine(count)) return
  const names = incomplete.slice(0, MOST_NAMED).map(({ topic, partitionMetadata }) => {
    const offline = partitionMetadata.filter(({ leader }) => leader < 0)
    const numbers = offline.slice(0, MOST_NAMED).map(({ partitionId }) => partitionId)
    return offline.length === 0 ? `${topic} (unknown)` : `${topic} (no leader: ${numbers})`
  })
  const text = 'Topics that brokers do not know, or partitions that none leads, are not read'
  pool.logger.error(`${text}: ${names.join(', ')}`, { topics: incomplete.length, looks: count })
}

/** Where nobody leads a partition nobody is asked for it. */
function byLeader(cluster: LeaderKnowingCluster, question: Question): Question[] {
  const questions = new Map<string, Question>()
  for (const topic of question) {
    const numbers = topic.partitions.map(({ partition }) => partition)
    const leaders = cluster.findLeaderForPartitions(topic.topic, numbers)
    for (const [nodeId, led] of Object.entries(leaders)) {
      if (Number(nodeId) < 0) continue
      const partitions = topic.partitions.filter(({ partition }) => led.includes(partition))
      questions.set(nodeId, [...(questions.get(nodeId) ?? []), { ...topic, partitions }])
    }
  }
  return [...questions.values()]
}

/** An error with a name is an answer too; without one the broker could not be asked. */
function worthKeeping(settled: readonly PromiseSettledResult<Answer>[]): Answer {
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  const named = errors.find((error) => typeOf(error) !== undefined)
  if (named !== undefined) throw named
  if (errors.length > 0 && errors.length === settled.length) throw errors[0]
  return settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
}
