import type { Effect } from '../../src/core/partition-events.ts'
import type { Flush, step, WriterState } from '../../src/core/partition-writer.ts'

/*
 * Known-bad variants of the protocol, as wrappers around the writer's step: what they break must be
 * noticed, or the checks are worth nothing.
 */

type StepFunction = typeof step
export type Mutation = (real: StepFunction) => StepFunction

export const unchanged: Mutation = (real) => real

/** Goes on with the token as it was found, as if it had been renamed. */
const withoutClaim: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const claim = effects.find((effect) => effect.do === 'claim')
  if (claim === undefined || state.phase.kind !== 'claiming') return [state, effects]
  const pretended: WriterState = { ...state, phase: { ...state.phase, to: claim.from } }
  const [next, more] = real(pretended, { type: 'claimed', turn: claim.turn }, nowMs)
  return [next, [...effects.filter((effect) => effect !== claim), ...more]]
}

/** After a surprise takes what was uploaded under the last claim for good. */
const tempsReused: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  if (state.phase.kind !== 'surprised' || before.phase.kind === 'surprised') return [state, effects]
  const flushes = state.flushes.map((flush): Flush => {
    const old = before.flushes.find(({ key }) => key === flush.key)
    return old?.upload === 'done' ? old : flush
  })
  return [{ ...state, flushes }, effects]
}

/** Takes a flush for published as soon as it is committed, so that the next one may be. */
const publishNotAwaited: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const publish = effects.find((effect) => effect.do === 'publish')
  if (publish === undefined) return [state, effects]
  const [next, more] = real(state, { type: 'published', turn: publish.turn }, nowMs)
  // The runner needs the flush for as long as it publishes.
  return [next, [...effects, ...more.filter((effect) => effect.do !== 'finish')]]
}

/** Tells Kafka of a flush before its files are visible. */
const kafkaToldEarly: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const publish = effects.find((effect) => effect.do === 'publish')
  if (publish === undefined || state.head === undefined) return [state, effects]
  const metadata = 'kafka-hdfs-sink journal=early seq=0'
  const tell: Effect = { do: 'tell-kafka', offset: state.head.end, metadata }
  return [state, [tell, ...effects]]
}

/** Takes what an owner before left committed, but not published, for published. */
const notSettled: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const settle = effects.find((effect) => effect.do === 'settle')
  if (settle === undefined) return [state, effects]
  const [next, more] = real(state, { type: 'settled', turn: settle.turn }, nowMs)
  return [next, [...effects.filter((effect) => effect !== settle), ...more]]
}

/** Takes any answer to a commit for a success. */
const surpriseIgnored: Mutation = (real) => (before, event, nowMs) => {
  const { phase } = before
  const committing = phase.kind === 'writing' && phase.step === 'committing'
  if (event.type !== 'surprised' || !committing) return real(before, event, nowMs)
  return real(before, { type: 'committed', turn: event.turn }, nowMs)
}

/** After a surprise keeps what is held, wherever the journal stands by now. */
export const heldDataKept: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  const dropped = before.phase.kind === 'comparing' && before.position !== undefined
  if (!dropped || state.phase.kind !== 'writing') return [state, effects]
  const { position, buffer, bufferStart, flushes } = before
  const kept = effects.filter((effect) => effect.do !== 'discard' && effect.do !== 'fetch-from')
  return [{ ...state, position, buffer, bufferStart, flushes }, kept]
}

/** Claims again at once, without waiting for a heartbeat. */
export const heartbeatNotAwaited: Mutation = (real) => (before, event, nowMs) => {
  const [state, effects] = real(before, event, nowMs)
  if (state.phase.kind !== 'surprised') return [state, effects]
  const [next, more] = real(state, { type: 'heartbeat' }, nowMs)
  return [next, [...effects, ...more]]
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'skips the claim': withoutClaim,
  'reuses temp files of an older claim': tempsReused,
  'commits while the last publish is unfinished': publishNotAwaited,
  'tells Kafka before the files are visible': kafkaToldEarly,
  'does not settle what an owner before left': notSettled,
  'takes a surprise for a success': surpriseIgnored,
}
