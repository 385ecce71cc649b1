import { describe, expect, it } from 'vitest'
import { readWhole, UnreadableFileError } from '../../src/audit/file-bytes.ts'
import {
  type Asked,
  failureOf,
  fakeServer,
  fileStatus,
  fileSystem,
  json,
  nobody,
  remoteException,
} from './fake-servers.ts'

const CONTENTS = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''))

/** A NameNode that sends all reads to one DataNode. */
function nameNodeFor(host: string) {
  return fakeServer(({ op, path, query, response }) => {
    if (op === 'GETFILESTATUS') json(response, 200, { FileStatus: fileStatus(CONTENTS.length) })
    else if (path === '/none') remoteException(response, 404, 'FileNotFoundException')
    else {
      const Location = `http://${host}/webhdfs/v1${path}?op=OPEN&offset=${query.get('offset')}`
      json(response, 200, { Location })
    }
  })
}

/** Sends at most `most` bytes of what is left, and then breaks off. */
function dataNode(most: () => number) {
  return fakeServer(({ query, response }: Asked) => {
    const rest = CONTENTS.subarray(Number(query.get('offset')))
    response.writeHead(200, { 'content-length': rest.length })
    const bytes = rest.subarray(0, most())
    if (bytes.length === rest.length) response.end(bytes)
    else response.write(bytes, () => response.destroy())
  })
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

describe('a file that is read', () => {
  it('comes from the position that was asked for', async () => {
    const { host } = await dataNode(() => Number.POSITIVE_INFINITY)
    const { url } = await nameNodeFor(host)
    const fs = fileSystem([url])
    expect((await all(fs.read('/f', 0))).equals(CONTENTS)).toBe(true)
    expect((await all(fs.read('/f', 99_990))).equals(CONTENTS.subarray(99_990))).toBe(true)
  })

  it('is never taken for whole when the connection breaks', async () => {
    const { host } = await dataNode(() => 50_000)
    const { url } = await nameNodeFor(host)
    const failure = await failureOf(all(fileSystem([url]).read('/f', 0)))
    expect(failure).toMatchObject({
      name: 'ConnectionLostError',
      action: 'retry',
      ambiguous: false,
    })
  })

  it('goes on where the connection broke', async () => {
    let connections = 0
    const { host } = await dataNode(() => 7_000 * ++connections)
    const { url } = await nameNodeFor(host)
    expect((await all(readWhole(fileSystem([url]), '/f'))).equals(CONTENTS)).toBe(true)
    expect(connections).toBeGreaterThan(3)
  })

  it('is given up when HDFS answers, and never with its bytes', async () => {
    const { url } = await nameNodeFor(await nobody())
    const reading = all(readWhole(fileSystem([url]), '/f'))
    await expect(reading).rejects.toThrow(UnreadableFileError)
  })

  it('fails as the DataNode says', async () => {
    const { host } = await fakeServer(({ response }) =>
      remoteException(response, 403, 'AccessControlException', 'denied'),
    )
    const { url } = await nameNodeFor(host)
    expect(await failureOf(all(fileSystem([url]).read('/f', 0)))).toMatchObject({
      name: 'PermissionDeniedError',
      status: 403,
    })
    expect(await failureOf(all(fileSystem([url]).read('/none', 0)))).toMatchObject({
      name: 'NotFoundError',
    })
  })

  it('ends when its DataNode sends nothing, and when it is not wanted any more', async () => {
    const { host, sockets } = await fakeServer(({ response }) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('x')
    })
    const { url } = await nameNodeFor(host)
    const fs = fileSystem([url], { uploadIdleTimeoutMs: 100 })
    expect(await failureOf(all(fs.read('/f', 0)))).toMatchObject({ name: 'RequestTimeoutError' })
    const patient = fileSystem([url])
    for await (const _ of patient.read('/f', 0)) break
    const aborting = new AbortController()
    const reading = (async () => {
      for await (const _ of patient.read('/f', 0, { signal: aborting.signal })) aborting.abort()
    })()
    expect(await failureOf(reading)).toMatchObject({ name: 'CallAbortedError' })
    await expect.poll(() => sockets.size).toBe(0)
  })

  it('is taken no faster than it is read', async () => {
    let written = 0
    const { host } = await fakeServer(({ response }) => {
      response.writeHead(200, { 'content-length': 1e9 })
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    const { url } = await nameNodeFor(host)
    let read = 0
    for await (const chunk of fileSystem([url]).read('/f', 0)) {
      read += chunk.byteLength
      if (read > 20e6) break
    }
    expect(written - read).toBeLessThan(30e6)
  })
})
