/** `offsets show` and `offsets reset`: journal and group side by side, and how they are moved. */
import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { type FilesBeyond, filesBeyond } from './audit/partition-files.ts'
import { type Selection, select, type Tools } from './compose-tools.ts'
import { SinkError } from './core/errors.ts'
import { formatMetadata, isOurMetadata } from './core/journal.ts'
import { explainMove, type MovePlan, planMove, type Target } from './core/move-plan.ts'
import { parsePathPattern } from './core/path-pattern.ts'
import type { TopicPartition } from './core/record-batch.ts'
import type { ResetNote } from './core/reset-note.ts'
import { GroupInUseError } from './kafka/group-offsets.ts'
import { JournalUnusableError, type MovedJournal, moveJournal } from './sink/move-sink.ts'
import { type PartitionPosition, readPosition } from './sink/partition-position.ts'

export interface ResetOptions {
  readonly selection: Selection
  readonly target: Target
  readonly reason: string | undefined
  /** false: only say what would happen. */
  readonly execute: boolean
  /** Put a journal aside that is foreign or damaged. */
  readonly newJournal: boolean
  /** Move although published files hold offsets that will come again. */
  readonly keepFiles: boolean
}

/** One partition of a reset. */
export interface ResetMove extends MovePlan {
  /** Where the journal ends; undefined where there is none that can be used. */
  readonly journalEnd: number | undefined
  readonly meaning: string
  readonly journal: string
  /** The journal cannot be used and is put aside. */
  readonly replaces: boolean
  /** Published files that hold offsets from `to` on. */
  readonly files: FilesBeyond
  /** They are of another log, and their names may come again. */
  readonly logReplaced: boolean
}

/** Files would hold what is going to be written again. */
export class FilesInTheWayError extends SinkError {
  readonly action = 'stop-process'
  readonly moves: readonly ResetMove[]
  constructor(moves: readonly ResetMove[]) {
    const where = moves.map(({ at, to, files: { count, end } }) => {
      return `${at.topic}-${at.partition} has ${count} with offsets from ${to} to ${end - 1}`
    })
    super(
      'Expected no published files with offsets that will be written again, found some: ' +
        `${where.join('; ')}. Move them away, choose the offset after them, or accept that these ` +
        'records will be there twice: --keep-files.',
    )
    this.moves = moves
  }
}

/** The journal was moved, and the group was not. */
export class PartlyMovedError extends SinkError {
  readonly action = 'stop-process'
  readonly at: TopicPartition
  readonly to: number
  constructor(at: TopicPartition, to: number, cause: unknown) {
    super(
      `The journal of ${at.topic}-${at.partition} was moved to ${to}, but the group was not: ` +
        `${cause instanceof Error ? cause.message : cause} Running the same command again, with ` +
        `--to ${to}, completes it.`,
      { cause },
    )
    this.at = at
    this.to = to
  }
}

export async function readPositions(
  tools: Tools,
  selection: Selection,
): Promise<PartitionPosition[]> {
  const positions: PartitionPosition[] = []
  for (const at of select(tools, selection)) positions.push(await positionOf(tools, at))
  return positions
}

function positionOf(tools: Tools, at: TopicPartition): Promise<PartitionPosition> {
  const { fs, kafka, config, clusterId, repeat } = tools
  const identity = { clusterId, topic: at.topic, group: config.kafka.group }
  const place = { fs, root: config.hdfs.root, identity, at }
  return repeat('hdfs', 'read-position', () => readPosition(place, kafka))
}

/** What a reset would do. Throws where it cannot be done, for any of its partitions. */
export async function planReset(tools: Tools, options: ResetOptions): Promise<ResetMove[]> {
  const { target, newJournal, selection } = options
  const plans: Omit<ResetMove, 'files'>[] = []
  for (const position of await readPositions(tools, selection)) {
    const { at, journal, state, committed, log } = position
    if (state.kind === 'unusable' && !newJournal) {
      throw new JournalUnusableError(state.stop, journal)
    }
    const sound = state.kind === 'sound' ? state : undefined
    const end = sound?.head.end
    const time = target.kind === 'time' ? target.timestampMs : undefined
    const offsetAtTime =
      time === undefined
        ? undefined
        : await tools.repeat('kafka', 'find-time', () => tools.kafka.offsetAtTime(at, time))
    const plan = planMove(target, { at, end, committed, log, offsetAtTime })
    const { topicId } = log
    const isOther =
      sound?.topicId !== undefined && topicId !== undefined && topicId !== sound.topicId
    plans.push({
      ...plan,
      journalEnd: end,
      meaning: explainMove(plan, log),
      journal,
      replaces: state.kind === 'unusable',
      logReplaced: isOther || (end !== undefined && end > log.end),
    })
  }
  const files = await filesOf(tools, plans)
  return plans.map((plan, i) => ({ ...plan, files: files[i] ?? NO_FILES }))
}

const NO_FILES: FilesBeyond = { count: 0, end: 0, first: [] }

/** Of all partitions of a topic by one walk through its directories. */
async function filesOf(
  { config: { hdfs }, fs, repeat }: Tools,
  plans: readonly MovePlan[],
): Promise<FilesBeyond[]> {
  const found = new Map<string, ReadonlyMap<number, FilesBeyond>>()
  for (const [topic, own] of Map.groupBy(plans, ({ at }) => at.topic)) {
    const pattern = parsePathPattern(hdfs.path, topic, hdfs)
    const from = new Map(own.map(({ at, to }) => [at.partition, to]))
    const look = () => filesBeyond(fs, pattern, from)
    found.set(topic, await repeat('hdfs', 'find-files', look))
  }
  return plans.map(({ at }) => found.get(at.topic)?.get(at.partition) ?? NO_FILES)
}

/** Moves what was planned, one partition after the other; `done` is called after each. */
export async function executeReset(
  tools: Tools,
  moves: readonly ResetMove[],
  options: ResetOptions,
  done: (move: ResetMove, moved: MovedJournal) => void,
): Promise<void> {
  await assertNobodyWrites(tools)
  const blocked = moves.filter(({ files, logReplaced }) => files.count > 0 && !logReplaced)
  if (blocked.length > 0 && !options.keepFiles) throw new FilesInTheWayError(blocked)
  const by = `${userName()}@${hostname()}`
  for (const move of moves) {
    const at = new Date().toISOString()
    const { from = null, fromGroup = null, to } = move
    const note: ResetNote = { by, at, from, fromGroup, to, reason: options.reason ?? null }
    done(move, await moveBoth(tools, move, note, options.newJournal))
  }
}

async function moveBoth(
  tools: Tools,
  { at, journalEnd, to }: ResetMove,
  note: ResetNote,
  newJournal: boolean,
): Promise<MovedJournal> {
  const { config, fs, kafka, clusterId, repeat } = tools
  const { topicId } = await repeat('kafka', 'read-offsets', () => kafka.logBounds(at))
  const moved = await moveJournal({
    fs,
    root: config.hdfs.root,
    identity: { clusterId, topic: at.topic, group: config.kafka.group },
    topicId,
    at,
    from: journalEnd,
    to,
    note,
    newJournal,
    newId: () => randomUUID().replaceAll('-', ''),
    assertNobodyWrites: () => assertNobodyWrites(tools),
    repeat: (op, call) => repeat('hdfs', op, call),
    signal: new AbortController().signal,
  })
  const metadata = formatMetadata(moved.journalId, moved.head.seq)
  const commit = () => kafka.commitToEmptyGroup([{ ...at, offset: to, metadata }])
  await repeat('kafka', 'commit-offset', commit).catch((error) => {
    throw new PartlyMovedError(at, to, error)
  })
  return moved
}

async function assertNobodyWrites({ kafka, config, repeat }: Tools): Promise<void> {
  const { members } = await repeat('kafka', 'describe-group', () => kafka.groupState())
  if (members.length > 0) throw new GroupInUseError(config.kafka.group, members)
}

/** A container may run as a user without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env.USER ?? `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** One partition of `offsets show`. */
export interface ShownOffsets extends TopicPartition {
  readonly journal: { readonly end: number; readonly seq: number; readonly writer: string } | null
  /** What is wrong with a journal that cannot be read. */
  readonly journalProblem: string | null
  readonly group: { readonly offset: number; readonly ours: boolean } | null
  readonly log: { readonly start: number; readonly end: number }
  readonly lastReset: ResetNote | null
}

export function showPosition({
  at,
  state,
  reset,
  committed,
  log,
}: PartitionPosition): ShownOffsets {
  const head = state.kind === 'sound' ? state.head : undefined
  const group =
    committed === undefined
      ? null
      : { offset: committed.offset, ours: isOurMetadata(committed.metadata) }
  return {
    ...at,
    journal: head === undefined ? null : { end: head.end, seq: head.seq, writer: head.writer },
    journalProblem: state.kind === 'unusable' ? state.stop.reason : null,
    group,
    log: { start: log.start, end: log.end },
    lastReset: reset ?? null,
  }
}
