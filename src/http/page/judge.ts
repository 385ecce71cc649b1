import type { SinkState, StatusCheck, StatusPartition } from './status-document.ts'

export interface Found {
  /** Of /readyz. */
  readonly checks: readonly StatusCheck[]
  /** Of /livez. */
  readonly live: readonly StatusCheck[]
  readonly isDraining: boolean
  /** Whether a worker was ever a member of the group. */
  readonly hasJoined: boolean
  readonly partitions: readonly StatusPartition[]
  /** What was read before is late: its file should be there by now. */
  readonly lateBeforeMs: number
}

const MOST_NAMES = 3

/** The state of the whole, and why it is not well. */
export function judge(found: Found): { readonly state: SinkState; readonly reasons: string[] } {
  const { checks, live, isDraining, hasJoined } = found
  const failing = [...live, ...checks].filter(({ ok }) => !ok)
  const broken = failing.map(({ name, reason }) => `${name}: ${reason}`)
  const reasons = [...broken, ...troubleOf(found)]
  if (isDraining) return { state: 'stopping', reasons }
  if (failing.length > 0) return { state: hasJoined ? 'not-ready' : 'starting', reasons }
  return { state: reasons.length > 0 ? 'attention' : 'moving', reasons }
}

function troubleOf({ partitions, lateBeforeMs }: Found): string[] {
  const of = (state: StatusPartition['state']) => partitions.filter((row) => row.state === state)
  const [stopped, paused, recovering] = [of('stopped'), of('paused'), of('recovering')]
  const late = partitions.filter(({ oldestMs }) => oldestMs !== null && oldestMs < lateBeforeMs)
  return [
    ...(late.length > 0
      ? [`${counted(late)} late: what was read should be in files by now: ${namesOf(late)}`]
      : []),
    ...(stopped.length > 0
      ? [`${counted(stopped)} stopped and waiting for somebody to decide: ${namesOf(stopped)}`]
      : []),
    ...(recovering.length > 0
      ? [`${counted(recovering)} looking at the journal again: ${namesOf(recovering)}`]
      : []),
    ...(paused.length > 0
      ? [`${counted(paused)} not read for now, as HDFS or the memory budget does not keep up`]
      : []),
  ]
}

function counted({ length }: readonly unknown[]): string {
  return length === 1 ? '1 partition is' : `${length} partitions are`
}

function namesOf(rows: readonly StatusPartition[]): string {
  const names = rows.slice(0, MOST_NAMES).map(({ topic, partition }) => `${topic}-${partition}`)
  const more = rows.length - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}
