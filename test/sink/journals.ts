import { type Head, parseHead } from '../../src/core/journal.ts'
import type { FileSystem } from '../../src/core/ports.ts'
import type { ResetNote } from '../../src/core/reset-note.ts'
import { JournalStore, type Repeat } from '../../src/sink/journal-store.ts'
import { type MoveOptions, moveJournal } from '../../src/sink/move-sink.ts'
import type { SealedFile } from '../../src/sink/open-files.ts'
import { retryUntilDone } from '../../src/sink/retry.ts'
import { TempFiles } from '../../src/sink/temp-files.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

export const IDENTITY = { clusterId: 'c', topic: 't', group: 'g' }
export const JOURNAL = '/out/_sink/g/t/0'
export const { signal } = new AbortController()

export const NOTE: ResetNote = {
  by: 'me@here',
  at: '2026-01-31T00:00:00.000Z',
  from: 0,
  fromGroup: null,
  to: 7,
  reason: 'a test',
}

const repeat: Repeat = (op, call) =>
  retryUntilDone('hdfs', op, call, { log: NO_LOG, observer: NO_OBSERVER }, signal)

export function world() {
  const hdfs = new SimHdfs()
  const schedule = new ScriptedSchedule()
  const store = (
    who: string,
    partition = 0,
    fs: FileSystem = new SimFileSystem(hdfs, who, schedule),
  ): JournalStore =>
    new JournalStore({
      fs,
      root: '/out',
      identity: IDENTITY,
      at: { topic: 't', partition },
      repeat,
      signal,
    })
  const temps = (fs: FileSystem = new SimFileSystem(hdfs, 'a', schedule)): TempFiles =>
    new TempFiles({ fs, directory: JOURNAL, repeat })
  return { hdfs, schedule, store, temps }
}

/** A journal that one store has made, found and claimed. */
export async function claimed() {
  const made = world()
  const store = made.store('a')
  await store.create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
  const { base, head } = await found(store)
  const mine: Head = { ...head, seq: head.seq + 1, writer: 'a-1' }
  await store.moveToken(base, head, mine)
  return { ...made, journal: store, temps: made.temps(), base, head: mine }
}

export async function found(
  store: JournalStore,
): Promise<{ base: string; head: Head; names: string[] }> {
  const journal = await store.find(undefined)
  if (journal === undefined) throw new Error('no journal')
  const [head] = journal.names.flatMap((name) => parseHead(name) ?? [])
  if (head === undefined) throw new Error('no token')
  return { base: journal.base, head, names: [...journal.names] }
}

/** Moves the journal to 7 while nobody writes. */
export function move(options: Pick<MoveOptions, 'fs' | 'from'> & Partial<MoveOptions>) {
  let ids = 0
  return moveJournal({
    root: '/out',
    identity: IDENTITY,
    topicId: undefined,
    at: { topic: 't', partition: 0 },
    to: 7,
    note: NOTE,
    newJournal: false,
    newId: () => `mover${ids++}`,
    assertNobodyWrites: async () => undefined,
    repeat,
    signal,
    ...options,
  })
}

export function file(path: string, text = 'a\nb\n'): SealedFile {
  const chunks = [Buffer.from(text)]
  const about = { path, startOffset: 0, endOffset: 1, records: 2, byteLength: text.length }
  return { ...about, segments: [], chunks, release() {} }
}

/** Uploads and stamps a file. */
export async function store(
  temps: TempFiles,
  base: string,
  flush: string,
  output: SealedFile,
  nextNumber = counter(),
): Promise<string> {
  const name = await temps.upload(base, flush, output.chunks, nextNumber, { signal })
  await temps.stamp(base, name, output, { signal })
  return name
}

export function counter(): () => number {
  let n = 0
  return () => n++
}
