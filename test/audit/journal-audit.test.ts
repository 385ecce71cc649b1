import { expect, it } from 'vitest'
import { readBaseline } from '../../src/audit/journal-audit.ts'
import { IDENTITY_ATTRIBUTE, STAMP_ATTRIBUTE } from '../../src/core/journal.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { claimed, file, IDENTITY, JOURNAL, store } from '../sink/journals.ts'
import { contextOf, type FakeFiles } from './fakes.ts'

/** What is found of a journal whose last flush has a file that is not published yet. */
async function findingsOf(
  damage: (set: (path: string, name: string) => void, temp: string) => void,
) {
  const { hdfs, schedule, temps, journal, base, head } = await claimed()
  const temp = await store(temps, base, 'a-2', file('/out/t/0/a'))
  await journal.moveToken(base, head, { ...head, seq: head.seq + 1, end: 2, flush: 'a-2' })
  damage((path, name) => hdfs.setXattr(path, name, '{bad', 'set'), `${JOURNAL}/${temp}`)
  const world = { journals: [], directories: new Map(), stampOf: () => undefined, end: 2 }
  const { topic, group, clusterId } = IDENTITY
  const files = new SimFileSystem(hdfs, 'audit', schedule) as unknown as FakeFiles
  const log = {
    committedOffset: async () => undefined,
    logBounds: async () => ({ start: 0, end: 2 }),
  }
  const more = { files, log, root: '/out', group, clusterId } as never
  const context = contextOf(world as never, '/out/{topic}/{startOffset}', more)
  await readBaseline(context, { topic, partition: 0 })
  return context.findings.kept.map(({ kind }) => kind)
}

it('a file that is on its way to its name is noted', async () => {
  expect(await findingsOf(() => {})).toEqual(['unpublished'])
})

it('a stamp that keeps a committed file from its name is a problem', async () => {
  const damage = await findingsOf((set, temp) => set(temp, STAMP_ATTRIBUTE))
  expect(damage).toEqual(['journal-damaged'])
})

it('a journal whose identity cannot be read is a problem', async () => {
  expect(await findingsOf((set) => set(JOURNAL, IDENTITY_ATTRIBUTE))).toContain('journal-damaged')
})
