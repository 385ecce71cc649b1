import { beforeEach, describe, expect, it } from 'vitest'
import { AlreadyExistsError, NotFoundError } from '../../src/core/errors.ts'
import { NotADirectoryError, RequestRefusedError } from '../../src/hdfs/errors.ts'
import { SimHdfs } from './sim-hdfs.ts'

/** What was measured on real NameNodes: whoever changes the fake changes this on purpose. */
describe('the simulated NameNode', () => {
  let hdfs: SimHdfs
  const inode = (path: string): string => `/.reserved/.inodes/${hdfs.status(path)?.fileId}`

  beforeEach(() => {
    hdfs = new SimHdfs()
    hdfs.makeDirectory('/a/b')
    hdfs.create('/a/file', Buffer.from('bytes'))
  })

  it('renames without overwriting, and looks at the source first', () => {
    hdfs.create('/a/taken', Buffer.from('old'))
    expect(() => hdfs.rename('/a/file', '/a/taken')).toThrow(AlreadyExistsError)
    expect(() => hdfs.rename('/a/file', '/a/b')).toThrow(AlreadyExistsError)
    expect(() => hdfs.rename('/a/none', '/a/taken')).toThrow(NotFoundError)
    expect(() => hdfs.rename('/a/file', '/none/file')).toThrow(NotFoundError)
    expect(() => hdfs.rename('/a', '/a/b/c')).toThrow(RequestRefusedError)
    expect(String(hdfs.read('/a/taken'))).toBe('old')
  })

  it('lets a repeated rename fail at its source', () => {
    hdfs.rename('/a/file', '/a/moved')
    expect(() => hdfs.rename('/a/file', '/a/moved')).toThrow(NotFoundError)
  })

  it('keeps id and attributes over renames, and changes them with a new file', () => {
    hdfs.setXattr('/a/file', 'x', '1', 'create')
    const before = hdfs.status('/a/file')?.fileId
    hdfs.rename('/a/file', '/a/moved')
    expect(hdfs.status('/a/moved')?.fileId).toBe(before)
    expect(hdfs.getXattrs('/a/moved')?.get('x')).toBe('1')
    hdfs.create('/a/file', Buffer.from('new'))
    expect(hdfs.status('/a/file')?.fileId).not.toBe(before)
  })

  it('finds a directory by its inode until it is deleted', () => {
    const base = inode('/a/b')
    hdfs.rename('/a/b', '/a/c')
    hdfs.create(`${base}/x`, Buffer.from('x'))
    expect(hdfs.filesBelow('/a/c')).toEqual(['/a/c/x'])
    hdfs.delete('/a/c', true)
    hdfs.makeDirectory('/a/c')
    expect(hdfs.list(base)).toBeUndefined()
    expect(() => hdfs.create(`${base}/y`, Buffer.alloc(0))).toThrow(NotFoundError)
    expect(() => hdfs.makeDirectory(`${base}/d`)).toThrow(NotFoundError)
  })

  it('creates neither parents nor a second file of a name', () => {
    expect(() => hdfs.create('/none/x', Buffer.alloc(0))).toThrow(NotFoundError)
    expect(() => hdfs.create('/a/file', Buffer.alloc(0))).toThrow(AlreadyExistsError)
  })

  it('makes directories with their parents, but not where a file is', () => {
    hdfs.makeDirectory('/a/b')
    expect(() => hdfs.makeDirectory('/a/file')).toThrow(AlreadyExistsError)
    expect(() => hdfs.makeDirectory('/a/file/x')).toThrow(NotADirectoryError)
  })

  it('sets an attribute for the first time once', () => {
    hdfs.setXattr('/a', 'x', '1', 'create')
    expect(() => hdfs.setXattr('/a', 'x', '2', 'create')).toThrow(AlreadyExistsError)
    expect(() => hdfs.setXattr('/a', 'y', '2', 'replace')).toThrow(NotFoundError)
    expect(() => hdfs.setXattr('/none', 'x', '1', 'set')).toThrow(NotFoundError)
    hdfs.setXattr('/a', 'x', '3', 'set')
    expect(hdfs.getXattrs('/a')?.get('x')).toBe('3')
  })

  it('deletes a directory that is not empty only with all that is in it', () => {
    expect(() => hdfs.delete('/a', false)).toThrow(RequestRefusedError)
    expect(hdfs.delete('/a', true)).toBe(true)
    expect(hdfs.delete('/a', true)).toBe(false)
  })

  it('lists in the order of bytes, and a file not at all', () => {
    hdfs.makeDirectory('/a/é')
    hdfs.makeDirectory('/a/Z')
    expect(hdfs.list('/a')?.map(({ name }) => name)).toEqual(['é', 'Z', 'b', 'file'])
    expect(hdfs.list('/a/file')).toBeUndefined()
  })

  it('joins files by CONCAT: of one directory, not empty, each named once', () => {
    hdfs.create('/a/x', Buffer.from('+x'))
    hdfs.create('/a/y', Buffer.from('+y'))
    hdfs.create('/a/empty', Buffer.alloc(0))
    hdfs.create('/a/b/other', Buffer.from('o'))
    const id = hdfs.status('/a/file')?.fileId
    for (const sources of [
      ['/a/empty'],
      ['/a/b/other'],
      ['/a/file'],
      ['/a/x', '/a/x'],
      [],
      ['/a/b'],
    ]) {
      expect(() => hdfs.concat('/a/file', sources)).toThrow(RequestRefusedError)
    }
    expect(() => hdfs.concat('/a/file', ['/a/x', '/a/none'])).toThrow(NotFoundError)
    hdfs.concat('/a/file', ['/a/y', '/a/x'])
    expect(String(hdfs.read('/a/file'))).toBe('bytes+y+x')
    expect(hdfs.status('/a/file')?.fileId).toBe(id)
    expect(hdfs.status('/a/x')).toBeUndefined()
    hdfs.concat('/a/empty', ['/a/file'])
    expect(String(hdfs.read('/a/empty'))).toBe('bytes+y+x')
  })

  it('changes nothing when it refuses, so that two that saw the same edits are the same', () => {
    const other = hdfs.clone()
    expect(() => hdfs.makeDirectory('/a/file/x')).toThrow(NotADirectoryError)
    expect(() => hdfs.create('/none/x', Buffer.alloc(0))).toThrow(NotFoundError)
    for (const one of [hdfs, other]) {
      one.makeDirectory('/new/directory')
      one.setXattr('/a/b', 'x', '1', 'set')
    }
    expect(other.status('/new/directory')).toEqual(hdfs.status('/new/directory'))
    hdfs.delete('/a', true)
    expect(other.filesBelow('/')).toEqual(['/a/file'])
    expect(other.getXattrs('/a/b')?.get('x')).toBe('1')
  })
})
