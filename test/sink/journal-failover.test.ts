import { expect, it, vi } from 'vitest'
import { formatHead, formatIdentity, IDENTITY_ATTRIBUTE } from '../../src/core/journal.ts'
import { JoinDoubtfulError } from '../../src/sink/temp-files.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { SimNameNodes } from '../simulation/sim-name-nodes.ts'
import { found, IDENTITY, JOURNAL, move, signal, world } from './journals.ts'

/*
 * A failover loses what the old NameNode had shown, but not yet written down.
 */

const FRESH = '/out/_sink/g/t/.new-0-a-0-1'

/** Somebody has made a journal, and its rename into place is not synced. */
function journalInTheMaking(): SimNameNodes {
  const hdfs = new SimNameNodes(['nn1', 'nn2'])
  hdfs.byUser((files) => {
    files.makeDirectory(`${FRESH}/head.0.0.-.a-0`)
    const text = formatIdentity({ ...IDENTITY, journalId: 'id' })
    files.setXattr(FRESH, IDENTITY_ATTRIBUTE, text, 'set')
  })
  hdfs.change('nn1', 'RENAME', FRESH, (files) => files.rename(FRESH, JOURNAL))
  return hdfs
}

/** The old active is gone, and nothing of what it had not synced is left. */
function failover(hdfs: SimNameNodes, to = 'nn2'): void {
  if (hdfs.depose('down', 0)) hdfs.activate(to)
}

it('a journal whose name is lost while it is looked at is not claimed', async () => {
  const hdfs = journalInTheMaking()
  const fs = new SimFileSystem(hdfs, 'b', new ScriptedSchedule())
  const getXattrs = fs.getXattrs.bind(fs)
  fs.getXattrs = (path, call) => {
    failover(hdfs)
    return getXattrs(path, call)
  }
  const journal = world().store('b', 0, fs)
  await expect(journal.find(undefined)).rejects.toMatchObject({ action: 'other-namenode' })
  expect(hdfs.list(FRESH)?.map(({ name }) => name)).toEqual(['head.0.0.-.a-0'])
})

it('a journal whose name is lost before it is claimed is not in its place', async () => {
  const hdfs = journalInTheMaking()
  const journal = world().store('b', 0, new SimFileSystem(hdfs, 'b', new ScriptedSchedule()))
  const { base, head } = await found(journal)
  expect(await journal.isInPlace(base)).toBe(true)
  failover(hdfs, 'nn1')
  await journal.moveToken(base, head, { ...head, seq: 1, writer: 'b-0' })
  expect(await journal.isInPlace(base)).toBe(false)
})

it('a journal whose name is lost before it is moved is not taken for moved', async () => {
  const hdfs = journalInTheMaking()
  const fs = new SimFileSystem(hdfs, 'mover', new ScriptedSchedule())
  const list = fs.list.bind(fs)
  fs.list = async (path, call) => {
    const entries = await list(path, call)
    fs.list = list
    failover(hdfs, 'nn1')
    return entries
  }
  const { head } = await move({ fs, from: 0 })
  expect(hdfs.list(JOURNAL)?.map(({ name }) => name)).toEqual([formatHead(head)])
  expect(head.end).toBe(7)
})

it('segments whose joining was not acknowledged are not taken for joined, whatever a read shows', async () => {
  const hdfs = new SimNameNodes(['nn1', 'nn2'])
  const schedule = new ScriptedSchedule()
  const fs = new SimFileSystem(hdfs, 'b', schedule)
  const { store, temps } = world()
  const journal = store('b', 0, fs)
  await journal.create({ start: 0, writer: 'b-0', topicId: undefined }, 'id')
  const { base } = await found(journal)
  const names = ['one\n', 'two\n'].map((text, n) => ({ text, name: `f-1.${n}.tmp` }))
  for (const { text, name } of names) await fs.upload(`${base}/${name}`, [Buffer.from(text)])
  schedule.fates.set('CONCAT', ['late'])
  const joining = temps(fs).join(
    names.map(({ name }) => name),
    8,
    { signal },
  )
  await expect(joining).rejects.toBeInstanceOf(JoinDoubtfulError)
  const first = `${base}/f-1.0.tmp`
  await vi.waitFor(async () => expect((await fs.status(first))?.byteLength).toBe(8))
  failover(hdfs)
  expect(hdfs.read(first)?.toString()).toBe('one\n')
})
