import type { Component, FlushReport } from '../core/observer.ts'
import type { TopicPartition } from '../core/record-batch.ts'

/** What a rehearsal tells while it goes on. Of offsets the last is not among them; bytes are the files'. */
export type DryRunEvent =
  /** It reads from `from` up to, and without, `to`. */
  | (TopicPartition & { readonly type: 'start'; readonly from: number; readonly to: number })
  | (Omit<FlushReport, 'durationMs'> & {
      readonly type: 'flush'
      /** No limit was reached yet: a running sink would wait for more. */
      readonly isOpen: boolean
    })
  /** A sink would stop this partition. */
  | (TopicPartition & {
      readonly type: 'stop'
      readonly reason: string
      readonly explanation: string
    })
  /** A call fails, and is repeated until it works: meanwhile nothing else may be told. */
  | {
      readonly type: 'trouble'
      readonly component: Component
      readonly op: string
      readonly state: 'begins' | 'ends'
    }

export interface DryRunSummary {
  readonly partitions: number
  readonly stopped: number
  readonly files: number
  readonly records: number
  readonly bytes: number
  /** false when it was ended before it had read to where the logs ended. */
  readonly complete: boolean
}

/** Adds up what is told. */
export class DryRunTotals {
  #partitions = 0
  #stopped = 0
  #files = 0
  #records = 0
  #bytes = 0

  add(event: DryRunEvent): void {
    if (event.type === 'start') this.#partitions += 1
    else if (event.type === 'stop') this.#stopped += 1
    else if (event.type === 'flush') {
      this.#files += event.files.length
      this.#records += event.records
      for (const { byteLength } of event.files) this.#bytes += byteLength
    }
  }

  summary(complete: boolean): DryRunSummary {
    return {
      partitions: this.#partitions,
      stopped: this.#stopped,
      files: this.#files,
      records: this.#records,
      bytes: this.#bytes,
      complete,
    }
  }
}
