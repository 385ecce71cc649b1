import type { FlushReport, Observer } from '../core/observer.ts'
import { keyOf, type TopicPartition } from '../core/record-batch.ts'
import type { RotationTrigger } from '../core/rotation.ts'
import type { WriterState } from '../core/writer-state.ts'
import type { Done } from './history.ts'
import { type Problem, ProblemLog } from './problem-log.ts'

/**
 * - `starting`: its journal is not claimed and settled yet
 * - `recovering`: something was not as expected; it looks at the journal again
 * - `paused`: it is not read, because memory is short or its flushes do not get done
 * - `stopped`: a person has to decide
 */
export type PartitionState = 'starting' | 'writing' | 'recovering' | 'paused' | 'stopped'

/** Where one assigned partition stands. */
export interface PartitionProgress extends TopicPartition {
  readonly state: PartitionState
  /** Next offset to read; null while nothing is read. */
  readonly position: number | null
  /** Everything below is in files; null until the journal is known. */
  readonly committed: number | null
  readonly logEnd: number | null
  readonly lagRecords: number | null
  /** Read and not yet final, in offsets. */
  readonly bufferedRecords: number
  /** Memory that this takes. */
  readonly bufferedBytes: number
  /** When the oldest of these was read, in milliseconds since 1970. */
  readonly oldestMs: number | null
}

/** One visible file. */
export interface WrittenFile extends TopicPartition {
  readonly path: string
  readonly bytes: number
  /** Of the flush, which has one file unless the path depends on the record time. */
  readonly startOffset: number
  readonly endOffset: number
  readonly records: number
  readonly filesOfFlush: number
  readonly trigger: RotationTrigger
  readonly durationMs: number
  readonly atMs: number
}

/** What a worker tells the main thread with each report. */
export interface WorkerActivity {
  /** Of the group. */
  readonly isMember: boolean
  readonly partitions: readonly PartitionProgress[]
  /** Since the last report, the oldest first. Of more than 50 the last 50. */
  readonly files: readonly WrittenFile[]
  readonly problems: readonly Problem[]
  /** Since the last report. */
  readonly done: Done
  /** The NameNode that answered last. */
  readonly nameNode: string | undefined
}

/** What a worker knows of one of its partitions. */
export interface PartitionLook {
  readonly at: TopicPartition
  readonly view: WriterState
  readonly paused: boolean
  /** Memory of open files and of flushes on their way. */
  readonly heldBytes: number
}

export const MOST_FILES = 50
/** As many as a partition's flushes can wait; beyond it the age is that of a later one. */
const MOST_STARTS = 64
const NOTHING: Done = { readRecords: 0, writtenRecords: 0, writtenBytes: 0 }

/** Follows what one worker does, for the status page. What it keeps is bounded. */
export class WorkerLog {
  readonly problems: ProblemLog
  readonly #nowMs: () => number
  readonly #logEnds = new Map<string, number>()
  /** Of each partition, when its buffers were begun, as long as they are not written. */
  readonly #starts = new Map<string, { readonly offset: number; readonly sinceMs: number }[]>()
  #files: WrittenFile[] = []
  #done = NOTHING

  constructor(nowMs: () => number, secrets: readonly string[] = []) {
    this.#nowMs = nowMs
    this.problems = new ProblemLog(secrets)
  }

  /** Passes everything on. */
  follow(inner: Observer): Observer {
    return {
      ...inner,
      recordsRead: (topic, records, bytes) => {
        const { readRecords } = this.#done
        this.#done = { ...this.#done, readRecords: readRecords + records }
        inner.recordsRead(topic, records, bytes)
      },
      highWatermark: (at, offset) => {
        this.#logEnds.set(keyOf(at), offset)
        inner.highWatermark(at, offset)
      },
      flushed: (report) => {
        this.#flushed(report)
        inner.flushed(report)
      },
      released: (at) => {
        this.#logEnds.delete(keyOf(at))
        this.#starts.delete(keyOf(at))
        inner.released(at)
      },
    }
  }

  /**
   * How each partition stands now.
   *
   * @param shiftMs what Unix time is ahead of the clock that writers go by
   */
  progress(looks: readonly PartitionLook[], shiftMs = 0): readonly PartitionProgress[] {
    return looks.map((look) => {
      const progress = this.#progressOf(look)
      const { oldestMs } = progress
      return oldestMs === null ? progress : { ...progress, oldestMs: oldestMs + shiftMs }
    })
  }

  /** What happened since it was last taken. */
  take(): Pick<WorkerActivity, 'files' | 'problems' | 'done'> {
    const taken = { files: this.#files, problems: this.problems.take(), done: this.#done }
    this.#files = []
    this.#done = NOTHING
    return taken
  }

  #flushed(report: FlushReport): void {
    const { topic, partition, startOffset, endOffset, records, trigger, durationMs } = report
    const atMs = this.#nowMs()
    const filesOfFlush = report.files.length
    let { writtenBytes } = this.#done
    for (const { path, byteLength } of report.files) {
      writtenBytes += byteLength
      const offsets = { startOffset, endOffset, records, filesOfFlush }
      const how = { trigger, durationMs, atMs }
      this.#files.push({ path, bytes: byteLength, topic, partition, ...offsets, ...how })
    }
    this.#files.splice(0, this.#files.length - MOST_FILES)
    const writtenRecords = this.#done.writtenRecords + records
    this.#done = { ...this.#done, writtenRecords, writtenBytes }
  }

  #progressOf({ at, view, paused, heldBytes }: PartitionLook): PartitionProgress {
    const committed = view.head?.end ?? null
    const position = view.position ?? null
    const logEnd = this.#logEnds.get(keyOf(at)) ?? null
    const known = logEnd !== null && committed !== null
    return {
      ...at,
      state: stateOf(view, paused),
      position,
      committed,
      logEnd,
      lagRecords: known ? Math.max(0, logEnd - committed) : null,
      bufferedRecords:
        position === null || committed === null ? 0 : Math.max(0, position - committed),
      bufferedBytes: heldBytes,
      oldestMs: this.#oldestOf(at, view),
    }
  }

  #oldestOf(at: TopicPartition, view: WriterState): number | null {
    const { sinceMs } = view.buffer
    const offset = view.bufferStart
    const end = view.head?.end ?? 0
    const holds = view.flushes.length > 0 || sinceMs !== undefined
    const starts = (this.#starts.get(keyOf(at)) ?? []).filter((start) => start.offset >= end)
    const last = starts.at(-1)
    if (sinceMs !== undefined && (last === undefined || last.offset < offset)) {
      if (starts.length < MOST_STARTS) starts.push({ offset, sinceMs })
    }
    if (holds) this.#starts.set(keyOf(at), starts)
    else this.#starts.delete(keyOf(at))
    return holds ? (starts[0]?.sinceMs ?? null) : null
  }
}

function stateOf({ phase }: WriterState, paused: boolean): PartitionState {
  if (phase.kind === 'stopped') return 'stopped'
  if (phase.kind === 'surprised') return 'recovering'
  if (phase.kind !== 'writing') return 'starting'
  return paused ? 'paused' : 'writing'
}
