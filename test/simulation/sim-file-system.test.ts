import { beforeEach, describe, expect, it } from 'vitest'
import { NotFoundError, OtherNameNodeError } from '../../src/core/errors.ts'
import {
  CallAbortedError,
  ConnectionLostError,
  NameNodeUnreachableError,
  NoActiveNameNodeError,
  RequestTimeoutError,
  UploadIncompleteError,
} from '../../src/hdfs/errors.ts'
import { ScriptedSchedule } from './scripted-schedule.ts'
import { SimFileSystem } from './sim-file-system.ts'
import { SimNameNodes } from './sim-name-nodes.ts'

/** As src/hdfs/name-nodes.ts does, which test/hdfs/name-nodes shows. */
describe('a process that asks two simulated NameNodes', () => {
  let hdfs: SimNameNodes
  let schedule: ScriptedSchedule
  let fs: SimFileSystem

  beforeEach(async () => {
    hdfs = new SimNameNodes(['nn1', 'nn2'])
    schedule = new ScriptedSchedule()
    fs = new SimFileSystem(hdfs, 'a', schedule)
    await fs.makeDirectory('/a')
  })

  function failover(to: 'down' | 'standby' | 'cut-off'): void {
    hdfs.depose(to, 0)
    hdfs.activate('nn2')
  }

  it('looks for the active one before its first request', () => {
    expect(schedule.calls).toEqual(['PROBE /', 'MKDIRS /a'])
    expect(fs.nameNode).toBe('nn1')
  })

  it.each(['down', 'standby'] as const)('finds the other one when the first is %s', async (to) => {
    failover(to)
    expect((await fs.status('/a'))?.type).toBe('directory')
    expect(fs.nameNode).toBe('nn2')
    failover('down')
    await fs.makeDirectory('/b')
    expect(hdfs.list('/b')).toEqual([])
  })

  it('sends a read that was lost to another one, and a change not', async () => {
    schedule.fates.set('GETFILESTATUS', ['not-done'])
    expect(await fs.status('/a')).toBeDefined()
    schedule.fates.set('MKDIRS', ['not-done'])
    await expect(fs.makeDirectory('/b')).rejects.toBeInstanceOf(ConnectionLostError)
    expect(schedule.count('MKDIRS')).toBe(2)
  })

  it('sends a pinned call nowhere else', async () => {
    failover('standby')
    const pinned = { onlyNameNode: 'nn1' }
    await expect(fs.list('/a', pinned)).rejects.toBeInstanceOf(OtherNameNodeError)
    await fs.list('/a')
    const before = schedule.calls.length
    await expect(fs.list('/a', pinned)).rejects.toBeInstanceOf(OtherNameNodeError)
    expect(schedule.calls).toHaveLength(before)
  })

  it('does not know whether a pinned call was done when its NameNode is fenced', async () => {
    failover('cut-off')
    const rename = fs.rename('/a', '/b', { onlyNameNode: 'nn1' })
    await expect(rename).rejects.toMatchObject({ name: 'ConnectionLostError', ambiguous: true })
    const again = fs.rename('/a', '/b', { onlyNameNode: 'nn1' })
    await expect(again).rejects.toBeInstanceOf(NameNodeUnreachableError)
    expect(hdfs.list('/b')).toBeUndefined()
  })

  it('waits for an active one by failing so that it is tried again', async () => {
    hdfs.depose('standby', 0)
    await expect(fs.status('/a')).rejects.toBeInstanceOf(NoActiveNameNodeError)
    hdfs.activate('nn1')
    expect(await fs.status('/a')).toBeDefined()
  })

  it('hears of success only when the edit is durable', async () => {
    await fs.makeDirectory('/b')
    expect(hdfs.unsynced).toBe(0)
    schedule.reply = async () => void hdfs.depose('down', 0)
    await expect(fs.makeDirectory('/c')).rejects.toBeInstanceOf(ConnectionLostError)
    expect(hdfs.list('/c')).toBeUndefined()
  })

  it('believes an upload when all of its bytes are there', async () => {
    await fs.upload('/a/x', [Buffer.from('ab'), Buffer.from('cd')])
    expect(schedule.calls.slice(-2)).toEqual(['CREATE /a/x', 'GETFILESTATUS /a/x'])
    hdfs.cutUploads = 1
    const cut = fs.upload('/a/y', [Buffer.from('abcd')])
    await expect(cut).rejects.toMatchObject({ expectedBytes: 4, foundBytes: 2 })
    await expect(cut).rejects.toBeInstanceOf(UploadIncompleteError)
  })

  it('may resurrect a file that was deleted: what is late is done all the same', async () => {
    schedule.fates.set('CREATE', ['late'])
    const upload = fs.upload('/a/x', [Buffer.from('abcd')])
    schedule.block(({ op }) => op === 'CREATE')
    await expect(upload).rejects.toBeInstanceOf(RequestTimeoutError)
    expect(await fs.delete('/a/x', { recursive: false })).toBe(false)
    schedule.unblock()
    await expect.poll(() => hdfs.unsynced).toBe(1)
    expect(await fs.status('/a/x')).toBeDefined()
  })

  it('gives up waiting when its caller does', async () => {
    const calling = new AbortController()
    schedule.block(() => true)
    const status = fs.status('/a', { signal: calling.signal })
    calling.abort()
    await expect(status).rejects.toBeInstanceOf(CallAbortedError)
    expect(fs.nameNode).toBe('nn1')
  })

  it('takes the word of whoever answers, also of one that was cut off', async () => {
    failover('cut-off')
    hdfs.byUser((files) => files.delete('/a', true))
    expect(await fs.status('/a')).toBeDefined()
    await expect(fs.delete('/a', { recursive: true })).rejects.toBeInstanceOf(ConnectionLostError)
    await expect(fs.rename('/a', '/b')).rejects.toBeInstanceOf(NotFoundError)
    expect(fs.nameNode).toBe('nn2')
  })
})
