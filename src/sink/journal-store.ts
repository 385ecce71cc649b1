import { posix } from 'node:path'
import { AlreadyExistsError, NotFoundError, SinkError } from '../core/errors.ts'
import {
  flushOfTemp,
  formatHead,
  formatIdentity,
  type Head,
  IDENTITY_ATTRIBUTE,
  identityIn,
  initialPartitionsIn,
  inodePath,
  type JournalIdentity,
  journalDirectory,
  MISSED_ATTRIBUTE,
  PARTITIONS_ATTRIBUTE,
  SETTLED_ATTRIBUTE,
  STAMP_ATTRIBUTE,
  type Stamp,
  stampIn,
  topicDirectory,
  unreadable,
} from '../core/journal.ts'
import { examineJournal } from '../core/journal-check.ts'
import type { FoundJournal } from '../core/partition-events.ts'
import type { CallOptions, FileSystem } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { SealedFile } from './open-files.ts'

/** How a call that may be repeated is repeated: until its signal aborts, or else the store's. */
export type Repeat = <T>(op: string, call: () => Promise<T>, signal?: AbortSignal) => Promise<T>

export interface JournalStoreOptions {
  readonly fs: FileSystem
  readonly root: string
  readonly identity: Omit<JournalIdentity, 'journalId'>
  readonly at: TopicPartition
  readonly repeat: Repeat
  readonly signal: AbortSignal
}

/** Where a journal begins, and for which of the topics that had this name. */
export interface Genesis {
  readonly start: number
  readonly writer: string
  readonly topicId: string | undefined
}

/** The stamped temp files of a flush, by their position among its files. */
export type Uploaded = readonly string[]

/**
 * One partition's journal on HDFS. What may be repeated is repeated inside; a rename is sent once,
 * to the NameNode that answered when the journal was found, and any error means that nothing is
 * known about its effect.
 */
export class JournalStore {
  /** Where it is, or would be, by name. */
  readonly directory: string
  private readonly options: JournalStoreOptions
  private nameNode: string | undefined

  constructor(options: JournalStoreOptions) {
    this.options = options
    this.directory = journalDirectory(options.root, options.identity.group, options.at)
  }

  /** By the inode where `base` is known, else by its name. */
  find(base: string | undefined): Promise<FoundJournal | undefined> {
    return this.options.repeat('find-journal', async () => {
      const { fs, identity, signal } = this.options
      const found = await this.look(base, { signal })
      if (found !== undefined && isSound(found, identity)) return found
      // A NameNode that is no longer the active one answers reads from the past, but no write.
      await this.writeThatItIsMissed()
      return this.look(base, this.pinnedTo(fs.nameNode))
    })
  }

  private async look(
    base: string | undefined,
    call: CallOptions,
  ): Promise<FoundJournal | undefined> {
    const { fs } = this.options
    const directory = base ?? (await this.baseOf(this.directory, call))
    if (directory === undefined) return undefined
    // A name that one NameNode shows may be lost in a failover: another has the inode, not the name.
    const same = base === undefined ? this.pinnedTo(fs.nameNode) : call
    const attributes = await fs.getXattrs(directory, same)
    const entries = await fs.list(directory, same)
    if (attributes === undefined || entries === undefined) return undefined
    this.nameNode = fs.nameNode
    return {
      base: directory,
      identity: identityIn(attributes),
      names: entries.map(({ name }) => name),
    }
  }

  private async writeThatItIsMissed(): Promise<void> {
    const { fs, root, identity, at, signal } = this.options
    const directory = topicDirectory(root, identity.group, at.topic)
    await fs.makeDirectory(directory, { signal })
    await fs.setXattr(directory, MISSED_ATTRIBUTE, String(at.partition), 'set', { signal })
  }

  private async baseOf(path: string, call: CallOptions): Promise<string | undefined> {
    const status = await this.options.fs.status(path, call)
    return status === undefined ? undefined : inodePath(status.fileId)
  }

  /**
   * Makes the journal under a name of its own and renames it into place: of several that try, one
   * wins and the others find the winner's. Whether it worked shows when it is looked for again.
   */
  create({ start, writer, topicId }: Genesis, journalId: string): Promise<void> {
    const { fs, root, identity, at, repeat, signal } = this.options
    const parent = topicDirectory(root, identity.group, at.topic)
    const head: Head = { seq: 0, end: start, flush: undefined, writer }
    let tries = 0
    return repeat('create-journal', async () => {
      tries += 1
      const fresh = `${parent}/${unborn(at)}${writer}-${tries}`
      try {
        await fs.makeDirectory(`${fresh}/${formatHead(head)}`, { signal })
        const topic = topicId === undefined ? {} : { topicId }
        const text = formatIdentity({ ...identity, ...topic, journalId, start })
        await fs.setXattr(fresh, IDENTITY_ATTRIBUTE, text, 'set', { signal })
        await fs.rename(fresh, this.directory, { signal })
      } catch (error) {
        // Best effort, also when we are to stop: nobody looks for it under this name again.
        void fs.delete(fresh, { recursive: true }).catch(() => undefined)
        const isDecided = error instanceof AlreadyExistsError || error instanceof NotFoundError
        if (!isDecided) throw error
      }
      // Best effort: of those who died while they made one, now that none can get the name any more.
      void this.sweepUnborn(parent).catch(() => undefined)
    })
  }

  private async sweepUnborn(parent: string): Promise<void> {
    const { fs, at, signal } = this.options
    for (const { name } of (await fs.list(parent, { signal })) ?? []) {
      if (!name.startsWith(unborn(at))) continue
      await fs.delete(`${parent}/${name}`, { recursive: true }, { signal })
    }
  }

  /**
   * How many partitions the topic had when the sink first met it; the first to ask writes down
   * `now`.
   */
  async initialPartitions(now: number): Promise<number> {
    const { fs, root, identity, at, repeat, signal } = this.options
    const directory = topicDirectory(root, identity.group, at.topic)
    return repeat('initial-partitions', async () => {
      await fs.makeDirectory(directory, { signal })
      const read = async (): Promise<number | undefined> =>
        initialPartitionsIn((await fs.getXattrs(directory, { signal })) ?? new Map())
      const known = await read()
      if (known !== undefined) return known
      try {
        await fs.setXattr(directory, PARTITIONS_ATTRIBUTE, String(now), 'create', { signal })
      } catch (error) {
        if (!(error instanceof AlreadyExistsError)) throw error
      }
      return (await read()) ?? now
    })
  }

  /** Renames the token: a claim or a commit. Any error: perhaps it happened, perhaps not. */
  async moveToken(base: string, from: Head, to: Head): Promise<void> {
    const { fs } = this.options
    await fs.rename(`${base}/${formatHead(from)}`, `${base}/${formatHead(to)}`, this.pinned())
  }

  /** Whether the directory that was claimed still is what its name stands for. */
  async isInPlace(base: string): Promise<boolean> {
    const place = (): Promise<string | undefined> => this.baseOf(this.directory, this.pinned())
    return (await this.options.repeat('claim', place)) === base
  }

  /**
   * After a claim: publishes what is left of the carried flush. When this returns, no failover can
   * take away what is published of it.
   */
  async settle(base: string, flush: string | undefined): Promise<void> {
    if (flush === undefined) return
    if (!(await this.publishRest(base, flush))) await this.makeDurable(base, flush)
  }

  /** Returns whether the last thing that was seen of the flush is a rename of ours, acknowledged. */
  private async publishRest(base: string, flush: string): Promise<boolean> {
    let isDurable = false
    const { fs, repeat } = this.options
    const entries = await repeat('settle', () => fs.list(base, this.pinned()))
    if (entries === undefined) throw new JournalVanishedError(base)
    for (const { name } of entries) {
      if (flushOfTemp(name) !== flush) continue
      const temp = `${base}/${name}`
      const stamp = await this.readStamp(temp)
      if (stamp === undefined) {
        isDurable = false
        continue
      }
      await this.makeFinal('settle', posix.dirname(stamp.path), this.pinned())
      await fs.rename(temp, stamp.path, this.pinned()).catch((error) => {
        throw error instanceof AlreadyExistsError ? new PathTakenError(stamp.path) : error
      })
      isDurable = true
    }
    return isDurable
  }

  /**
   * A publish that the owner before us had sent may have been executed late, and not be synced yet:
   * reads show it, and a failover loses it. An acknowledged write syncs all that came before it.
   */
  private makeDurable(base: string, flush: string): Promise<void> {
    const { fs, repeat } = this.options
    return repeat('settle', () => fs.setXattr(base, SETTLED_ATTRIBUTE, flush, 'set', this.pinned()))
  }

  /** Throws PathTakenError when a file is in the way: repeating would not help. */
  private async makeFinal(op: string, directory: string, call: CallOptions): Promise<void> {
    const { fs, repeat } = this.options
    await repeat(op, () => fs.makeDirectory(directory, call)).catch((error) => {
      throw error instanceof AlreadyExistsError ? new PathTakenError(directory) : error
    })
  }

  private async readStamp(temp: string): Promise<Stamp | undefined> {
    const { fs, repeat } = this.options
    const attributes = await repeat('settle', () => fs.getXattrs(temp, this.pinned()))
    const stamp = attributes && stampIn(attributes)
    // Whoever took it for one without a stamp would never publish what was committed.
    if (stamp === 'unreadable') {
      throw new JournalDamagedError(unreadable(STAMP_ATTRIBUTE, posix.basename(temp)), temp)
    }
    return stamp
  }

  /** Deletes temp files of flushes that were never committed; tried once, the next claim does it again. */
  async sweep(base: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.options.fs.delete(`${base}/${name}`, { recursive: false }, this.pinned())
    }
  }

  /** Final directories exist and final paths are free. Throws PathTakenError. */
  async prepare(files: readonly SealedFile[], knownDirectories: KnownDirectories): Promise<void> {
    const { fs, repeat, signal } = this.options
    await Promise.all(
      files.map(async ({ path }) => {
        await knownDirectories.ensure(posix.dirname(path), (directory) =>
          this.makeFinal('prepare', directory, { signal }),
        )
        const taken = await repeat('prepare', () => fs.status(path, { signal }))
        if (taken !== undefined) throw new PathTakenError(path)
      }),
    )
  }

  async publish(base: string, temps: Uploaded, files: readonly SealedFile[]): Promise<void> {
    const { fs } = this.options
    const moves = files.map((file, i) => fs.rename(`${base}/${temps[i]}`, file.path, this.pinned()))
    await Promise.all(moves)
  }

  private pinned(): CallOptions {
    return this.pinnedTo(this.nameNode)
  }

  private pinnedTo(nameNode: string | undefined): CallOptions {
    const { signal } = this.options
    return nameNode === undefined ? { signal } : { signal, onlyNameNode: nameNode }
  }
}

/** A journal in the making has its token before its attributes, and is seen so in the past. */
function isSound(found: FoundJournal, expected: JournalStoreOptions['identity']): boolean {
  return examineJournal(found, expected).kind === 'sound'
}

/** How the name of a journal begins that is not in its place yet. */
function unborn({ partition }: TopicPartition): string {
  return `.new-${partition}-`
}

/** Final directories that were made or seen; forgotten when there are too many. */
export class KnownDirectories {
  private readonly known = new Set<string>()

  async ensure(directory: string, make: (directory: string) => Promise<void>): Promise<void> {
    if (this.known.has(directory)) return
    await make(directory)
    if (this.known.size >= 10_000) this.known.clear()
    this.known.add(directory)
  }

  /** One of them turned out to be missing. */
  clear(): void {
    this.known.clear()
  }
}

/** The final path of a file exists already, and is not ours. */
export class PathTakenError extends SinkError {
  readonly action = 'stop-partition'
  readonly path: string
  constructor(path: string) {
    super(`Expected nothing at ${path}, found a file or directory. Move it away.`)
    this.path = path
  }
}

/** What the journal says cannot be understood, and must not be passed over. */
export class JournalDamagedError extends SinkError {
  readonly action = 'stop-partition'
  readonly found: string
  constructor(found: string, path: string) {
    super(`Expected ${path} as the sink has left it, found ${found}. Restore it.`)
    this.found = found
  }
}

/** The journal's directory was deleted between two calls. */
export class JournalVanishedError extends SinkError {
  readonly action = 'stop-partition'
  constructor(base: string) {
    super(`The journal at ${base} vanished while it was in use.`)
  }
}
