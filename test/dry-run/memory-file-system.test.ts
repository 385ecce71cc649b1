import { expect, it } from 'vitest'
import { AlreadyExistsError, NotFoundError } from '../../src/core/errors.ts'
import { inodePath } from '../../src/core/journal.ts'
import type { FileStatus } from '../../src/core/ports.ts'
import { MemoryFileSystem } from '../../src/dry-run/memory-file-system.ts'

const bytes = (length: number) => [new Uint8Array(length)]
const real: FileStatus = { name: '', type: 'file', byteLength: 7, fileId: 99, modifiedMs: 1 }

it('keeps names, lengths and attributes, and forgets what is deleted', async () => {
  const fs = new MemoryFileSystem({ status: async () => undefined }, '/k/_sink')
  await fs.makeDirectory('/k/a')
  await fs.upload('/k/a/x', bytes(3))
  await fs.upload('/k/a/y', bytes(4))
  await fs.concat('/k/a/x', ['/k/a/y'])
  await fs.setXattr('/k/a/x', 'stamp', 's', 'create')
  await fs.makeDirectory('/k/b')
  await fs.rename('/k/a/x', '/k/b/z')
  expect(await fs.list('/k/a')).toEqual([])
  expect(await fs.status('/k/b/z')).toMatchObject({ type: 'file', byteLength: 7 })
  expect(await fs.getXattrs('/k/b/z')).toEqual(new Map([['stamp', 's']]))
  expect(await fs.delete('/k')).toBe(true)
  expect(await fs.delete('/k')).toBe(false)
  expect(await fs.list('/k')).toBeUndefined()
})

it('refuses what HDFS refuses', async () => {
  const fs = new MemoryFileSystem({ status: async () => undefined }, '/k/_sink')
  await fs.makeDirectory('/k/a')
  await fs.makeDirectory('/k/b')
  await fs.upload('/k/file', bytes(1))
  await expect(fs.rename('/k/a', '/k/b')).rejects.toBeInstanceOf(AlreadyExistsError)
  await expect(fs.rename('/k/none', '/k/c')).rejects.toBeInstanceOf(NotFoundError)
  await expect(fs.rename('/k/a', '/none/c')).rejects.toBeInstanceOf(NotFoundError)
  await expect(fs.upload('/k/file', bytes(1))).rejects.toBeInstanceOf(AlreadyExistsError)
  await expect(fs.upload('/none/file', bytes(1))).rejects.toBeInstanceOf(NotFoundError)
  await expect(fs.makeDirectory('/k/file/x')).rejects.toBeInstanceOf(AlreadyExistsError)
  await expect(fs.makeDirectory('/k/file')).rejects.toBeInstanceOf(AlreadyExistsError)
  await expect(fs.setXattr('/k/a', 'n', 'v', 'replace')).rejects.toBeInstanceOf(NotFoundError)
  await expect(fs.concat('/k/file', ['/k/none'])).rejects.toBeInstanceOf(NotFoundError)
})

it('finds a directory by its inode, whatever becomes of its name', async () => {
  const fs = new MemoryFileSystem({ status: async () => real }, '/k/_sink')
  await fs.makeDirectory('/k/_sink/g/t/0/head')
  const { fileId = 0 } = (await fs.status('/k/_sink/g/t/0')) ?? {}
  const base = inodePath(fileId)
  await fs.rename('/k/_sink/g/t/0', '/k/_sink/g/t/1')
  await fs.rename(`${base}/head`, `${base}/next`)
  expect((await fs.list('/k/_sink/g/t/1'))?.map(({ name }) => name)).toEqual(['next'])
  await fs.delete('/k/_sink/g/t/1')
  expect(await fs.status(base)).toBeUndefined()
})

it('knows which paths are taken in the real HDFS, but not its journals', async () => {
  const asked: string[] = []
  const status = async (path: string) => {
    asked.push(path)
    return real
  }
  const fs = new MemoryFileSystem({ status }, '/k/_sink')
  expect(await fs.status('/k/t/file')).toEqual(real)
  expect(await fs.status('/k/_sink')).toBeUndefined()
  expect(await fs.status('/k/_sink/g/t/0')).toBeUndefined()
  expect(asked).toEqual(['/k/t/file'])
})
