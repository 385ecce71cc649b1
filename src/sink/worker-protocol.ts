import type { TopicPartition } from '../core/record-batch.ts'

/** What a worker thread is started with. */
export interface WorkerStart<Config> {
  readonly config: Config
  /** Values of it that nobody may be shown. */
  readonly secrets: readonly string[]
  /** Its slot in the shared memory budget, from 0. */
  readonly slot: number
  readonly topics: readonly string[]
  readonly clusterId: string
  readonly budget: SharedArrayBuffer
}

export type ToWorker =
  /** Flush, publish, commit, leave the group, end. */
  { readonly type: 'drain' } | { readonly type: 'report'; readonly id: number }

export type FromWorker<Snapshot> =
  /** Its member id, so that the group need not wait for it if it dies. */
  | { readonly type: 'member'; readonly memberId: string }
  | {
      readonly type: 'report'
      /** Of the request; undefined for one that was not asked for. */
      readonly id: number | undefined
      readonly metrics: Snapshot
      readonly status: WorkerStatus
    }
  | { readonly type: 'drained' }
  | {
      readonly type: 'failed'
      readonly text: string
      /** No worker can do better: the process should end. */
      readonly stopProcess: boolean
    }

/** How a worker is, for readiness and for people. */
export interface WorkerStatus {
  readonly joined: boolean
  readonly assigned: number
  readonly stopped: readonly StoppedPartition[]
  /** The calls to HDFS that are being repeated; undefined when there are none. */
  readonly hdfsProblem: string | undefined
}

export interface StoppedPartition extends TopicPartition {
  readonly reason: string
  /** What was found and what resolves it. */
  readonly explanation: string
}
