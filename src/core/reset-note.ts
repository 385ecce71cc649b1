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

export function parseResetNote(text: string): ResetNote {
  return JSON.parse(text) as ResetNote
}
