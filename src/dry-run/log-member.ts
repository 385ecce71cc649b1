import type {
  CommittedOffset,
  GroupHandlers,
  GroupMember,
  LogBounds,
  LogReader,
  Membership,
  OffsetToCommit,
} from '../core/ports.ts'
import { keyOf, type TopicPartition } from '../core/record-batch.ts'

/** A partition that is to be read, and which part of it. */
export interface PartToRead extends TopicPartition {
  readonly from: number
  /** Its log's end when the reading began. */
  readonly to: number
}

export interface LogMemberOptions {
  readonly log: Pick<LogReader, 'fetch' | 'logBounds'>
  readonly parts: readonly PartToRead[]
  /** By topic. */
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly maxFetchBytes: number
  /** Repeats a call that may be repeated. */
  readonly repeat: <T>(op: string, call: () => Promise<T>) => Promise<T>
}

interface Reading extends PartToRead {
  position: number
  isPaused: boolean
  isDone: boolean
}

/** A member would be confirmed so often; here it costs nothing. */
const HEARTBEAT_MS = 500
/** How often a fetch may bring nothing before the log's end is believed to be reached. */
const EMPTY_ANSWERS = 10

const MEMBERSHIP: Membership = { memberId: 'rehearsal', generation: 0, epoch: 1 }

/**
 * Stands in for a member of the group and is none: it reads the logs from outside, is assigned all
 * partitions for good, and keeps what is committed to itself. Each partition begins where it is told,
 * and ends where its log ended then.
 */
export class LogMember implements GroupMember {
  /** Resolves when every partition has been read to its end, or was given up. */
  readonly finished: Promise<void>
  readonly #options: LogMemberOptions
  readonly #readings: ReadonlyMap<string, Reading>
  readonly #finish: () => void
  readonly #committed = new Map<string, OffsetToCommit>()
  #heartbeat: NodeJS.Timeout | undefined
  #wake: () => void = () => {}
  #stopped = false

  constructor(options: LogMemberOptions) {
    this.#options = options
    this.#readings = new Map(
      options.parts.map((part) => {
        const reading = { ...part, position: part.from, isPaused: true, isDone: false }
        return [keyOf(part), { ...reading, isDone: part.from >= part.to }]
      }),
    )
    const { promise, resolve } = Promise.withResolvers<void>()
    this.finished = promise
    this.#finish = resolve
  }

  async start(handlers: GroupHandlers): Promise<void> {
    handlers.assigned(MEMBERSHIP.epoch, this.#options.parts)
    handlers.heartbeat(MEMBERSHIP)
    this.#heartbeat = setInterval(() => handlers.heartbeat(MEMBERSHIP), HEARTBEAT_MS)
    await this.#readAll(handlers)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#change(at, { isPaused: true })
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#change(at, { isPaused: false })
  }

  seek(at: TopicPartition, offset: number): void {
    this.#change(at, { position: offset })
  }

  /** It was stopped, and would be by a sink. */
  giveUp(at: TopicPartition): void {
    this.#change(at, { isDone: true })
  }

  /** Kept here: nobody else hears of it. */
  async commitOffsets(_: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    for (const offset of offsets) this.#committed.set(keyOf(offset), offset)
  }

  /** At first as if somebody had moved the group to where the rehearsal begins. */
  async committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined> {
    const reading = this.#readings.get(keyOf(at))
    const first = reading === undefined ? undefined : { offset: reading.from, metadata: '' }
    return this.#committed.get(keyOf(at)) ?? first
  }

  logBounds(at: TopicPartition): Promise<LogBounds> {
    return this.#options.log.logBounds(at)
  }

  async partitionCount(topic: string): Promise<number> {
    return this.#options.partitionCounts.get(topic) ?? 0
  }

  async topicId(): Promise<string | undefined> {
    return undefined
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#heartbeat)
    this.#wake()
  }

  #change(at: TopicPartition, to: Partial<Reading>): void {
    const reading = this.#readings.get(keyOf(at))
    if (reading !== undefined) Object.assign(reading, to)
    this.#wake()
  }

  async #readAll(handlers: GroupHandlers): Promise<void> {
    while (!this.#stopped) {
      const left = [...this.#readings.values()].filter(({ isDone }) => !isDone)
      if (left.length === 0) break
      const ready = left.filter(({ isPaused }) => !isPaused)
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      for (const reading of ready) await this.#read(reading, handlers)
      if (ready.length === 0) await woken
    }
    this.#finish()
  }

  async #read(reading: Reading, handlers: GroupHandlers): Promise<void> {
    const { log, repeat, maxFetchBytes } = this.#options
    for (let answers = 0; answers < EMPTY_ANSWERS; answers += 1) {
      const { position, isPaused, isDone } = reading
      if (isPaused || isDone || this.#stopped) return
      const fetched = await repeat('fetch', () => log.fetch(reading, position, maxFetchBytes))
      if (reading.isPaused || reading.position !== position) return
      if (fetched === undefined) {
        reading.isPaused = true
        handlers.outOfRange({ topic: reading.topic, partition: reading.partition })
        return
      }
      if (fetched.nextOffset === position) continue
      reading.position = fetched.nextOffset
      handlers.records(fetched)
      reading.isDone ||= reading.position >= reading.to
      return
    }
    reading.isDone = true
  }
}
