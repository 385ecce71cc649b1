import { type Head, parseHead } from '../../src/core/journal.ts'
import type { FileSystem } from '../../src/core/ports.ts'
import { JournalStore } from '../../src/sink/journal-store.ts'
import type { SealedFile } from '../../src/sink/open-files.ts'
import { retryUntilDone } from '../../src/sink/retry.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

export const IDENTITY = { clusterId: 'c', topic: 't', group: 'g' }
export const JOURNAL = '/out/_sink/g/t/0'
export const { signal } = new AbortController()

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
      repeat: (op, call) =>
        retryUntilDone('hdfs', op, call, { log: NO_LOG, observer: NO_OBSERVER }, signal),
      signal,
    })
  return { hdfs, schedule, store }
}

/** A journal that one store has made, found and claimed. */
export async function claimed() {
  const made = world()
  const store = made.store('a')
  await store.create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
  const { base, head } = await found(store)
  const mine: Head = { ...head, seq: head.seq + 1, writer: 'a-1' }
  await store.moveToken(base, head, mine)
  return { ...made, journal: store, base, head: mine }
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

export function file(path: string, text = 'a\nb\n'): SealedFile {
  const chunks = [Buffer.from(text)]
  const release = () => undefined
  return {
    path,
    startOffset: 0,
    endOffset: 1,
    records: 2,
    chunks,
    byteLength: text.length,
    release,
  }
}

export function counter(): () => number {
  let n = 0
  return () => n++
}
