/** The state of one partition's writer, and the few moves that every part of it makes. */
import type { Head, JournalIdentity } from './journal.ts'
import type { Effect, Question } from './partition-events.ts'
import {
  type BufferSize,
  EMPTY_BUFFER,
  type RotationPolicy,
  type RotationTrigger,
} from './rotation.ts'
import type { StopReason } from './stop-reason.ts'

export interface WriterSettings {
  readonly identity: Omit<JournalIdentity, 'journalId'>
  /** Unique in the world, [a-z0-9]: every name that this writer makes begins with it. */
  readonly writer: string
  readonly rotation: RotationPolicy
  readonly startFrom: 'earliest' | 'latest'
  readonly onRetentionGap: 'stop' | 'skip'
  /** Flushes of this partition that may be uploading at once. */
  readonly maxUploads: number
  /** Pause before an offset beyond the log's end is believed. */
  readonly lookAgainMs: number
}

export type Phase =
  | { readonly kind: 'finding' | 'choosing' | 'founding' | 'settling' | 'surprised' | 'closed' }
  | { readonly kind: 'claiming'; readonly to: Head; readonly temps: readonly string[] }
  | {
      readonly kind: 'comparing'
      /** The log's end was too low when it was read a pause ago. */
      readonly seenBefore: boolean
      /** Kafka was told the journal's end, in place of somebody else's offset. */
      readonly told: boolean
      /** How far it had read when Kafka was asked; the answer may not know of what came since. */
      readonly askedAt: number | undefined
    }
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'writing'; readonly step: 'idle' | 'preparing' | 'committing' | 'publishing' }
  | { readonly kind: 'stopped'; readonly stop: StopReason }

/** The journal is claimed and settled: does it fit with Kafka? */
export function comparing({ position }: WriterState) {
  return { kind: 'comparing', seenBefore: false, told: false, askedAt: position } as const
}

/** A sealed buffer: the offsets [start, end) on their way to HDFS. */
export interface Flush {
  readonly key: number
  readonly start: number
  readonly end: number
  /** 0: only progress, nothing to upload. */
  readonly files: number
  readonly trigger: RotationTrigger
  /** Name of its temp files; a new one for every claim. */
  readonly id: string | undefined
  /** Segments of it are nowhere but on HDFS: after another claim it has to be read again. */
  readonly isCut: boolean
  readonly upload: 'waiting' | 'uploading' | 'done'
}

/** What happens when everything sealed is published. */
export type Intent = 'recheck' | 'revoked' | 'shutdown' | { readonly stop: StopReason }

interface JournalInUse {
  readonly base: string
  readonly journalId: string
  readonly topicId: string | undefined
}

export interface WriterState {
  readonly settings: WriterSettings
  readonly phase: Phase
  /** The number of the last question: answers to earlier ones are ignored. */
  readonly turn: number
  readonly journal: JournalInUse | undefined
  readonly head: Head | undefined
  /** Next offset to read; undefined until the first claim is settled. */
  readonly position: number | undefined
  /** Where the open buffer begins. */
  readonly bufferStart: number
  readonly buffer: BufferSize
  /** The name of the flush that the open buffer will be, once segments of it were cut. */
  readonly bufferFlush: string | undefined
  /** HDFS joins files: false once it has refused to. */
  readonly joins: boolean
  /** Oldest first, without gaps between them or before the buffer. */
  readonly flushes: readonly Flush[]
  /** The number of the next name, and of the next flush: grows, and never starts anew. */
  readonly names: number
  readonly intent: Intent | undefined
  /** What would stop the partition, if the next claim did not show that another owner caused it. */
  readonly doubted: string | undefined
}

export type Step = readonly [WriterState, readonly Effect[]]

type QuestionWithoutTurn = Question extends infer Q
  ? Q extends Question
    ? Omit<Q, 'turn'>
    : never
  : never

export function ask(state: WriterState, phase: Phase, question: QuestionWithoutTurn): Step {
  const turn = state.turn + 1
  return [{ ...state, phase, turn }, [{ ...question, turn } as Question]]
}

export function andThen(first: Step, next: (state: WriterState) => Step): Step {
  const [state, effects] = next(first[0])
  return [state, [...first[1], ...effects]]
}

export function nextName(state: WriterState): [string, WriterState] {
  return [`${state.settings.writer}-${state.names}`, { ...state, names: state.names + 1 }]
}

export function stop(state: WriterState, reason: StopReason): Step {
  const stopped: WriterState = {
    ...emptied(state),
    phase: { kind: 'stopped', stop: reason },
    turn: state.turn + 1,
  }
  const effects: Effect[] = [
    { do: 'cancel-uploads' },
    { do: 'discard' },
    { do: 'report-stop', stop: reason },
  ]
  const leaving = state.intent === 'revoked' || state.intent === 'shutdown'
  return leaving ? andThen([stopped, effects], close) : [stopped, effects]
}

export function close(state: WriterState): Step {
  return [{ ...emptied(state), phase: { kind: 'closed' } }, [{ do: 'discard' }, { do: 'close' }]]
}

function emptied(state: WriterState): WriterState {
  const buffer = { buffer: EMPTY_BUFFER, bufferFlush: undefined }
  return { ...state, ...buffer, flushes: [], position: undefined }
}
