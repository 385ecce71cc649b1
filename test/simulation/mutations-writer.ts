import type { Question } from '../../src/core/partition-events.ts'
import type { Flush, step, WriterState } from '../../src/core/partition-writer.ts'

/*
 * Known-bad variants of the partition writer, as wrappers around its step.
 */

type StepFunction = typeof step
export type WriterMutation = (real: StepFunction) => StepFunction

export const unchanged: WriterMutation = (real) => real

/** Goes on with the token as it was found, as if it had been renamed. */
const withoutClaim: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const claim = effects.find((effect) => effect.do === 'claim')
  if (claim === undefined || state.phase.kind !== 'claiming') return [state, effects]
  const pretended: WriterState = { ...state, phase: { ...state.phase, to: claim.from } }
  const [next, more] = real(pretended, { type: 'claimed', turn: claim.turn }, nowMs)
  return [next, [...effects.filter((effect) => effect !== claim), ...more]]
}

/** After a surprise takes what was uploaded under the last claim for good. */
const tempsReused: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  if (state.phase.kind !== 'surprised' || before.phase.kind === 'surprised') return [state, effects]
  const flushes = state.flushes.map((flush): Flush => {
    const old = before.flushes.find(({ key }) => key === flush.key)
    return old?.upload === 'done' ? old : flush
  })
  return [{ ...state, flushes }, effects]
}

/** Takes a flush for published as soon as it is committed, so that the next one may be. */
const publishNotAwaited: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const publish = effects.find((effect) => effect.do === 'publish')
  if (publish === undefined) return [state, effects]
  const [next, more] = real(state, { type: 'published', turn: publish.turn }, nowMs)
  // The runner needs the flush for as long as it publishes.
  return [next, [...effects, ...more.filter((effect) => effect.do !== 'finish')]]
}

/** Tells Kafka of a flush before its files are visible. */
const kafkaToldEarly: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const publish = effects.find((effect) => effect.do === 'publish')
  if (publish === undefined || state.head === undefined) return [state, effects]
  const metadata = 'kafka-hdfs-sink journal=early seq=0'
  return [state, [{ do: 'tell-kafka', offset: state.head.end, metadata }, ...effects]]
}

/** Takes what an owner before left committed, but not published, for published. */
const notSettled: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const settle = effects.find((effect) => effect.do === 'settle')
  if (settle === undefined) return [state, effects]
  const [next, more] = real(state, { type: 'settled', turn: settle.turn }, nowMs)
  return [next, [...effects.filter((effect) => effect !== settle), ...more]]
}

/** Takes any answer to a question of this step for a success. */
export function surpriseIgnored(step: 'committing' | 'publishing'): WriterMutation {
  return (real) => (before, event, nowMs) => {
    const { phase } = before
    const asked = phase.kind === 'writing' && phase.step === step
    if (event.type !== 'surprised' || !asked) return real(before, event, nowMs)
    const type = step === 'committing' ? 'committed' : 'published'
    return real(before, { type, turn: event.turn }, nowMs)
  }
}

/** After a surprise keeps what is held, wherever the journal stands by now. */
export const heldDataKept: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const dropped = before.phase.kind === 'comparing' && before.position !== undefined
  if (!dropped || state.phase.kind !== 'writing' || before.flushes.length === 0) {
    return [state, effects]
  }
  const { position, buffer, bufferStart, flushes } = before
  const others = effects.filter(
    ({ do: what }) => !['discard', 'fetch-from', 'upload', 'finish'].includes(what),
  )
  const kept: WriterState = { ...state, position, buffer, bufferStart, flushes }
  const [next, more] = real(kept, { type: 'tick' }, nowMs)
  return [next, [...others, ...more]]
}

/** After a surprise goes on with segments that were uploaded under the last claim. */
export const segmentsKept: WriterMutation = (real) => (before, event, nowMs) => {
  const uncut: WriterState = {
    ...before,
    bufferFlush: undefined,
    flushes: before.flushes.map((flush): Flush => ({ ...flush, isCut: false })),
  }
  return real(before.phase.kind === 'comparing' ? uncut : before, event, nowMs)
}

/** Decides anew where `latest` is as long as nothing was committed. */
export const startNotJournaled: WriterMutation = (real) => (before, event, nowMs) => {
  const { head } = before
  const fresh = event.type === 'offsets-read' && before.phase.kind === 'comparing'
  if (!fresh || head === undefined || head.flush !== undefined) return real(before, event, nowMs)
  return real({ ...before, head: { ...head, end: event.log.end } }, event, nowMs)
}

/** Deletes whatever was found, also what belongs to the last committed flush. */
export const carriedFlushSwept: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  if (before.phase.kind !== 'claiming') return [state, effects]
  const stale = before.phase.temps
  const swept = effects.map((effect) =>
    effect.do === 'settle' ? ({ ...effect, flush: undefined, stale } as Question) : effect,
  )
  return [state, swept]
}

/** Claims again at once, without waiting for a heartbeat: two owners may duel for ever. */
export const heartbeatNotAwaited: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  if (state.phase.kind !== 'surprised') return [state, effects]
  const [next, more] = real(state, { type: 'heartbeat' }, nowMs)
  return [next, [...effects, ...more]]
}

/** After a surprise stops at a record, whether what came before it has to be read again or not. */
export const stopKept: WriterMutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const { intent } = before
  const stops = typeof intent === 'object' && before.phase.kind === 'comparing'
  if (!stops || state.phase.kind !== 'writing' || state.intent !== undefined) {
    return [state, effects]
  }
  const others = effects.filter(({ do: what }) => what !== 'fetch-from')
  // Nothing is buffered: it does what it intends.
  const [next, more] = real({ ...state, intent }, { type: 'memory-short' }, nowMs)
  return [next, [...others, ...more]]
}

/** Those that a model of a single writer notices too. */
export const WRITER_MUTATIONS: Readonly<Record<string, WriterMutation>> = {
  'skips the claim': withoutClaim,
  'reuses temp files of an older claim': tempsReused,
  'commits while the last publish is unfinished': publishNotAwaited,
  'tells Kafka before the files are visible': kafkaToldEarly,
  'does not settle what an owner before left': notSettled,
  'takes any answer to a commit for a success': surpriseIgnored('committing'),
}
