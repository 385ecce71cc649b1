import type { Broker, Cluster } from 'kafkajs'
import { isStaleMetadata, toSinkError } from './kafka-errors.ts'
import { withTimeout } from './timeout.ts'

/** What kafkajs's brokers can do beyond what its types say. */
export interface Coordinator {
  offsetCommit(request: OffsetCommitRequest): Promise<OffsetCommitResponse>
  offsetFetch(request: OffsetFetchRequest): Promise<OffsetFetchResponse>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  describeGroups(request: { groupIds: string[] }): Promise<DescribeGroupsResponse>
}

export interface OffsetCommitRequest {
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: {
    topic: string
    partitions: { partition: number; offset: string; metadata: string }[]
  }[]
}

/** An error code other than 0: Kafka does not know this partition. Other errors are thrown. */
interface OffsetCommitResponse {
  responses: {
    topic: string
    partitions: { partition: number; errorCode: number }[]
  }[]
}

interface OffsetFetchRequest {
  groupId: string
  topics: { topic: string; partitions: { partition: number }[] }[]
}

interface OffsetFetchResponse {
  responses: {
    topic: string
    partitions: { partition: number; offset: string; metadata: string | null }[]
  }[]
}

interface DescribeGroupsResponse {
  groups: {
    state: string
    members: { memberId: string; clientId: string; clientHost: string }[]
  }[]
}

/** What is known of the connections that the requests go over. */
export interface LineWatch {
  /** A JoinGroup is under way: a broker answers nothing that was sent after it before it does. */
  isJoining(): boolean
  /** A request was not answered, though nothing was to keep the broker from it. */
  silent(): void
}

/** Questions to brokers: each sent once, each with a timeout. */
export class BrokerRequests {
  readonly cluster: Cluster
  readonly groupId: string
  private readonly timeoutMs: number
  private readonly line: LineWatch | undefined

  constructor(cluster: Cluster, groupId: string, timeoutMs: number, line?: LineWatch) {
    this.cluster = cluster
    this.groupId = groupId
    this.timeoutMs = timeoutMs
    this.line = line
  }

  async coordinator(): Promise<Coordinator> {
    const operation = `finding the coordinator of group ${this.groupId}`
    const { groupId } = this
    const find = () => this.cluster.findGroupCoordinator({ groupId })
    try {
      return (await this.inTime(operation, find)) as Broker & Coordinator
    } catch (error) {
      throw toSinkError(operation, error)
    }
  }

  async ask<T>(operation: string, question: () => Promise<T>): Promise<T> {
    try {
      return await this.inTime(operation, question)
    } catch (error) {
      // The leader has moved: whoever asks again finds the new one.
      if (isStaleMetadata(error)) this.cluster.refreshMetadata().catch(() => undefined)
      throw toSinkError(operation, error)
    }
  }

  async inTime<T>(operation: string, question: () => Promise<T>): Promise<T> {
    const { line } = this
    const isWatched = line !== undefined && !line.isJoining()
    const answer = question().catch((error: unknown) => {
      if (isWatched && error instanceof Error && error.name === TIMED_OUT) line.silent()
      throw error
    })
    return await withTimeout(operation, this.timeoutMs, answer, () => {
      if (isWatched) line.silent()
    })
  }
}

const TIMED_OUT = 'KafkaJSRequestTimeoutError'
