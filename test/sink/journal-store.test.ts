import { describe, expect, it } from 'vitest'
import { AlreadyExistsError, NotFoundError } from '../../src/core/errors.ts'
import { formatHead, type Head, parseHead, STAMP_ATTRIBUTE } from '../../src/core/journal.ts'
import { JournalStore, KnownDirectories, PathTakenError } from '../../src/sink/journal-store.ts'
import type { SealedFile } from '../../src/sink/open-files.ts'
import { retryUntilDone } from '../../src/sink/retry.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

const IDENTITY = { clusterId: 'c', topic: 't', group: 'g' }
const JOURNAL = '/out/_sink/g/t/0'
const { signal } = new AbortController()

function world() {
  const hdfs = new SimHdfs()
  const schedule = new ScriptedSchedule()
  const store = (who: string, partition = 0): JournalStore =>
    new JournalStore({
      fs: new SimFileSystem(hdfs, who, schedule),
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
async function claimed() {
  const made = world()
  const store = made.store('a')
  await store.create(0, 'a-0', 'id')
  const { base, head } = await found(store)
  const mine: Head = { ...head, seq: head.seq + 1, writer: 'a-1' }
  await store.moveToken(base, head, mine)
  return { ...made, journal: store, base, head: mine }
}

async function found(store: JournalStore): Promise<{ base: string; head: Head; names: string[] }> {
  const journal = await store.find(undefined)
  if (journal === undefined) throw new Error('no journal')
  const [head] = journal.names.flatMap((name) => parseHead(name) ?? [])
  if (head === undefined) throw new Error('no token')
  return { base: journal.base, head, names: [...journal.names] }
}

function file(path: string, text = 'a\nb\n'): SealedFile {
  const chunks = [Buffer.from(text)]
  return { path, startOffset: 0, endOffset: 1, records: 2, chunks, byteLength: text.length }
}

function counter(): () => number {
  let n = 0
  return () => n++
}

describe('genesis', () => {
  it('makes a journal that says whose it is and where it starts', async () => {
    const { store } = world()
    await store('a').create(42, 'a-0', 'id')
    const journal = await store('b').find(undefined)
    expect(journal?.identity).toEqual({ ...IDENTITY, journalId: 'id' })
    expect(journal?.names).toEqual(['head.0.42.-.a-0'])
    expect(journal?.base).toMatch(/^\/\.reserved\/\.inodes\/\d+$/)
  })

  it('is won by one of many, and the others leave nothing behind', async () => {
    const { hdfs, store } = world()
    const starts = [3, 1, 4, 5]
    await Promise.all(starts.map((at, i) => store(`w${i}`).create(at, `w${i}-0`, `id${i}`)))
    const all = await Promise.all(starts.map((_, i) => store(`w${i}`).find(undefined)))
    expect(new Set(all.map((journal) => JSON.stringify(journal))).size).toBe(1)
    expect(hdfs.list('/out/_sink/g/t')?.map(({ name }) => name)).toEqual(['0'])
  })

  it('that worked without an answer is found again, not made twice', async () => {
    const { schedule, store } = world()
    schedule.fates.set('RENAME', ['reply-lost'])
    await store('a').create(7, 'a-0', 'id')
    expect((await found(store('a'))).head.end).toBe(7)
  })

  it('is not even begun where a journal is found', async () => {
    const { store } = world()
    expect(await store('a').find(undefined)).toBeUndefined()
  })
})

describe('a journal that is known', () => {
  it('is gone for ever when it is deleted, also if another takes its place', async () => {
    const { hdfs, store } = world()
    await store('a').create(0, 'a-0', 'id')
    const { base } = await found(store('a'))
    hdfs.delete(JOURNAL, true)
    await store('b').create(0, 'b-0', 'id2')
    expect(await store('a').find(base)).toBeUndefined()
  })

  it('is found by its inode wherever it is moved', async () => {
    const { hdfs, store } = world()
    await store('a').create(0, 'a-0', 'id')
    const { base } = await found(store('a'))
    hdfs.rename(JOURNAL, '/out/elsewhere')
    expect((await store('a').find(base))?.names).toEqual(['head.0.0.-.a-0'])
  })

  it('is missed only after a write, as reads may come from the past', async () => {
    const { schedule, store } = world()
    await store('a').find(undefined)
    const ops = schedule.calls.map((call) => call.split(' ')[0])
    expect(ops).toEqual(['GETFILESTATUS', 'MKDIRS', 'SETXATTR', 'GETFILESTATUS'])
  })
})

describe('the token', () => {
  it('is moved once, for one of two that know it', async () => {
    const { store } = world()
    await store('a').create(0, 'a-0', 'id')
    const [a, b] = [store('a'), store('b')]
    const { base, head } = await found(a)
    await found(b)
    await a.moveToken(base, head, { ...head, seq: 1, writer: 'a-1' })
    const late = b.moveToken(base, head, { ...head, seq: 1, writer: 'b-1' })
    await expect(late).rejects.toBeInstanceOf(NotFoundError)
  })

  it('is not moved again when the answer was lost', async () => {
    const { schedule, store } = world()
    await store('a').create(0, 'a-0', 'id')
    const a = store('a')
    const { base, head } = await found(a)
    schedule.fates.set('RENAME', ['reply-lost'])
    await expect(a.moveToken(base, head, { ...head, seq: 1, writer: 'a-1' })).rejects.toThrow()
    expect(schedule.count('RENAME')).toBe(2)
    expect((await found(a)).head.writer).toBe('a-1')
  })
})

describe('an upload', () => {
  it('is stamped with what it is for', async () => {
    const { hdfs, journal, base } = await claimed()
    const name = await journal.upload(base, 'a-2', file('/data/x'), counter(), { signal })
    expect(name).toBe('a-2.0.tmp')
    const stamp = hdfs.getXattrs(`${base}/${name}`)?.get(STAMP_ATTRIBUTE) ?? ''
    expect(JSON.parse(stamp)).toEqual({
      path: '/data/x',
      startOffset: 0,
      endOffset: 1,
      records: 2,
      byteLength: 4,
    })
  })

  it.each(['cut', 'reply-lost', 'not-done', 'late'] as const)(
    'that failed (%s) is done again under another name',
    async (fate) => {
      const { hdfs, schedule, journal, base } = await claimed()
      schedule.fates.set('CREATE', [fate])
      const name = await journal.upload(base, 'a-2', file('/data/x'), counter(), { signal })
      expect(name).toBe('a-2.1.tmp')
      expect(hdfs.read(`${base}/${name}`)?.toString()).toBe('a\nb\n')
    },
  )

  it('is not done again once its stamp was sent', async () => {
    const { schedule, journal, base } = await claimed()
    schedule.fates.set('SETXATTR', ['reply-lost', 'not-done'])
    await journal.upload(base, 'a-2', file('/data/x'), counter(), { signal })
    expect(schedule.count('CREATE')).toBe(1)
  })

  it('into a journal that is gone fails', async () => {
    const { hdfs, journal, base } = await claimed()
    hdfs.delete(JOURNAL, true)
    const upload = journal.upload(base, 'a-2', file('/data/x'), counter(), { signal })
    await expect(upload).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('settling', () => {
  it('publishes the stamped temp files of the carried flush, and nothing else', async () => {
    const { hdfs, journal, base } = await claimed()
    const next = counter()
    await journal.upload(base, 'f-1', file('/data/x/1', 'one\n'), next, { signal })
    await journal.upload(base, 'f-1', file('/data/y/2', 'two\n'), next, { signal })
    await journal.upload(base, 'f-2', file('/data/z/3'), counter(), { signal })
    hdfs.create(`${base}/f-1.9.tmp`, Buffer.from('cut'))
    await journal.settle(base, 'f-1')
    expect(hdfs.filesBelow('/data')).toEqual(['/data/x/1', '/data/y/2'])
    expect(String(hdfs.read('/data/y/2'))).toBe('two\n')
  })

  it('does nothing where the last commit had no files', async () => {
    const { schedule, journal, base } = await claimed()
    const before = schedule.calls.length
    await journal.settle(base, undefined)
    expect(schedule.calls).toHaveLength(before)
  })

  it.each([
    ['a file', (hdfs: SimHdfs) => hdfs.create('/data/x/1', Buffer.from('old'))],
    ['a directory', (hdfs: SimHdfs) => hdfs.makeDirectory('/data/x/1')],
  ])('stops before %s that stands at the final path', async (_, put) => {
    const { hdfs, journal, base } = await claimed()
    await journal.upload(base, 'f-1', file('/data/x/1'), counter(), { signal })
    hdfs.makeDirectory('/data/x')
    put(hdfs)
    const settled = journal.settle(base, 'f-1')
    await expect(settled).rejects.toMatchObject({ path: '/data/x/1' })
    await expect(settled).rejects.toBeInstanceOf(PathTakenError)
  })

  it('stops before a file that stands where a directory should be', async () => {
    const { hdfs, journal, base } = await claimed()
    await journal.upload(base, 'f-1', file('/data/x/1'), counter(), { signal })
    hdfs.makeDirectory('/data')
    hdfs.create('/data/x', Buffer.from('a file'))
    await expect(journal.settle(base, 'f-1')).rejects.toMatchObject({ path: '/data/x' })
  })

  it('sweeps what it is told to, whether it is still there or not', async () => {
    const { hdfs, journal, base } = await claimed()
    hdfs.create(`${base}/g-1.0.tmp`, Buffer.from('x'))
    hdfs.create(`${base}/f-1.0.tmp`, Buffer.from('y'))
    await journal.sweep(base, ['gone.0.tmp', 'g-1.0.tmp'])
    expect((await found(journal)).names.filter((name) => name.endsWith('.tmp'))).toEqual([
      'f-1.0.tmp',
    ])
  })
})

describe('preparing and publishing', () => {
  it('makes directories, then moves every file into place', async () => {
    const { hdfs, journal, base } = await claimed()
    const files = [file('/data/x/1', 'one\n'), file('/data/y/2', 'two\n')]
    const next = counter()
    const temps = await Promise.all(
      files.map((one) => journal.upload(base, 'f-1', one, next, { signal })),
    )
    await journal.prepare(files, new KnownDirectories())
    await journal.publish(base, temps, files)
    expect(hdfs.filesBelow('/data').map((path) => String(hdfs.read(path)))).toEqual([
      'one\n',
      'two\n',
    ])
    expect((await found(journal)).names).toHaveLength(1)
  })

  it.each(['/data/x/1', '/data/x'])('refuses to begin when a file stands at %s', async (path) => {
    const { hdfs, journal } = await claimed()
    hdfs.makeDirectory(path.replace(/\/[^/]*$/, ''))
    hdfs.create(path, Buffer.from('old'))
    const prepared = journal.prepare([file('/data/x/1')], new KnownDirectories())
    await expect(prepared).rejects.toMatchObject({ name: 'PathTakenError', path })
  })

  it('never overwrites', async () => {
    const { hdfs, journal, base } = await claimed()
    const temp = await journal.upload(base, 'f-1', file('/data/1'), counter(), { signal })
    hdfs.makeDirectory('/data')
    hdfs.create('/data/1', Buffer.from('old'))
    const published = journal.publish(base, [temp], [file('/data/1')])
    await expect(published).rejects.toBeInstanceOf(AlreadyExistsError)
    expect(String(hdfs.read('/data/1'))).toBe('old')
  })

  it('asks for a directory once, until it may be missing', async () => {
    const { schedule, journal } = await claimed()
    const known = new KnownDirectories()
    const made = () => schedule.calls.filter((call) => call === 'MKDIRS /data').length
    await journal.prepare([file('/data/1')], known)
    await journal.prepare([file('/data/2')], known)
    expect(made()).toBe(1)
    known.clear()
    await journal.prepare([file('/data/3')], known)
    expect(made()).toBe(2)
  })
})

describe('the number of partitions that a topic had at first', () => {
  it('is written down once, by whoever comes first', async () => {
    const { store } = world()
    const numbers = await Promise.all([
      store('a').initialPartitions(3),
      store('b', 1).initialPartitions(3),
    ])
    expect(numbers).toEqual([3, 3])
    expect(await store('c', 2).initialPartitions(8)).toBe(3)
  })
})

it('a token is a directory, so that it cannot be taken for a file', async () => {
  const { hdfs, base, head } = await claimed()
  expect(hdfs.status(`${base}/${formatHead(head)}`)?.type).toBe('directory')
})
