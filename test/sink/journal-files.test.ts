import { describe, expect, it, vi } from 'vitest'
import { AlreadyExistsError, NotFoundError } from '../../src/core/errors.ts'
import { STAMP_ATTRIBUTE } from '../../src/core/journal.ts'
import {
  JournalVanishedError,
  KnownDirectories,
  PathTakenError,
} from '../../src/sink/journal-store.ts'
import type { SimHdfs } from '../simulation/sim-hdfs.ts'
import { claimed, counter, file, found, JOURNAL, store } from './journals.ts'

describe('an upload', () => {
  it('is stamped with what it is for', async () => {
    const { hdfs, temps, base } = await claimed()
    const name = await store(temps, base, 'a-2', file('/data/x'))
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
      const { hdfs, schedule, temps, base } = await claimed()
      schedule.fates.set('CREATE', [fate])
      const name = await store(temps, base, 'a-2', file('/data/x'))
      expect(name).toBe('a-2.1.tmp')
      expect(hdfs.read(`${base}/${name}`)?.toString()).toBe('a\nb\n')
      const left = () =>
        hdfs.list(base)?.flatMap((entry) => (entry.type === 'file' ? entry.name : []))
      await vi.waitFor(() => expect(left()).toEqual([name]))
    },
  )

  it('is not done again once its stamp was sent', async () => {
    const { schedule, temps, base } = await claimed()
    schedule.fates.set('SETXATTR', ['reply-lost', 'not-done'])
    await store(temps, base, 'a-2', file('/data/x'))
    expect(schedule.count('CREATE')).toBe(1)
  })

  it('into a journal that is gone fails', async () => {
    const { hdfs, temps, base } = await claimed()
    hdfs.delete(JOURNAL, true)
    const upload = store(temps, base, 'a-2', file('/data/x'))
    await expect(upload).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('settling', () => {
  it('publishes the stamped temp files of the carried flush, and nothing else', async () => {
    const { hdfs, journal, temps, base } = await claimed()
    const next = counter()
    await store(temps, base, 'f-1', file('/data/x/1', 'one\n'), next)
    await store(temps, base, 'f-1', file('/data/y/2', 'two\n'), next)
    await store(temps, base, 'f-2', file('/data/z/3'))
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
    const { hdfs, journal, temps, base } = await claimed()
    await store(temps, base, 'f-1', file('/data/x/1'))
    hdfs.makeDirectory('/data/x')
    put(hdfs)
    const settled = journal.settle(base, 'f-1')
    await expect(settled).rejects.toMatchObject({ path: '/data/x/1' })
    await expect(settled).rejects.toBeInstanceOf(PathTakenError)
  })

  it('stops before a file that stands where a directory should be', async () => {
    const { hdfs, journal, temps, base } = await claimed()
    await store(temps, base, 'f-1', file('/data/x/1'))
    hdfs.makeDirectory('/data')
    hdfs.create('/data/x', Buffer.from('a file'))
    await expect(journal.settle(base, 'f-1')).rejects.toMatchObject({ path: '/data/x' })
  })

  it('fails when the journal is gone: nobody knows what was left to publish', async () => {
    const { hdfs, journal, base } = await claimed()
    hdfs.delete(JOURNAL, true)
    await expect(journal.settle(base, 'f-1')).rejects.toBeInstanceOf(JournalVanishedError)
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
    const { hdfs, journal, temps, base } = await claimed()
    const files = [file('/data/x/1', 'one\n'), file('/data/y/2', 'two\n')]
    const next = counter()
    const names = await Promise.all(files.map((one) => store(temps, base, 'f-1', one, next)))
    await journal.prepare(files, new KnownDirectories())
    await journal.publish(base, names, files)
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
    const { hdfs, journal, temps, base } = await claimed()
    const temp = await store(temps, base, 'f-1', file('/data/1'))
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
