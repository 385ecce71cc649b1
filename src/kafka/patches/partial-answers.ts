import { AsyncLocalStorage } from 'node:async_hooks'
import { isRefusal } from '../kafka-errors.ts'
import { endOf, type RawFetch } from '../raw-fetch.ts'
import { createErrorFromCode, NONE, OUT_OF_RANGE, UNKNOWN_TOPIC } from './error-codes.ts'
import { loadExports, replaceExport, wrapMethod } from './internals.ts'

/*
 * kafkajs throws an answer away for the first topic or partition in it that is in error: one offline
 * partition would end all fetches of a member, one deleted topic every look at the metadata. Here
 * those that are well are kept, and the others told apart.
 */

const METADATA = 'protocol/requests/metadata'
const LIST_OFFSETS = 'protocol/requests/listOffsets'
const OFFSET_COMMIT = 'protocol/requests/offsetCommit'
const FETCH = 'protocol/requests/fetch'

export interface TopicMetadata {
  readonly topicErrorCode: number
  readonly topic: string
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[]
}

interface MetadataAnswer {
  readonly topicMetadata: readonly TopicMetadata[]
}

interface OffsetsAnswer {
  readonly responses: {
    readonly topic: string
    partitions: { readonly partition: number; readonly errorCode: number }[]
  }[]
}

interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  /** What may be read ends here; -1 from brokers that do not tell. */
  readonly lastStableOffset: string
  readonly messages: { readonly raw?: RawFetch }[]
}

interface FetchAnswer {
  readonly responses: { readonly topicName: string; partitions: FetchedPartition[] }[]
  failures?: PartitionFailure[]
}

/** Why there is nothing for this partition in the answer to a fetch. */
export interface PartitionFailure {
  readonly topic: string
  readonly partition: number
  /** As kafkajs would throw it. */
  readonly error: Error & { readonly type: string }
}

/** What a fetch has brought for a partition. */
export interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly bytes: number
  /** Behind the last record of these; undefined where there is none. */
  readonly nextOffset: number | undefined
  readonly lastStableOffset: number
}

/** Which partitions a fetch has brought an answer for. */
export interface FetchOutcome {
  readonly well: PartitionAnswer[]
  readonly failures: PartitionFailure[]
}

interface Errors {
  readonly KafkaJSOffsetOutOfRange: new (
    error: Error,
    at: { topic: string; partition: number },
  ) => PartitionFailure['error']
}

const { KafkaJSOffsetOutOfRange } = loadExports<Errors>('errors.js')

const outcomes = new AsyncLocalStorage<FetchOutcome>()

export function installPartialAnswers(): void {
  replaceParse(METADATA, 0, [1, 2, 3, 4, 5, 6], parseMetadata)
  // Each of these has a copy of its own.
  for (const version of [0, 1, 2]) replaceParse(LIST_OFFSETS, version, [], parseOffsets)
  replaceParse(OFFSET_COMMIT, 0, [1, 2, 3, 4, 5], parseCommit)
  replaceParse(FETCH, 0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], parseFetch)
  wrapMethod(
    'broker/index.js',
    'fetch',
    (fetch: (request: object) => Promise<FetchAnswer>) =>
      async function fetchWhatIsWell(this: unknown, request: object): Promise<FetchAnswer> {
        const answer = await fetch.call(this, request)
        const outcome = outcomes.getStore()
        if (outcome !== undefined) note(answer, outcome)
        else if (answer.failures?.[0] !== undefined) throw answer.failures[0].error
        return answer
      },
  )
}

/** A fetch within `fetch` brings what is well; elsewhere it throws for a partition in error. */
export async function withOutcome<T>(fetch: () => Promise<T>): Promise<[T, FetchOutcome]> {
  const outcome: FetchOutcome = { well: [], failures: [] }
  return [await outcomes.run(outcome, fetch), outcome]
}

/** Nobody leads one of its partitions now, or the brokers that were asked do not know it. */
export function isIncomplete({ topicErrorCode, partitionMetadata }: TopicMetadata): boolean {
  return topicErrorCode !== NONE || partitionMetadata.some(({ leader }) => leader < 0)
}

/**
 * Partitions in error stay: who leads them is known, or nobody does (-1). A topic that is gone stays
 * with no partitions, beside others. What else is wrong with a topic is thrown as before.
 */
async function parseMetadata(answer: MetadataAnswer): Promise<MetadataAnswer> {
  const { topicMetadata } = answer
  const failed = topicMetadata.filter(({ topicErrorCode }) => topicErrorCode !== NONE)
  const grave = failed.find(({ topicErrorCode }) => topicErrorCode !== UNKNOWN_TOPIC)
  const first = grave ?? (failed.length === topicMetadata.length ? failed[0] : undefined)
  if (first !== undefined) throw createErrorFromCode(first.topicErrorCode)
  return answer
}

/** Without those in error, unless all are; a refusal is for people and thrown as before. */
async function parseOffsets(answer: OffsetsAnswer): Promise<OffsetsAnswer> {
  const all = answer.responses.flatMap(({ partitions }) => partitions)
  const errors = all
    .filter(({ errorCode }) => errorCode !== NONE)
    .map(({ errorCode }) => createErrorFromCode(errorCode))
  const thrown = errors.find(isRefusal) ?? (errors.length === all.length ? errors[0] : undefined)
  if (thrown !== undefined) throw thrown
  for (const topic of answer.responses) {
    topic.partitions = topic.partitions.filter(({ errorCode }) => errorCode === NONE)
  }
  return answer
}

/** Partitions that are gone stay in the answer, with their error: the others are committed. */
async function parseCommit(answer: OffsetsAnswer): Promise<OffsetsAnswer> {
  const codes = answer.responses.flatMap(({ partitions }) => partitions.map((p) => p.errorCode))
  const thrown = codes.find((code) => code !== NONE && code !== UNKNOWN_TOPIC)
  if (thrown !== undefined) throw createErrorFromCode(thrown)
  return answer
}

async function parseFetch(answer: FetchAnswer): Promise<FetchAnswer> {
  const failures: PartitionFailure[] = []
  for (const each of answer.responses) {
    const [well, failed] = [[] as FetchedPartition[], [] as FetchedPartition[]]
    for (const found of each.partitions) (found.errorCode === NONE ? well : failed).push(found)
    each.partitions = well
    for (const { partition, errorCode, messages } of failed) {
      for (const { raw } of messages) raw?.release()
      const at = { topic: each.topicName, partition }
      failures.push({ ...at, error: fetchError(errorCode, at) })
    }
  }
  answer.failures = failures
  return answer
}

function fetchError(code: number, at: { topic: string; partition: number }) {
  const error = createErrorFromCode(code)
  return code === OUT_OF_RANGE ? new KafkaJSOffsetOutOfRange(error, at) : error
}

function note({ responses, failures = [] }: FetchAnswer, outcome: FetchOutcome): void {
  outcome.failures.push(...failures)
  for (const { topicName, partitions } of responses) {
    for (const { partition, lastStableOffset, messages } of partitions) {
      const raw = messages[0]?.raw
      outcome.well.push({
        topic: topicName,
        partition,
        bytes: raw?.byteLength ?? 0,
        nextOffset: raw === undefined ? undefined : endOf(raw),
        lastStableOffset: Number(lastStableOffset),
      })
    }
  }
}

function replaceParse<T>(
  requests: string,
  version: number,
  heirs: readonly number[],
  parse: (answer: T) => Promise<T>,
): void {
  const file = (of: number) => `${requests}/v${of}/response.js`
  const original = loadExports<object>(file(version))
  replaceExport(file(version), heirs.map(file), { ...original, parse })
}
