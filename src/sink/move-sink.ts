import { setTimeout as delay } from 'node:timers/promises'
import { SinkError } from '../core/errors.ts'
import {
  formatHead,
  formatIdentity,
  type Head,
  IDENTITY_ATTRIBUTE,
  type JournalIdentity,
  parseHead,
  topicDirectory,
} from '../core/journal.ts'
import { examineJournal, type SoundJournal } from '../core/journal-check.ts'
import type { FoundJournal } from '../core/partition-events.ts'
import type { FileSystem } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import { formatResetNote, RESET_ATTRIBUTE, type ResetNote } from '../core/reset-note.ts'
import type { StopReason } from '../core/stop-reason.ts'
import { JournalDamagedError, JournalStore, type Repeat } from './journal-store.ts'

/*
 * Moves a partition's journal to another offset, while nobody writes: a claim, and a commit without
 * files whose `end` is where the partition shall go on. As for a writer, a rename that did not plainly
 * succeed decides nothing: it begins again at looking for the journal.
 */

export interface MoveOptions {
  readonly fs: FileSystem
  readonly root: string
  readonly identity: Pick<JournalIdentity, 'clusterId' | 'topic' | 'group'>
  /** Of the topic as it is now. */
  readonly topicId: string | undefined
  readonly at: TopicPartition
  /** Where the journal ended when this was decided; undefined: there was none that can be used. */
  readonly from: number | undefined
  readonly to: number
  readonly note: ResetNote
  /** A journal that is foreign or damaged may be put aside. */
  readonly newJournal: boolean
  /** Never the same twice, [a-z0-9]. */
  readonly newId: () => string
  /** Throws while the group has members. */
  readonly assertNobodyWrites: () => Promise<void>
  readonly repeat: Repeat
  readonly signal: AbortSignal
}

export interface MovedJournal {
  readonly journalId: string
  readonly head: Head
  /** Where the journal is that was in the way. */
  readonly putAside: string | undefined
}

/** The journal cannot be claimed, and may not be replaced. */
export class JournalUnusableError extends SinkError {
  readonly action = 'stop-partition'
  readonly stop: StopReason
  constructor(stop: StopReason, directory: string) {
    super(
      `Expected a journal of this sink at ${directory}, found none that can be used: ${stop.reason}. ` +
        'Add --new-journal to put it aside, where it is kept, and to begin a new one.',
    )
    this.stop = stop
  }
}

/** Somebody wrote after all, a process that was frozen for instance: what was decided is of the past. */
export class JournalMovedOnError extends SinkError {
  readonly action = 'stop-process'
  readonly expectedEnd: number | undefined
  readonly end: number
  constructor(directory: string, expectedEnd: number | undefined, end: number) {
    super(
      `Expected the journal at ${directory} to end at ${expectedEnd ?? 'nothing'}, found ${end}: it ` +
        'went on meanwhile. Nothing was moved: look again, and decide anew.',
    )
    this.expectedEnd = expectedEnd
    this.end = end
  }
}

/** A failover has undone that the directory got its name, or somebody has taken it away. */
class JournalMisplacedError extends SinkError {
  readonly action = 'retry'
  constructor(base: string, directory: string) {
    super(
      `Expected the journal that was claimed, ${base}, at ${directory}: it is not there any more.`,
    )
  }
}

const MOST_TRIES = 5
const PAUSE_MS = 500

export async function moveJournal(options: MoveOptions): Promise<MovedJournal> {
  const mover = new Mover(options)
  for (let tries = 1; ; tries += 1) {
    await options.assertNobodyWrites()
    try {
      return await mover.tryOnce()
    } catch (error) {
      if (!isSurprise(error) || tries === MOST_TRIES) throw error
      await delay(PAUSE_MS, undefined, { signal: options.signal })
    }
  }
}

class Mover {
  private readonly options: MoveOptions
  private readonly store: JournalStore
  private readonly writer: string
  private names = 0
  private putAside: string | undefined

  constructor(options: MoveOptions) {
    this.options = options
    this.store = new JournalStore(options)
    this.writer = options.newId()
  }

  async tryOnce(): Promise<MovedJournal> {
    const journal = await this.findOrMake()
    const { base, journalId, head } = journal
    const claim: Head = { ...head, seq: head.seq + 1, writer: this.nextName() }
    await this.store.moveToken(base, head, claim)
    if (!(await this.store.isInPlace(base))) {
      throw new JournalMisplacedError(base, this.store.directory)
    }
    try {
      await this.store.settle(base, claim.flush)
    } catch (error) {
      if (!(error instanceof JournalDamagedError)) throw error
      const stop = { reason: 'journal-damaged', found: error.found } as const
      await this.replace({ base, names: [formatHead(claim)] }, stop)
      return await this.tryOnce()
    }
    const { from, to } = this.options
    if (head.end !== from && !this.isOurs(head)) {
      throw new JournalMovedOnError(this.store.directory, from, head.end)
    }
    const moved: Head = { ...claim, seq: claim.seq + 1, end: to, flush: undefined }
    await this.store.moveToken(base, claim, moved)
    await this.describe(journal)
    return { journalId, head: moved, putAside: this.putAside }
  }

  private async findOrMake(): Promise<SoundJournal> {
    const { to, topicId, identity, newId } = this.options
    for (let looks = 0; looks < MOST_TRIES; looks += 1) {
      const found = await this.store.find(undefined)
      if (found === undefined) {
        await this.store.create({ start: to, writer: this.nextName(), topicId }, newId())
        continue
      }
      const examined = examineJournal(found, identity)
      if (examined.kind === 'sound') return examined
      await this.replace(found, examined.stop)
    }
    throw new JournalUnusableError({ reason: 'journal-gone' }, this.store.directory)
  }

  /**
   * Puts it aside under a name that never recurs. Its tokens are renamed first: whoever has them in
   * hand, a process that is frozen now, cannot commit any more.
   */
  private async replace(
    found: Pick<FoundJournal, 'base' | 'names'>,
    stop: StopReason,
  ): Promise<void> {
    const { fs, root, identity, at, newJournal, newId, signal } = this.options
    if (!newJournal) throw new JournalUnusableError(stop, this.store.directory)
    for (const head of found.names.flatMap((name) => parseHead(name) ?? [])) {
      const fenced = { ...head, seq: head.seq + 1, writer: this.nextName() }
      await this.store.moveToken(found.base, head, fenced)
    }
    const parent = topicDirectory(root, identity.group, at.topic)
    const aside = `${parent}/${at.partition}.aside-${newId()}`
    const { nameNode } = fs
    const pinned = nameNode === undefined ? { signal } : { signal, onlyNameNode: nameNode }
    await fs.rename(found.base, aside, pinned)
    this.putAside = aside
  }

  /** After the token: a journal that is not moved yet still stops its partition. */
  private async describe(journal: SoundJournal): Promise<void> {
    const { fs, identity, note, repeat, signal } = this.options
    const { base, journalId } = journal
    const set = (name: string, value: string): Promise<void> =>
      repeat('describe-move', () => fs.setXattr(base, name, value, 'set', { signal }))
    const now = this.answersFor(journal)
    if (now.topicId !== journal.topicId || now.start !== journal.start) {
      await set(IDENTITY_ATTRIBUTE, formatIdentity({ ...identity, ...now, journalId }))
    }
    await set(RESET_ATTRIBUTE, formatResetNote(note))
  }

  /** Another topic of this name begins at the move; the same one where it began, or was moved back to. */
  private answersFor(journal: SoundJournal): Pick<JournalIdentity, 'topicId' | 'start'> {
    const { to, topicId = journal.topicId } = this.options
    const isOther = journal.topicId !== undefined && topicId !== journal.topicId
    const { start: known } = journal
    const start = isOther ? to : known === undefined ? undefined : Math.min(to, known)
    return {
      ...(topicId === undefined ? {} : { topicId }),
      ...(start === undefined ? {} : { start }),
    }
  }

  /** This move has been here before: as its maker, or without hearing that it had succeeded. */
  private isOurs({ writer, end }: Head): boolean {
    return end === this.options.to && writer.startsWith(`${this.writer}-`)
  }

  private nextName(): string {
    const name = `${this.writer}-${this.names}`
    this.names += 1
    return name
  }
}

/** Whether it may go well when it is begun again. */
function isSurprise(error: unknown): boolean {
  if (!(error instanceof SinkError)) return false
  return error.action === 'retry' || error.action === 'other-namenode'
}
