/*
 * From an assignment, or from a surprise, to writing: find the journal or make it, claim its token,
 * settle what the last owner left, compare with Kafka. Only the acknowledged claim is trusted: what a
 * read says, or a refusal, may be older than what has been written.
 */
import { advance, finish, seal, tellKafka } from './flush-queue.ts'
import { flushOfTemp, type Head } from './journal.ts'
import { examineJournal } from './journal-check.ts'
import type { Answer, Effect, FoundJournal } from './partition-events.ts'
import { EMPTY_BUFFER } from './rotation.ts'
import {
  decideWithJournal,
  decideWithoutJournal,
  isAheadAndOurs,
  isForeign,
} from './start-position.ts'
import type { StopReason } from './stop-reason.ts'
import {
  andThen,
  ask,
  close,
  type Flush,
  type Intent,
  nextName,
  type Phase,
  type Step,
  stop,
  type WriterState,
} from './writer-state.ts'

export function find(state: WriterState): Step {
  return ask(state, { kind: 'finding' }, { do: 'find-journal', base: state.journal?.base })
}

export function onJournalFound(state: WriterState, found: FoundJournal | undefined): Step {
  if (found === undefined) {
    if (state.journal !== undefined) return stop(state, { reason: 'journal-gone' })
    return ask(state, { kind: 'choosing' }, { do: 'read-offsets' })
  }
  const examined = examineJournal(found, state.settings.identity)
  if (examined.kind === 'unusable') return stop(state, examined.stop)
  const { base, journalId, topicId, head: from } = examined

  const journal = { base, journalId, topicId }
  const [to, named] = nameClaim({ ...state, journal }, from)
  const temps = found.names.filter((name) => flushOfTemp(name) !== undefined)
  return ask(named, { kind: 'claiming', to, temps }, { do: 'claim', base, from, to })
}

function nameClaim(state: WriterState, from: Head): [Head, WriterState] {
  const [writer, named] = nextName(state)
  return [{ ...from, seq: from.seq + 1, writer }, named]
}

export function onClaimed(state: WriterState): Step {
  if (state.phase.kind !== 'claiming' || state.journal === undefined) return [state, []]
  const { to: head, temps } = state.phase
  // Only what stood there before the claim: whatever came later is not ours to judge.
  const stale = temps.filter((name) => flushOfTemp(name) !== head.flush)
  const settle = { do: 'settle', base: state.journal.base, flush: head.flush, stale } as const
  return ask({ ...state, head }, { kind: 'settling' }, settle)
}

/**
 * A failover has undone that it got its name: then it was never a journal, and nothing was done with
 * it. But one that was in its place at an earlier claim was taken away from there.
 */
export function onMisplaced(state: WriterState): Step {
  return state.head === undefined ? surprised(state) : stop(state, { reason: 'journal-gone' })
}

export type OffsetsRead = Extract<Answer, { type: 'offsets-read' }>

export function onOffsetsRead(state: WriterState, found: OffsetsRead, nowMs: number): Step {
  const { settings, phase, head } = state
  if (phase.kind === 'choosing') {
    const decision = decideWithoutJournal({ ...found, startFrom: settings.startFrom })
    // Whoever took the partition from us may have founded the journal since.
    if (decision.kind === 'stop') return stopUnlessPassing(state, decision.stop)
    if (decision.kind !== 'start') return [state, []]
    const [writer, named] = nextName(state)
    const { topicId } = found.log
    const create = { do: 'create-journal', start: decision.at, writer, topicId } as const
    return ask(named, { kind: 'founding' }, create)
  }
  if (phase.kind !== 'comparing' || head === undefined) return [state, []]
  const held = heldAfter(state, head.end)
  const decision = decideWithJournal({
    ...found,
    log: { ...found.log, end: Math.max(found.log.end, readSince(state, phase)) },
    topicId: state.journal?.topicId,
    end: head.end,
    next: held?.position ?? head.end,
    onRetentionGap: settings.onRetentionGap,
    seenBefore: phase.seenBefore,
  })
  if (decision.kind === 'look-again') {
    return [{ ...state, phase: { kind: 'waiting', untilMs: nowMs + settings.lookAgainMs } }, []]
  }
  const isKept = held !== undefined && !held.isCut
  const writesHeld =
    decision.kind === 'stop' && decision.stop.reason === 'retention-passed' && isKept
  if (decision.kind === 'stop' && !writesHeld) {
    // Whoever took the partition from us may have gone on since the claim.
    return isAheadAndOurs(found.committed, head.end)
      ? stopUnlessPassing(state, decision.stop)
      : stop(state, decision.stop)
  }
  if (isForeign(found.committed)) return makeOffsetOurs(state, phase)
  switch (decision.kind) {
    case 'stop':
      return writeHeldThenStop(state, found, decision.stop)
    case 'skip':
      return andThen(startWriting(state, found, held), (s) => skipTo(s, decision.to))
    case 'start':
      return startWriting(state, found, held)
  }
}

/**
 * Kafka must know us before the journal moves on: whoever found the same offset of somebody else
 * behind the journal would take it for a group that was moved.
 */
function makeOffsetOurs(state: WriterState, phase: Comparing): Step {
  if (phase.told) return surprised(state)
  const { offset, metadata } = tellKafka(state)
  const tell = { do: 'tell-and-read-offsets', offset, metadata } as const
  return ask(state, { ...phase, told: true, askedAt: state.position }, tell)
}

/** Records that came while Kafka was asked: the log goes at least as far. */
function readSince({ position }: WriterState, { askedAt }: Comparing): number {
  return askedAt !== undefined && position !== undefined && position > askedAt ? position : 0
}

type Comparing = Extract<Phase, { kind: 'comparing' }>

interface Held {
  readonly flushes: readonly Flush[]
  readonly published: readonly Flush[]
  readonly position: number
  /** Segments of what follows were uploaded under the last claim: it has to be read again. */
  readonly isCut: boolean
}

/** What was read before a surprise and can be kept, as it follows the journal's end without a gap. */
function heldAfter(state: WriterState, end: number): Held | undefined {
  if (state.position === undefined) return undefined
  const flushes = state.flushes.filter((flush) => flush.end > end)
  const begins = flushes[0]?.start ?? state.bufferStart
  if (begins !== end) return undefined
  const published = state.flushes.filter((flush) => flush.end <= end)
  const isCut = state.bufferFlush !== undefined || flushes.some((flush) => flush.isCut)
  if (isCut) return { flushes: [], published, position: end, isCut }
  return { flushes, published, position: state.position, isCut }
}

function startWriting(state: WriterState, found: OffsetsRead, held: Held | undefined): Step {
  const { end } = state.head as Head
  const position = held?.position ?? end
  const isKept = held !== undefined && !held.isCut
  const writing: WriterState = {
    ...state,
    phase: { kind: 'writing', step: 'idle' },
    position,
    bufferStart: isKept ? state.bufferStart : end,
    buffer: isKept ? state.buffer : EMPTY_BUFFER,
    bufferFlush: undefined,
    flushes: held?.flushes ?? [],
    intent: intentAfter(state, held),
  }
  const effects: Effect[] = (held?.published ?? []).map(finish)
  if (!isKept) effects.push({ do: 'discard' })
  const { committed } = found
  if (committed?.offset !== end) effects.push(tellKafka(writing))
  if (writing.intent === undefined) effects.push({ do: 'fetch-from', offset: position })
  return andThen([writing, effects], advance)
}

/**
 * What made it stop is met again where what came before has to be read again: its segments
 * died with a claim, or another owner has written a part of it.
 */
function intentAfter({ intent }: WriterState, held: Held | undefined): Intent | undefined {
  const stops = intent !== undefined && typeof intent === 'object'
  const isReadAgain = held === undefined || held.isCut
  return intent === 'recheck' || (stops && isReadAgain) ? undefined : intent
}

/** What is held cannot be read again: Kafka has it no more. */
function writeHeldThenStop(state: WriterState, found: OffsetsRead, reason: StopReason): Step {
  const intent =
    state.intent === undefined || state.intent === 'recheck' ? { stop: reason } : state.intent
  return andThen(seal({ ...state, intent }, 'stop'), (sealed) =>
    startWriting(sealed, found, heldAfter(sealed, (sealed.head as Head).end)),
  )
}

/** Journals a range that retention has removed: a flush without files. */
function skipTo(state: WriterState, offset: number): Step {
  if (state.phase.kind !== 'writing' || state.intent !== undefined) return [state, []]
  const passed = andThen(seal({ ...state, position: offset }, 'retention-gap'), advance)
  return andThen(passed, (s) => [s, [{ do: 'fetch-from', offset }]])
}

export function surprised(state: WriterState): Step {
  const effects: Effect[] = [{ do: 'cancel-uploads' }]
  if (state.intent === 'revoked') return andThen([state, effects], close)
  // What was uploaded under this claim is not used under the next one.
  const flushes = state.flushes.map(
    (flush): Flush => ({ ...flush, id: undefined, upload: 'waiting' }),
  )
  // Nobody has acknowledged yet that the directory has its name: a failover may have undone that.
  const journal = state.head === undefined ? undefined : state.journal
  // The turn moves on, so that the answer to a question still open is not taken for a later one's.
  const phase = { kind: 'surprised' } as const
  return [{ ...state, phase, journal, turn: state.turn + 1, flushes }, effects]
}

/**
 * For what another owner may have caused while this writer was frozen or lost its partition: it stops
 * only if it is found again, with the journal as it was, after one more heartbeat and claim.
 */
export function stopUnlessPassing(state: WriterState, reason: StopReason): Step {
  const finding = `${reason.reason} at ${state.head?.end}`
  if (state.doubted === finding) return stop(state, reason)
  return surprised({ ...state, doubted: finding })
}
