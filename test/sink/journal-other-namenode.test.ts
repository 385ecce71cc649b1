import { expect, it } from 'vitest'
import { OtherNameNodeError } from '../../src/core/errors.ts'
import { KnownDirectories } from '../../src/sink/journal-store.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { file, found, store, world } from './journals.ts'

/*
 * After a failover nothing that was known of a journal holds: every call that decides goes only to
 * the NameNode that showed the journal.
 */

/** A journal with one uploaded file; then another NameNode has become the active one. */
async function afterFailover() {
  const made = world()
  const fs = new SimFileSystem(made.hdfs, 'a', made.schedule)
  const journal = made.store('a', 0, fs)
  await journal.create({ start: 0, writer: 'a-0', topicId: undefined }, 'id')
  const { base, head } = await found(journal)
  const output = file('/data/1')
  const temp = await store(made.temps(fs), base, 'f-1', output)
  await journal.prepare([output], new KnownDirectories())
  const to = { ...head, seq: 1, writer: 'a-1' }
  fs.nameNode = 'other'
  const before = made.schedule.calls.length
  const sent = (): string[] => made.schedule.calls.slice(before)
  return { ...made, fs, journal, base, head, to, temp, output, sent }
}

type World = Awaited<ReturnType<typeof afterFailover>>

it.each<[string, (world: World) => Promise<unknown>]>([
  ['a claim or commit', ({ journal, base, head, to }) => journal.moveToken(base, head, to)],
  ['a settlement', ({ journal, base }) => journal.settle(base, 'f-1')],
  ['a sweep', ({ journal, base, temp }) => journal.sweep(base, [temp])],
  ['a publication', ({ journal, base, temp, output }) => journal.publish(base, [temp], [output])],
])('%s is not sent to another NameNode', async (_, act) => {
  const after = await afterFailover()
  await expect(act(after)).rejects.toBeInstanceOf(OtherNameNodeError)
  expect(after.sent()).toEqual([])
})

it('a settlement ends before it publishes when another NameNode takes over meanwhile', async () => {
  const { hdfs, fs, journal, base } = await afterFailover()
  await found(journal)
  const makeDirectory = fs.makeDirectory.bind(fs)
  fs.makeDirectory = async (path, call) => {
    await makeDirectory(path, call)
    fs.nameNode = 'other'
  }
  await expect(journal.settle(base, 'f-1')).rejects.toBeInstanceOf(OtherNameNodeError)
  expect(hdfs.filesBelow('/data')).toEqual([])
})

it('the NameNode that shows the journal is asked from then on', async () => {
  const { hdfs, fs, journal, base, head, to } = await afterFailover()
  const status = fs.status.bind(fs)
  fs.status = async (path, call) => {
    const answer = await status(path, call)
    fs.nameNode = 'other'
    return answer
  }
  await found(journal)
  await journal.moveToken(base, head, to)
  expect(hdfs.list(base)?.some(({ name }) => name === 'head.1.0.-.a-1')).toBe(true)
})
