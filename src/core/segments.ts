/*
 * What is buffered may be more than memory holds, or than one upload should carry: parts of it go to
 * HDFS before the buffer is sealed, as temp files of the flush that it will be, and are joined to
 * one file then. They are nowhere else from then on, and are of use only under the claim that they
 * were uploaded under: after a surprise their records are read again.
 */
import type { Step, WriterState } from './writer-state.ts'
import { nextName } from './writer-state.ts'

/** Uploads what the open files hold; undefined where that is not possible now. */
export function cut(state: WriterState): Step | undefined {
  const { journal, phase, buffer, joins } = state
  if (!joins || journal === undefined || phase.kind !== 'writing') return undefined
  if (buffer.records === 0) return undefined
  const [flush, named] =
    state.bufferFlush === undefined ? nextName(state) : [state.bufferFlush, state]
  return [{ ...named, bufferFlush: flush }, [{ do: 'cut', flush, base: journal.base }]]
}

/** Whether segments of this flush are still going to be joined. */
export function isOfUse({ bufferFlush, flushes, phase }: WriterState, flush: string): boolean {
  if (phase.kind !== 'writing') return false
  return (
    flush === bufferFlush || flushes.some(({ id, upload }) => id === flush && upload !== 'done')
  )
}
