import { NotFoundError } from '../../src/core/errors.ts'
import { flushOfTemp, type Stamp } from '../../src/core/journal.ts'
import type { CallOptions, FileSystem } from '../../src/core/ports.ts'
import { HeldFlushes } from '../../src/sink/held-flushes.ts'
import { JournalDamagedError, JournalStore, type Repeat } from '../../src/sink/journal-store.ts'
import type { SealedFile } from '../../src/sink/open-files.ts'
import type { Mutation } from './mutations.ts'
import { SimFileSystem } from './sim-file-system.ts'

/*
 * Known-bad variants of what a partition's journal does on HDFS, as patches of its prototype. They
 * reach into private parts, on purpose: the code under test has no switches for being wrong.
 */

interface Insides {
  readonly options: {
    readonly fs: FileSystem
    readonly repeat: Repeat
    readonly signal: AbortSignal
  }
  look(
    base: string | undefined,
    call: CallOptions,
  ): Promise<{ readonly names: readonly string[] } | undefined>
  baseOf(path: string, call: CallOptions): Promise<string | undefined>
  readStamp(temp: string): Promise<Stamp | undefined>
  settle(base: string, flush: string | undefined): Promise<void>
  makeDurable(base: string, flush: string): Promise<void>
  find(base: string | undefined): Promise<unknown>
  moveToken(base: string, from: { writer: string }, to: { writer: string }): Promise<void>
  publish(base: string, temps: readonly string[], files: readonly SealedFile[]): Promise<void>
}

const journal = JournalStore.prototype as unknown as Insides
const fileSystem = SimFileSystem.prototype
const flushes = HeldFlushes.prototype as unknown as {
  complete(...values: unknown[]): Promise<string>
}

/** Replaces a method until what it returns is called. */
function replacing<T extends object, K extends keyof T>(
  of: T,
  name: K,
  make: (real: T[K]) => T[K],
): () => () => void {
  return () => {
    const real = of[name]
    of[name] = make(real)
    return () => {
      of[name] = real
    }
  }
}

/** Deletes by the list taken after the claim, when another owner may be at work already. */
const sweptBySecondList = replacing(
  journal,
  'settle',
  (real) =>
    async function (this: Insides, base, flush) {
      await real.call(this, base, flush)
      const { fs } = this.options
      for (const { name } of (await fs.list(base)) ?? []) {
        const of = flushOfTemp(name)
        if (of === undefined || of === flush) continue
        await fs.delete(`${base}/${name}`, { recursive: false })
      }
    },
)

/** Believes a list that shows that a flush is published, though a failover may lose that. */
const settledByARead = replacing(journal, 'makeDurable', () => async () => {})

/** Lets the list before the claim, which may be of the past, say what is left to publish. */
function publishedByFirstList(): () => void {
  const names = new WeakMap<Insides, readonly string[]>()
  const undoLook = replacing(
    journal,
    'look',
    (real) =>
      async function (this: Insides, base, call) {
        const found = await real.call(this, base, call)
        names.set(this, found?.names ?? [])
        return found
      },
  )()
  const undoSettle = replacing(
    journal,
    'settle',
    (real) =>
      async function (this: Insides, base, flush) {
        const { fs } = this.options
        const known = new Set(names.get(this))
        const list = fs.list.bind(fs)
        fs.list = async (path, call) => {
          const entries = await list(path, call)
          return entries?.filter(({ name }) => known.has(name))
        }
        try {
          await real.call(this, base, flush)
        } finally {
          fs.list = list
        }
      },
  )()
  return () => {
    undoSettle()
    undoLook()
  }
}

/** Takes a 404 of a commit for an earlier try that was executed. */
const commit404Done = replacing(
  journal,
  'moveToken',
  (real) =>
    async function (this: Insides, base, from, to) {
      await real.call(this, base, from, to).catch((error) => {
        if (!(error instanceof NotFoundError) || from.writer !== to.writer) throw error
      })
    },
)

/** Takes a 404 of a publish for the work of somebody else. */
const publish404Done = replacing(
  journal,
  'publish',
  (real) =>
    async function (this: Insides, base, temps, files) {
      await real.call(this, base, temps, files).catch((error) => {
        if (!(error instanceof NotFoundError)) throw error
      })
    },
)

/** Publishes every temp file of the last flush, also those that were never stamped. */
function unstampedCounted(): () => void {
  const paths = new Map<string, Stamp>()
  const undoUpload = replacing(
    flushes,
    'complete',
    (real) =>
      async function (this: typeof flushes, ...values) {
        const [{ flush }, , file] = values as [{ flush: string }, unknown, Stamp]
        paths.set(flush, file)
        return real.apply(this, values)
      },
  )()
  const undoStamp = replacing(
    journal,
    'readStamp',
    (real) =>
      async function (this: Insides, temp) {
        const name = temp.slice(temp.lastIndexOf('/') + 1)
        return (await real.call(this, temp)) ?? paths.get(flushOfTemp(name) ?? '')
      },
  )()
  return () => {
    undoStamp()
    undoUpload()
  }
}

/** Takes a stamp that somebody has damaged for none. */
const damagedStampPassed = replacing(
  journal,
  'readStamp',
  (real) =>
    function (this: Insides, temp) {
      return real.call(this, temp).catch((error) => {
        if (error instanceof JournalDamagedError) return undefined
        throw error
      })
    },
)

/** A file that is there after an upload counts as uploaded, however long it is. */
const lengthNotVerified = replacing(
  fileSystem,
  'upload',
  (real) =>
    async function (this: SimFileSystem, path, chunks, call) {
      await real.call(this, path, chunks, call).catch(async (error) => {
        if ((await this.status(path, call)) === undefined) throw error
      })
    },
)

/** Finds the journal by its name each time, whichever directory that is now. */
const addressedByName = replacing(
  journal,
  'baseOf',
  (real) =>
    async function (this: Insides, path, call) {
      return (await real.call(this, path, call)) === undefined ? undefined : path
    },
)

/** Believes a read that finds no journal. */
const missingAfterARead = replacing(
  journal,
  'find',
  () =>
    function (this: Insides, base) {
      const { repeat, signal } = this.options
      return repeat('find-journal', () => this.look(base, { signal }))
    },
)

/** What only a failover or a read from the past shows. */
const pair = { nameNodes: 2 } as const

export const journalMutations: Readonly<Record<string, Mutation>> = {
  'deletes by the list taken after the claim': {
    patch: sweptBySecondList,
    strike: 'process stalled',
  },
  'publishes by the list taken before the claim': { patch: publishedByFirstList, options: pair },
  'believes a read that a flush is published': {
    patch: settledByARead,
    strike: 'process killed, late and lost',
  },
  'takes a 404 of a commit for done': { patch: commit404Done },
  'takes a 404 of a publish for done': { patch: publish404Done },
  'publishes what was never stamped': { patch: unstampedCounted },
  'takes a stamp that cannot be read for none': {
    patch: damagedStampPassed,
    options: { mayStop: true, serverWeight: 100 },
  },
  'does not verify the length of an upload': { patch: lengthNotVerified },
  'addresses the journal by its name': {
    patch: addressedByName,
    strike: 'journal moved for a while',
  },
  'believes a read that a journal is missing': {
    patch: missingAfterARead,
    options: { ...pair, serverWeight: 250 },
  },
  'gives the same names at each assignment': { options: { newId: (who) => who } },
}
