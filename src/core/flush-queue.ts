/*
 * From the open buffer to Kafka: a buffer is sealed into a flush; flushes are uploaded side by side,
 * then prepared, committed, published and told to Kafka strictly in order, one at a time.
 */
import { formatMetadata, type Head } from './journal.ts'
import type { Effect } from './partition-events.ts'
import { EMPTY_BUFFER, type RotationTrigger } from './rotation.ts'
import {
  andThen,
  ask,
  close,
  comparing,
  type Flush,
  nextName,
  type Step,
  stop,
  type WriterState,
} from './writer-state.ts'

/** Closes the open buffer; nothing when there was no progress since the last one. */
export function seal(state: WriterState, trigger: RotationTrigger): Step {
  const { position, bufferStart: start, buffer, bufferFlush } = state
  if (position === undefined || position <= start) return [state, []]
  const key = state.names
  const files = buffer.openFiles
  const flush: Flush = {
    key,
    start,
    end: position,
    files,
    trigger,
    id: bufferFlush,
    isCut: bufferFlush !== undefined,
    upload: files === 0 ? 'done' : 'waiting',
  }
  const sealed: WriterState = {
    ...state,
    names: key + 1,
    bufferStart: position,
    buffer: EMPTY_BUFFER,
    bufferFlush: undefined,
    flushes: [...state.flushes, flush],
  }
  return [sealed, [{ do: 'seal', key }]]
}

/** Starts whatever can start now: uploads side by side, the rest for the oldest flush alone. */
export function advance(state: WriterState): Step {
  if (state.phase.kind !== 'writing') return [state, []]
  const [uploading, effects] = startUploads(state)
  if (state.phase.step !== 'idle') return [uploading, effects]
  const [oldest] = uploading.flushes
  if (oldest === undefined) return andThen([uploading, effects], fulfilIntent)
  if (oldest.upload !== 'done') return [uploading, effects]
  if (oldest.files === 0) return andThen([uploading, effects], commit)
  const prepare = { do: 'prepare', key: oldest.key } as const
  return andThen([uploading, effects], (s) =>
    ask(s, { kind: 'writing', step: 'preparing' }, prepare),
  )
}

/** Looked at for each event of each flush, of which there may be a thousand after one fetch. */
function startUploads(state: WriterState): Step {
  const { journal, settings } = state
  let room = settings.maxUploads - countOf(state.flushes, 'uploading')
  if (journal === undefined || room <= 0 || countOf(state.flushes, 'waiting') === 0) {
    return [state, []]
  }
  let named = state
  const effects: Effect[] = []
  const flushes = state.flushes.map((flush): Flush => {
    if (flush.upload !== 'waiting' || room <= 0) return flush
    if (flush.files === 0) return { ...flush, upload: 'done' }
    room -= 1
    // Its segments have that name already.
    const [id, next] = flush.isCut && flush.id !== undefined ? [flush.id, named] : nextName(named)
    named = next
    effects.push({ do: 'upload', key: flush.key, flush: id, base: journal.base })
    return { ...flush, id, upload: 'uploading' }
  })
  return [{ ...named, flushes }, effects]
}

function countOf(flushes: readonly Flush[], upload: Flush['upload']): number {
  let count = 0
  for (const flush of flushes) if (flush.upload === upload) count += 1
  return count
}

export function markUploaded(state: WriterState, key: number, id: string): WriterState {
  const index = uploadingAt(state, key, id)
  const flush = state.flushes[index]
  if (flush === undefined) return state
  return { ...state, flushes: state.flushes.with(index, { ...flush, upload: 'done' }) }
}

export function isUploading(state: WriterState, key: number, id: string): boolean {
  return uploadingAt(state, key, id) !== -1
}

function uploadingAt({ flushes }: WriterState, key: number, id: string): number {
  return flushes.findIndex((f) => f.key === key && f.id === id && f.upload === 'uploading')
}

export function commit(state: WriterState): Step {
  const { head: from, journal, flushes } = state
  const [oldest] = flushes
  if (from === undefined || journal === undefined || oldest === undefined) return [state, []]
  const to: Head = { ...from, seq: from.seq + 1, end: oldest.end, flush: oldest.id }
  const rename = { do: 'commit', base: journal.base, from, to } as const
  return ask(state, { kind: 'writing', step: 'committing' }, rename)
}

export function onCommitted(state: WriterState): Step {
  const { head, journal } = state
  const [oldest] = state.flushes
  if (head === undefined || journal === undefined || oldest === undefined) return [state, []]
  const moved: Head = { ...head, seq: head.seq + 1, end: oldest.end, flush: oldest.id }
  const committed = { ...state, head: moved }
  if (oldest.files === 0) return onPublished(committed)
  const publish = { do: 'publish', base: journal.base, key: oldest.key } as const
  return ask(committed, { kind: 'writing', step: 'publishing' }, publish)
}

export function onPublished(state: WriterState): Step {
  const [oldest] = state.flushes
  if (oldest === undefined) return [state, []]
  const flushes = state.flushes.slice(1)
  const done: WriterState = { ...state, flushes, phase: { kind: 'writing', step: 'idle' } }
  return andThen([done, [finish(oldest), tellKafka(done)]], advance)
}

export function finish(flush: Flush): Effect {
  return { do: 'finish', key: flush.key, end: flush.end, trigger: flush.trigger }
}

export function tellKafka(state: WriterState): Extract<Effect, { do: 'tell-kafka' }> {
  const head = state.head as Head
  const metadata = formatMetadata(state.journal?.journalId ?? '', head.seq)
  return { do: 'tell-kafka', offset: head.end, metadata }
}

function fulfilIntent(state: WriterState): Step {
  const { intent } = state
  if (intent === undefined) return [state, []]
  if (intent === 'recheck') {
    return ask(state, comparing(state), { do: 'read-offsets' })
  }
  if (intent === 'revoked' || intent === 'shutdown') return close(state)
  return stop(state, intent.stop)
}
