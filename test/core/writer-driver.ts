import type { Head } from '../../src/core/journal.ts'
import type { Answer, Effect, FoundJournal, Question } from '../../src/core/partition-events.ts'
import {
  begin,
  type Step,
  step,
  type WriterSettings,
  type WriterState,
} from '../../src/core/partition-writer.ts'
import type { CommittedOffset, LogBounds } from '../../src/core/ports.ts'

export const SETTINGS: WriterSettings = {
  identity: { clusterId: 'cluster', topic: 'topic', group: 'group' },
  writer: 'me',
  rotation: { records: 10, bytes: 1_000, intervalMs: 60_000, openFiles: 3 },
  startFrom: 'earliest',
  onRetentionGap: 'stop',
  maxUploads: 2,
  lookAgainMs: 5_000,
}

export const JOURNAL = { ...SETTINGS.identity, journalId: 'j' }
export const BASE = '/.reserved/.inodes/7'

type AnswerWithoutTurn = Answer extends infer A
  ? A extends Answer
    ? Omit<A, 'turn'>
    : never
  : never

/** A listing of the journal with this token. */
export function journalWith(head: string, ...temps: string[]): FoundJournal {
  return { base: BASE, identity: JOURNAL, names: [head, ...temps] }
}

/** Drives the pure writer: answers its questions and keeps what it asked for last. */
export class WriterDriver {
  state: WriterState
  /** Of the last event. */
  effects: readonly Effect[] = []
  /** Of all events. */
  readonly all: Effect[] = []
  nowMs = 0

  constructor(settings: Partial<WriterSettings> = {}) {
    const first = begin({ ...SETTINGS, ...settings })
    this.state = first[0]
    this.take(first)
  }

  get phase(): string {
    return this.state.phase.kind
  }

  /** What the last event made it do, in short. */
  get did(): string[] {
    return this.effects.map((effect) => effect.do)
  }

  /** The last effect of this kind, of the last event. */
  effect<K extends Effect['do']>(what: K): Extract<Effect, { do: K }> {
    const found = this.effects.findLast((effect) => effect.do === what)
    if (found === undefined) throw new Error(`expected ${what}, found ${this.did.join()}`)
    return found as Extract<Effect, { do: K }>
  }

  send(event: Parameters<typeof step>[1]): this {
    return this.take(step(this.state, event, this.nowMs))
  }

  /** Answers the question that was asked last. */
  answer(answer: AnswerWithoutTurn): this {
    return this.send({ ...answer, turn: this.state.turn } as Answer)
  }

  offsets(
    found: Partial<{ committed: CommittedOffset; log: LogBounds; addedLater: boolean }> = {},
  ) {
    const { committed, log = { start: 0, end: 1_000 }, addedLater = false } = found
    return this.answer({ type: 'offsets-read', committed, log, addedLater })
  }

  /** Answers find-journal, claim, settle and read-offsets. */
  recover(head = 'head.3.0.-.other', ...temps: string[]): this {
    this.answer({ type: 'journal-found', journal: journalWith(head, ...temps) })
    return this.answer({ type: 'claimed' }).answer({ type: 'settled' }).offsets()
  }

  /** Records up to `position` are in the open buffer now. */
  read(
    position: number,
    size: Partial<{ records: number; bytes: number; openFiles: number }> = {},
  ) {
    const records = position - this.state.bufferStart
    return this.send({
      type: 'read',
      position,
      size: { records, bytes: records, openFiles: Math.min(records, 1), ...size },
    })
  }

  uploaded(key = this.state.flushes[0]?.key ?? -1): this {
    const flush = this.state.flushes.find((one) => one.key === key)?.id ?? ''
    return this.send({ type: 'uploaded', key, flush })
  }

  /** Prepares, commits and publishes the oldest flush, which is uploaded. */
  publish(): this {
    return this.answer({ type: 'prepared' })
      .answer({ type: 'committed' })
      .answer({ type: 'published' })
  }

  private take([state, effects]: Step): this {
    this.state = state
    this.effects = effects
    this.all.push(...effects)
    return this
  }
}

/** A writer that reads from the journal's end. */
export function writing(settings: Partial<WriterSettings> = {}): WriterDriver {
  return new WriterDriver(settings).recover()
}

export function head(seq: number, end: number, flush: string | undefined, writer: string): Head {
  return { seq, end, flush, writer }
}

export function isQuestion(effect: Effect): effect is Question {
  return 'turn' in effect
}
