import { jsonOf } from './json-object.ts'

/** On a journal's directory: who moved the sink last. Replaced each time. */
export const RESET_ATTRIBUTE = 'sink.reset'

/** Who moved a partition, when, from where to where, and why. */
export interface ResetNote {
  /** user@host */
  readonly by: string
  /** ISO 8601, UTC. */
  readonly at: string
  /** Where the journal ended; null where there was none that could be read. */
  readonly from: number | null
  /** Where the group stood; null where it had no offset. */
  readonly fromGroup: number | null
  readonly to: number
  readonly reason: string | null
}

export function formatResetNote(note: ResetNote): string {
  return JSON.stringify(note)
}

/** undefined for a text that is no note: somebody else has written it. */
export function parseResetNote(text: string): ResetNote | undefined {
  const note = jsonOf(text) ?? {}
  const { by, at, from, fromGroup, to, reason } = note
  const isWhole =
    [by, at, reason ?? ''].every((value) => typeof value === 'string') &&
    [from ?? 0, fromGroup ?? 0, to].every((value) => typeof value === 'number')
  return isWhole ? (note as unknown as ResetNote) : undefined
}
