import { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { fileSystem } from '../hdfs/fake-servers.ts'
import { created, dataNode, nameNodeFor } from '../hdfs/upload-servers.ts'

const MIB = 1024 * 1024

/** What is written to each connection: one row of chunks for a system call. */
function watchWrites(): Map<Socket, Uint8Array[][]> {
  const writes = new Map<Socket, Uint8Array[][]>()
  const note = (socket: Socket, chunks: Uint8Array[]) =>
    writes.set(socket, [...(writes.get(socket) ?? []), chunks])
  const { _write: write, _writev: writev } = Socket.prototype
  vi.spyOn(Socket.prototype, '_write').mockImplementation(function (this: Socket, ...args) {
    note(this, [args[0]])
    return write.apply(this, args)
  })
  vi.spyOn(Socket.prototype, '_writev').mockImplementation(function (this: Socket, ...args) {
    note(
      this,
      args[0].map(({ chunk }) => chunk),
    )
    return writev?.apply(this, args)
  })
  return writes
}

it('an upload writes each of its chunks once, as it is, and asks the NameNode twice', async () => {
  const file = [4096, MIB, MIB, MIB, 300_000].map((size) => Buffer.alloc(size, 'x'))
  const byteLength = file.reduce((sum, { length }) => sum + length, 0)
  const data = await dataNode(created)
  const name = await nameNodeFor(data.host, byteLength)
  const writes = watchWrites()
  await fileSystem([name.url]).upload('/a', file)

  const own = new Set<ArrayBufferLike>(file.map(({ buffer }) => buffer))
  const isOwn = ({ buffer }: Uint8Array) => own.has(buffer)
  const uploads = [...writes.values()].filter((calls) => calls.flat().some(isOwn))
  expect(uploads).toHaveLength(1)
  const sent = uploads.flat(2).filter(isOwn)
  expect(sent.map((chunk) => chunk.byteLength)).toEqual(file.map(({ length }) => length))
  expect(uploads.flat().length).toBeLessThanOrEqual(file.length + 1)
  expect(name.asked).toEqual(['PUT CREATE /a', 'GET GETFILESTATUS /a'])
})
