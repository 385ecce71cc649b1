/*
 * The life of a record in one partition, as a pure state machine: no I/O, no clock, no random.
 *
 *   finding --> (choosing --> founding --> finding) --> claiming --> settling --> comparing --> writing
 *      ^                                                                            |  ^          |
 *      |                                                              (waiting) <---+--+          |
 *      +----- surprised <------------- any rename that did not plainly succeed -------------------+
 *
 * finding, choosing, founding   the journal is looked for, and made when there is none
 * claiming                      the token is renamed: from its acknowledgement on nobody else commits
 * settling                      the last committed flush is published to its end
 * comparing                     the journal's end is compared with Kafka's offsets and the log
 * writing                       records are buffered; sealed buffers (flushes) are uploaded side by
 *                               side, then prepared, committed, published strictly in order
 * surprised                     decide nothing; after a heartbeat, begin again at finding
 * stopped, closed               the partition alone; nothing is held any more
 *
 * A flush is committed by one rename of the token, from the name that the claim or the last commit
 * gave it. Whoever lost the partition does not know the present name, so exactly one can succeed.
 */
import {
  advance,
  commit,
  isUploading,
  markUploaded,
  onCommitted,
  onPublished,
  seal,
} from './flush-queue.ts'
import type { Answer, WriterEvent } from './partition-events.ts'
import {
  find,
  onClaimed,
  onJournalFound,
  onMisplaced,
  onOffsetsRead,
  stopUnlessPassing,
  surprised,
} from './recovery.ts'
import { type BufferSize, EMPTY_BUFFER, rotationDeadlineMs, rotationTrigger } from './rotation.ts'
import { cut, isOfUse } from './segments.ts'
import {
  andThen,
  ask,
  close,
  comparing,
  type Intent,
  type Step,
  stop,
  type WriterSettings,
  type WriterState,
} from './writer-state.ts'

export type { Flush, Phase, Step, WriterSettings, WriterState } from './writer-state.ts'

/** A partition was assigned. */
export function begin(settings: WriterSettings): Step {
  const state: WriterState = {
    settings,
    phase: { kind: 'finding' },
    turn: 0,
    journal: undefined,
    head: undefined,
    position: undefined,
    bufferStart: 0,
    buffer: EMPTY_BUFFER,
    bufferFlush: undefined,
    joins: true,
    flushes: [],
    names: 0,
    intent: undefined,
    doubted: undefined,
  }
  return find(state)
}

export function step(state: WriterState, event: WriterEvent, nowMs: number): Step {
  if (state.phase.kind === 'closed') return [state, []]
  if ('turn' in event) {
    if (event.turn !== state.turn) return [state, []]
    // The turn moves on, so that no answer counts twice.
    return onAnswer({ ...state, turn: state.turn + 1 }, event, nowMs)
  }
  switch (event.type) {
    case 'read':
      return onRead(state, event.position, event.size, nowMs)
    case 'tick':
      return onTick(state, nowMs)
    case 'memory-short':
      return cut(state) ?? andThen(seal(state, 'memory'), advance)
    case 'segment-full':
      return cut(state) ?? [state, []]
    case 'segment-surprised':
      return isOfUse(state, event.flush) ? surprised(state) : [state, []]
    case 'join-refused':
      if (!isUploading(state, event.key, event.flush)) return [state, []]
      return surprised({ ...state, joins: false })
    case 'uploaded':
      return andThen([markUploaded(state, event.key, event.flush), []], advance)
    case 'upload-surprised':
      return isUploading(state, event.key, event.flush) ? surprised(state) : [state, []]
    case 'heartbeat':
      return state.phase.kind === 'surprised' ? find(state) : [state, []]
    case 'out-of-range':
      return finishWith(state, 'recheck')
    case 'cannot-write':
      return finishWith(state, { stop: event.stop })
    case 'cannot-go-on':
      return state.phase.kind === 'stopped' ? [state, []] : stop(state, event.stop)
    case 'revoked':
    case 'drain':
      return leave(state, event.type === 'drain' ? 'shutdown' : 'revoked')
  }
}

/** Whether records read now would be kept. */
export function accepts(state: WriterState): boolean {
  const { kind } = state.phase
  return (
    state.position !== undefined &&
    state.intent === undefined &&
    kind !== 'stopped' &&
    kind !== 'closed'
  )
}

/** When a `tick` is due; undefined: not before another event. */
export function wakeAtMs(state: WriterState): number | undefined {
  if (state.phase.kind === 'waiting') return state.phase.untilMs
  if (!accepts(state) || isBehind(state)) return undefined
  return rotationDeadlineMs(state.buffer, state.settings.rotation)
}

/** Small files made by the clock would only wait behind others: the buffer grows instead. */
function isBehind({ flushes, settings }: WriterState): boolean {
  return flushes.length > settings.maxUploads
}

function onAnswer(state: WriterState, answer: Answer, nowMs: number): Step {
  switch (answer.type) {
    case 'journal-found':
      return onJournalFound(state, answer.journal)
    case 'journal-created':
      return find(state)
    case 'offsets-read':
      return onOffsetsRead(state, answer, nowMs)
    case 'claimed':
      return onClaimed(state)
    case 'misplaced':
      return onMisplaced(state)
    case 'settled':
      return ask(state, comparing(state), { do: 'read-offsets' })
    case 'prepared':
      return commit(state)
    case 'committed':
      return onCommitted(state)
    case 'published':
      return onPublished(state)
    case 'path-taken':
      // Perhaps by the owner after us, who wrote the same range.
      return stopUnlessPassing(state, { reason: 'path-taken', path: answer.path })
    case 'refused':
      return stop(state, answer.stop)
    case 'surprised':
      return surprised(state)
  }
}

function onRead(
  state: WriterState,
  position: number,
  size: Omit<BufferSize, 'sinceMs'>,
  nowMs: number,
): Step {
  if (!accepts(state)) return [state, []]
  const buffer = { ...size, sinceMs: state.buffer.sinceMs ?? nowMs }
  return rotateWhenDue({ ...state, position, buffer }, nowMs)
}

function onTick(state: WriterState, nowMs: number): Step {
  if (state.phase.kind === 'waiting') {
    if (nowMs < state.phase.untilMs) return [state, []]
    return ask(state, { ...comparing(state), seenBefore: true }, { do: 'read-offsets' })
  }
  return accepts(state) ? rotateWhenDue(state, nowMs) : [state, []]
}

function rotateWhenDue(state: WriterState, nowMs: number): Step {
  const trigger = rotationTrigger(state.buffer, state.settings.rotation, nowMs)
  const waits = trigger === undefined || (trigger === 'interval' && isBehind(state))
  return waits ? [state, []] : andThen(seal(state, trigger), advance)
}

/** Seals what is buffered and, when all of it is published, does what is intended. */
function finishWith(state: WriterState, intent: Exclude<Intent, 'revoked' | 'shutdown'>): Step {
  if (state.phase.kind === 'stopped' || state.intent !== undefined) return [state, []]
  const [sealed, effects] = seal(state, intent === 'recheck' ? 'recheck' : 'stop')
  return andThen([{ ...sealed, intent }, effects], advance)
}

function leave(state: WriterState, intent: 'revoked' | 'shutdown'): Step {
  if (state.phase.kind === 'stopped') return close(state)
  const leaving = { ...state, intent: state.intent === 'revoked' ? state.intent : intent }
  const [sealed, effects] = seal(leaving, intent)
  // A revoked writer must not claim again; one that shuts down may, to save what it holds.
  const mayRecover = intent === 'shutdown' && sealed.flushes.length > 0
  if (sealed.phase.kind !== 'writing' && !mayRecover) return andThen([sealed, effects], close)
  return andThen([sealed, effects], advance)
}
