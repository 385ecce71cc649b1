/** Of one flush at once, where record time is in the path: as many files has a flush at most. */
export const MOST_OPEN_FILES = 100

/** When a partition's buffer is closed and written; whichever limit is reached first. */
export interface RotationPolicy {
  readonly records: number
  readonly bytes: number
  /** Since the oldest buffered record arrived. */
  readonly intervalMs: number
  /** Files that one flush may have open at once, where record time is in the path. */
  readonly openFiles: number
}

/** Why a buffer was closed. */
export type RotationTrigger =
  | 'records'
  | 'bytes'
  | 'interval'
  | 'open-files'
  | 'memory'
  | 'revoked'
  | 'shutdown'
  | 'stop'
  | 'recheck'
  | 'retention-gap'

/** What rotation needs to know of a buffer. */
export interface BufferSize {
  readonly records: number
  readonly bytes: number
  readonly openFiles: number
  /** When the first record, or the first progress without a record, arrived; undefined when empty. */
  readonly sinceMs: number | undefined
}

export const EMPTY_BUFFER: BufferSize = { records: 0, bytes: 0, openFiles: 0, sinceMs: undefined }

/** The limit that this buffer has reached, if any. */
export function rotationTrigger(
  buffer: BufferSize,
  policy: RotationPolicy,
  nowMs: number,
): RotationTrigger | undefined {
  if (buffer.sinceMs === undefined) return undefined
  if (buffer.records >= policy.records) return 'records'
  if (buffer.bytes >= policy.bytes) return 'bytes'
  if (buffer.openFiles >= policy.openFiles) return 'open-files'
  if (nowMs >= buffer.sinceMs + policy.intervalMs) return 'interval'
  return undefined
}

/** When the interval will close this buffer; undefined while it is empty. */
export function rotationDeadlineMs(buffer: BufferSize, policy: RotationPolicy): number | undefined {
  return buffer.sinceMs === undefined ? undefined : buffer.sinceMs + policy.intervalMs
}
