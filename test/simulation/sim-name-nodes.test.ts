import { beforeEach, describe, expect, it } from 'vitest'
import { NotFoundError, OtherNameNodeError } from '../../src/core/errors.ts'
import {
  ConnectionLostError,
  DataNodeFailedError,
  NameNodeUnreachableError,
  QuotaExceededError,
  SafeModeError,
} from '../../src/hdfs/errors.ts'
import { type Receipt, SimNameNodes } from './sim-name-nodes.ts'

/** The rules are those above the fake: whoever changes one changes it on purpose. */
describe('a pair of simulated NameNodes', () => {
  let hdfs: SimNameNodes

  beforeEach(() => {
    hdfs = new SimNameNodes(['nn1', 'nn2'])
    makeDirectory('/a').acknowledge()
  })

  const makeDirectory = (path: string, at = 'nn1'): Receipt<void> =>
    hdfs.change(at, 'MKDIRS', path, (files) => files.makeDirectory(path))
  const names = (at: string, path = '/'): string[] =>
    (hdfs.read(at, 'LISTSTATUS', path, (files) => files.list(path)) ?? []).map(({ name }) => name)
  const durable = (): string[] => hdfs.list('/')?.map(({ name }) => name) ?? []

  function failover(to: 'down' | 'standby' | 'cut-off', synced = 0): void {
    hdfs.depose(to, synced)
    hdfs.activate('nn2')
  }

  it('shows an edit at once, and makes it durable before it is acknowledged', () => {
    const receipt = makeDirectory('/b')
    expect(names('nn1')).toEqual(['a', 'b'])
    expect(durable()).toEqual(['a'])
    receipt.acknowledge()
    expect(durable()).toEqual(['a', 'b'])
  })

  it('syncs with one edit all that came before it', () => {
    makeDirectory('/b')
    makeDirectory('/c')
    makeDirectory('/d').acknowledge()
    expect(durable()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('answers what is no edit without syncing anything', () => {
    makeDirectory('/b')
    makeDirectory('/b').acknowledge()
    expect(() => hdfs.change('nn1', 'RENAME', '/x', (files) => files.rename('/x', '/b'))).toThrow(
      NotFoundError,
    )
    expect(hdfs.unsynced).toBe(1)
    expect(durable()).toEqual(['a'])
  })

  it('loses in a failover what was not synced, and never acknowledges it', () => {
    const receipts = [makeDirectory('/b'), makeDirectory('/c')]
    failover('down', 1)
    expect(names('nn2')).toEqual(['a', 'b'])
    expect(() => receipts[0]?.acknowledge()).not.toThrow()
    expect(() => receipts[1]?.acknowledge()).toThrow(ConnectionLostError)
  })

  it('gives the ids of lost inodes again', () => {
    const idOf = (at: string, path: string): number | undefined =>
      hdfs.read(at, 'GETFILESTATUS', path, (files) => files.status(path)?.fileId)
    makeDirectory('/lost')
    const lost = idOf('nn1', '/lost')
    failover('cut-off')
    makeDirectory('/other', 'nn2')
    expect(idOf('nn2', '/other')).toBe(lost)
  })

  it('lets the old active answer reads from its past until it tries to write', () => {
    makeDirectory('/lost')
    failover('cut-off')
    makeDirectory('/new', 'nn2').acknowledge()
    expect(names('nn1')).toEqual(['a', 'lost'])
    expect(() => makeDirectory('/x')).toThrow(ConnectionLostError)
    expect(() => names('nn1')).toThrow(NameNodeUnreachableError)
    expect(hdfs.restart('nn1')).toBe(true)
    expect(() => names('nn1')).toThrow(OtherNameNodeError)
    expect(durable()).toEqual(['a', 'new'])
  })

  it('refuses everything on a standby, and answers old reads on an observer', () => {
    expect(() => names('nn2')).toThrow(OtherNameNodeError)
    expect(hdfs.observe('nn2')).toBe(true)
    makeDirectory('/new').acknowledge()
    expect(names('nn2')).toEqual(['a'])
    expect(() => makeDirectory('/x', 'nn2')).toThrow(OtherNameNodeError)
  })

  it('has no active one between two that are', () => {
    hdfs.depose('standby', 0)
    expect(hdfs.active).toBeUndefined()
    expect(() => names('nn1')).toThrow(OtherNameNodeError)
    expect(() => makeDirectory('/x', 'nn2')).toThrow(OtherNameNodeError)
    expect(() => hdfs.create('nn1', '/a/x', Buffer.of(1))).toThrow(DataNodeFailedError)
  })

  it('takes a file on the NameNode that is active, whoever named the DataNode', () => {
    failover('cut-off')
    hdfs.create('nn1', '/a/x', Buffer.of(1)).acknowledge()
    expect(hdfs.read('/a/x')).toEqual(Buffer.of(1))
  })

  it('cuts an upload in half and says nothing of it', () => {
    hdfs.cutUploads = 1
    hdfs.create('nn1', '/a/x', Buffer.from('abcd')).acknowledge()
    hdfs.create('nn1', '/a/y', Buffer.from('abcd')).acknowledge()
    expect(String(hdfs.read('/a/x'))).toBe('ab')
    expect(String(hdfs.read('/a/y'))).toBe('abcd')
  })

  it('answers reads in safe mode and refuses every change, those that change nothing too', () => {
    hdfs.refusal = 'safe-mode'
    expect(names('nn1')).toEqual(['a'])
    expect(() => makeDirectory('/a')).toThrow(SafeModeError)
  })

  it('beyond a quota takes nothing new, and gives away what there is', () => {
    hdfs.refusal = 'quota'
    expect(() => hdfs.create('nn1', '/a/x', Buffer.of(1))).toThrow(QuotaExceededError)
    hdfs.change('nn1', 'DELETE', '/a', (files) => files.delete('/a', true)).acknowledge()
    expect(durable()).toEqual([])
  })

  it('is well again after calm', () => {
    failover('down')
    hdfs.depose('cut-off', 0)
    hdfs.refusal = 'safe-mode'
    hdfs.calm()
    expect(hdfs.active).toBe('nn1')
    expect(hdfs.stateOf('nn2')).toBe('standby')
    makeDirectory('/b').acknowledge()
    expect(durable()).toEqual(['a', 'b'])
  })
})
