import { describe, expect, it, vi } from 'vitest'
import { NotFoundError } from '../../src/core/errors.ts'
import {
  formatHead,
  IDENTITY_ATTRIBUTE,
  PARTITIONS_ATTRIBUTE,
  STAMP_ATTRIBUTE,
} from '../../src/core/journal.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { claimed, file, found, IDENTITY, JOURNAL, store, world } from './journals.ts'

describe('genesis', () => {
  it('makes a journal that says whose it is and where it starts', async () => {
    const { store } = world()
    await store('a').create({ start: 42, writer: 'a-0', topicId: undefined }, 'id')
    const journal = await store('b').find(undefined)
    expect(journal?.identity).toEqual({ ...IDENTITY, journalId: 'id', start: 42 })
    expect(journal?.names).toEqual(['head.0.42.-.a-0'])
    expect(journal?.base).toMatch(/^\/\.reserved\/\.inodes\/\d+$/)
  })

  it('is won by one of many, and the others leave nothing behind', async () => {
    const { hdfs, store } = world()
    const starts = [3, 1, 4, 5]
    await Promise.all(
      starts.map((start, i) =>
        store(`w${i}`).create({ start, writer: `w${i}-0`, topicId: undefined }, `id${i}`),
      ),
    )
    const all = await Promise.all(starts.map((_, i) => store(`w${i}`).find(undefined)))
    expect(new Set(all.map((journal) => JSON.stringify(journal))).size).toBe(1)
    expect(hdfs.list('/out/_sink/g/t')?.map(({ name }) => name)).toEqual(['0'])
  })

  it('clears away what others left who died in the midst of it, of this partition alone', async () => {
    const { hdfs, store } = world()
    for (const name of ['.new-0-dead-1', '.new-1-busy-1']) {
      hdfs.makeDirectory(`/out/_sink/g/t/${name}/head.0.0.-.x`)
    }
    await store('a').create({ start: 7, writer: 'a-0', topicId: undefined }, 'id')
    await vi.waitUntil(() => hdfs.list('/out/_sink/g/t')?.length === 2)
    expect(hdfs.list('/out/_sink/g/t')?.map(({ name }) => name)).toEqual(['.new-1-busy-1', '0'])
  })

  it('that worked without an answer is found again, not made twice', async () => {
    const { schedule, store } = world()
    schedule.fates.set('RENAME', ['reply-lost'])
    await store('a').create({ start: 7, writer: 'a-0', topicId: undefined }, 'id')
    expect((await found(store('a'))).head.end).toBe(7)
  })

  it('is tried under a new name each time, so that a late one changes nothing', async () => {
    const { schedule, store } = world()
    schedule.fates.set('RENAME', ['not-done', 'not-done'])
    await store('a').create({ start: 7, writer: 'a-0', topicId: undefined }, 'id')
    const made = schedule.calls.filter((call) => /^MKDIRS .*\/\.new-/.test(call))
    expect([made.length, new Set(made).size]).toEqual([3, 3])
  })

  it('is not even begun where a journal is found', async () => {
    const { store } = world()
    expect(await store('a').find(undefined)).toBeUndefined()
  })
})

describe('a journal that is known', () => {
  it('is gone for ever when it is deleted, also if another takes its place', async () => {
    const { hdfs, store } = world()
    await store('a').create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
    const { base } = await found(store('a'))
    hdfs.delete(JOURNAL, true)
    await store('b').create({ start: 0, writer: 'b-0', topicId: undefined }, 'id2')
    expect(await store('a').find(base)).toBeUndefined()
  })

  it('is found by its inode wherever it is moved', async () => {
    const { hdfs, store } = world()
    await store('a').create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
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

  it('is believed to be damaged only after a write, too', async () => {
    const { hdfs, schedule, store } = world()
    const fs = new SimFileSystem(hdfs, 'a', schedule)
    await store('b').create({ start: 0, writer: 'b-0', topicId: undefined }, 'id')
    const present = fs.getXattrs.bind(fs)
    // As it was before its attributes were set.
    fs.getXattrs = async () => {
      fs.getXattrs = present
      return new Map()
    }
    const identity = (await store('a', 0, fs).find(undefined))?.identity
    expect(identity).toMatchObject({ journalId: 'id' })
    expect(schedule.count('SETXATTR')).toBe(2)
  })
})

describe('the token', () => {
  it('is moved once, for one of two that know it', async () => {
    const { store } = world()
    await store('a').create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
    const [a, b] = [store('a'), store('b')]
    const { base, head } = await found(a)
    await found(b)
    await a.moveToken(base, head, { ...head, seq: 1, writer: 'a-1' })
    const late = b.moveToken(base, head, { ...head, seq: 1, writer: 'b-1' })
    await expect(late).rejects.toBeInstanceOf(NotFoundError)
  })

  it('is not moved again when the answer was lost', async () => {
    const { schedule, store } = world()
    await store('a').create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
    const a = store('a')
    const { base, head } = await found(a)
    schedule.fates.set('RENAME', ['reply-lost'])
    await expect(a.moveToken(base, head, { ...head, seq: 1, writer: 'a-1' })).rejects.toThrow()
    expect(schedule.count('RENAME')).toBe(2)
    expect((await found(a)).head.writer).toBe('a-1')
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

  it('is not replaced by one who had already seen that it was missing', async () => {
    const { schedule, store } = world()
    schedule.block(({ who, op }) => who === 'late' && op === 'SETXATTR')
    const late = store('late').initialPartitions(8)
    expect(await store('a').initialPartitions(3)).toBe(3)
    schedule.unblock()
    expect(await late).toBe(3)
    expect(await store('b').initialPartitions(9)).toBe(3)
  })
})

it('a number of partitions that cannot be read lets none begin at latest', async () => {
  const { hdfs, store } = world()
  await store('a').initialPartitions(3)
  hdfs.setXattr('/out/_sink/g/t', PARTITIONS_ATTRIBUTE, '{bad', 'set')
  expect(await store('b', 4).initialPartitions(8)).toBe(0)
})

describe('an attribute that somebody has changed', () => {
  it.each(['{bad', 'null', '{}'])('of the journal shows that it is damaged: %s', async (text) => {
    const { hdfs, journal } = await claimed()
    hdfs.setXattr(JOURNAL, IDENTITY_ATTRIBUTE, text, 'set')
    expect((await journal.find(undefined))?.identity).toBe('unreadable')
  })

  it('of a committed file is not passed over', async () => {
    const { hdfs, journal, temps, base } = await claimed()
    const name = await store(temps, base, 'a-2', file('/out/t/0/a'))
    hdfs.setXattr(`${JOURNAL}/${name}`, STAMP_ATTRIBUTE, '{path:/out/t/0/a}', 'set')
    await expect(journal.settle(base, 'a-2')).rejects.toMatchObject({
      action: 'stop-partition',
      found: `an attribute user.sink.stamp of ${name} that cannot be read`,
    })
    expect(hdfs.status(`${JOURNAL}/${name}`)?.type).toBe('file')
  })

  it('of a file that was never committed stops nobody', async () => {
    const { hdfs, journal, temps, base } = await claimed()
    const name = await store(temps, base, 'a-2', file('/out/t/0/a'))
    hdfs.setXattr(`${JOURNAL}/${name}`, STAMP_ATTRIBUTE, 'null', 'set')
    await journal.settle(base, 'a-1')
    await journal.sweep(base, [name])
    expect(hdfs.status(`${JOURNAL}/${name}`)).toBeUndefined()
  })
})

it('a token is a directory, so that it cannot be taken for a file', async () => {
  const { hdfs, base, head } = await claimed()
  expect(hdfs.status(`${base}/${formatHead(head)}`)?.type).toBe('directory')
})
