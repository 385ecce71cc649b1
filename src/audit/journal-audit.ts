import {
  flushOfTemp,
  type Head,
  inodePath,
  journalDirectory,
  STAMP_ATTRIBUTE,
  type Stamp,
  stampIn,
  unreadable,
} from '../core/journal.ts'
import { type JournalView, NO_JOURNAL, outlookOf, viewJournal } from '../core/journal-view.ts'
import type { CommittedOffset, FileStatus, LogBounds } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { ResetNote } from '../core/reset-note.ts'
import { explainStop, type StopReason } from '../core/stop-reason.ts'
import { type AuditContext, identityOf } from './context.ts'
import { patiently } from './patience.ts'

/** How long a log that seems too short is given. */
const LOOK_AGAIN_MS = 3_000

/** A partition as it stood when its audit began: what came later is not judged. */
export interface Baseline {
  readonly at: TopicPartition
  readonly committed: CommittedOffset | undefined
  readonly log: LogBounds
  /** undefined where there is no journal, or none that can be read. */
  readonly head: Head | undefined
  /** The first offset that the journal answers for, where it says so. */
  readonly start: number | undefined
  readonly reset: ResetNote | undefined
  /** Files of the last flush that are committed and do not have their final names yet. */
  readonly unpublished: readonly Stamp[]
}

/** A journal, read without touching it. */
export interface JournalNow extends JournalView {
  /** By its inode; '' where there is none. */
  readonly base: string
  readonly head: Head | undefined
  readonly temps: readonly FileStatus[]
}

/**
 * The group's offset first, then the journal, then the log: each may only be ahead of the one
 * before, also while a sink is running.
 */
export async function readBaseline(context: AuditContext, at: TopicPartition): Promise<Baseline> {
  const committed = await patiently(() => context.log.committedOffset(at))
  const journal = await readJournal(context, at)
  const log = await patiently(() => context.log.logBounds(at))
  const { base, head, temps, state, reset } = journal
  await judge(context, at, { committed, state, log })
  const flush = head?.flush
  const carried = temps.filter(({ name }) => flush !== undefined && flushOfTemp(name) === flush)
  const unpublished: Stamp[] = []
  let damaged = 0
  for (const { name } of carried) {
    const attributes = await patiently(() => context.files.getXattrs(`${base}/${name}`))
    const stamp = attributes && stampIn(attributes)
    if (stamp === 'unreadable') {
      damaged += 1
      problemOf(context, at, {
        reason: 'journal-damaged',
        found: unreadable(STAMP_ATTRIBUTE, name),
      })
    } else if (stamp !== undefined) unpublished.push(stamp)
  }
  noteTemps(context, at, unpublished, temps.length - unpublished.length - damaged)
  const start = state.kind === 'sound' ? state.start : undefined
  return { at, committed, log, head, start, reset, unpublished }
}

const NOTHING: JournalNow = { ...NO_JOURNAL, base: '', head: undefined, temps: [] }

export async function readJournal(context: AuditContext, at: TopicPartition): Promise<JournalNow> {
  const { files, root, group } = context
  return await patiently(async () => {
    const status = await files.status(journalDirectory(root, group, at))
    if (status === undefined) return NOTHING
    const base = inodePath(status.fileId)
    const attributes = await files.getXattrs(base)
    const entries = await files.list(base)
    if (attributes === undefined || entries === undefined) return NOTHING
    const names = entries.map(({ name }) => name)
    const view = viewJournal({ base, attributes, names }, identityOf(context, at.topic))
    const head = view.state.kind === 'sound' ? view.state.head : undefined
    const temps = entries.filter(({ name }) => flushOfTemp(name) !== undefined)
    return { ...view, base, head, temps }
  })
}

/** undefined where there is no stamp, or none that can be read. */
export async function readStamp(
  { files }: AuditContext,
  path: string,
): Promise<Stamp | undefined | 'no-file'> {
  const attributes = await patiently(() => files.getXattrs(path))
  return attributes === undefined ? 'no-file' : readableStampIn(attributes)
}

export function readableStampIn(attributes: ReadonlyMap<string, string>): Stamp | undefined {
  const stamp = stampIn(attributes)
  return stamp === 'unreadable' ? undefined : stamp
}

interface Standing {
  readonly committed: CommittedOffset | undefined
  readonly state: JournalView['state']
  readonly log: LogBounds
}

/** What would stop the sink at its next start is wrong now. */
async function judge(context: AuditContext, at: TopicPartition, found: Standing): Promise<void> {
  let stop = reasonToStop(context, found)
  if (stop?.reason === 'log-truncated') {
    // A new leader may report a low end for a moment.
    await pause(LOOK_AGAIN_MS)
    const log = await patiently(() => context.log.logBounds(at))
    stop = reasonToStop(context, { ...found, log })
  }
  if (stop !== undefined) problemOf(context, at, stop)
}

function problemOf(context: AuditContext, at: TopicPartition, stop: StopReason): void {
  const { root, group } = context
  const journal = journalDirectory(root, group, at)
  context.findings.problem(stop.reason, at, explainStop(stop, { at, group, journal }))
}

function reasonToStop(context: AuditContext, found: Standing): StopReason | undefined {
  const outlook = outlookOf({ ...found, addedLater: false }, context)
  return outlook.kind === 'stop' ? outlook.stop : undefined
}

function noteTemps(
  { findings }: AuditContext,
  at: TopicPartition,
  unpublished: readonly Stamp[],
  others: number,
): void {
  for (const { path, startOffset, endOffset, records } of unpublished) {
    findings.note(
      'unpublished',
      { ...at, path, startOffset, endOffset, records },
      'Committed, and on its way to its final name: the sink moves it there, or does so when it starts.',
    )
  }
  if (others === 0) return
  findings.note(
    'temps',
    at,
    `${others} uploads in the journal are not committed: a sink that runs is at work on them, or one ` +
      'that died has left them, and the next one deletes them.',
  )
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
