import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import {
  failureOf,
  fakeServer,
  fileStatus,
  fileSystem,
  json,
  nobody,
  rawServer,
  redirectTo,
  remoteException,
} from './fake-servers.ts'
import { bytes, created, dataNode, file, nameNodeFor } from './upload-servers.ts'

describe('a DataNode whose', () => {
  it.each([503, 409, 500, 404])('status is %i has failed', async (status) => {
    const data = await dataNode(({ response }) => response.writeHead(status).end())
    const name = await nameNodeFor(data.host)
    expect(await failureOf(fileSystem([name.url]).upload('/a', file))).toMatchObject({
      name: 'ServiceUnavailableError',
      action: 'retry',
      status,
      ambiguous: true,
    })
  })

  it.each([200, 202, 307])('status is %i instead of 201 has failed', async (status) => {
    const data = await dataNode(({ response }) => response.writeHead(status).end())
    const name = await nameNodeFor(data.host)
    expect(await failureOf(fileSystem([name.url]).upload('/a', file))).toMatchObject({
      name: 'UnexpectedAnswerError',
      action: 'retry',
      status,
      ambiguous: true,
    })
  })

  it('file is shorter than what was sent has failed', async () => {
    const data = await dataNode(created)
    const name = await nameNodeFor(data.host, bytes.length - 1)
    const call = fileSystem([name.url]).upload('/a', file)
    expect(await failureOf(call)).toMatchObject({
      name: 'UploadIncompleteError',
      action: 'retry',
      ambiguous: true,
    })
    await expect(call).rejects.toMatchObject({
      expectedBytes: bytes.length,
      foundBytes: bytes.length - 1,
    })
  })

  it('file is missing has failed', async () => {
    const data = await dataNode(created)
    const name = await fakeServer((asked) =>
      asked.op === 'CREATE'
        ? redirectTo(data.host, asked)
        : remoteException(asked.response, 404, 'FileNotFoundException'),
    )
    const call = fileSystem([name.url]).upload('/a', file)
    await expect(call).rejects.toMatchObject({
      name: 'UploadIncompleteError',
      foundBytes: undefined,
    })
  })

  it('file cannot be confirmed leaves the upload in doubt', async () => {
    const data = await dataNode(created)
    const name = await fakeServer((asked) =>
      asked.op === 'CREATE'
        ? redirectTo(data.host, asked)
        : remoteException(asked.response, 403, 'RetriableException'),
    )
    const call = fileSystem([name.url]).upload('/a', file)
    await expect(call).rejects.toMatchObject({
      name: 'NameNodeNotReadyError',
      op: 'CREATE',
      ambiguous: true,
    })
  })

  it('answer never comes is given up after the idle time', async () => {
    const data = await dataNode(() => {})
    const name = await nameNodeFor(data.host)
    const fs = fileSystem([name.url], { uploadIdleTimeoutMs: 100 })
    expect(await failureOf(fs.upload('/a', file))).toMatchObject({
      name: 'RequestTimeoutError',
      ambiguous: true,
    })
    await vi.waitFor(() => expect(data.sockets.size).toBe(0))
  })

  it('connection takes no more bytes is given up after the idle time', async () => {
    const data = await rawServer((socket) => socket.pause())
    const name = await nameNodeFor(data.host)
    const fs = fileSystem([name.url], { uploadIdleTimeoutMs: 200 })
    const call = fs.upload('/a', [Buffer.alloc(64 * 1024 * 1024)])
    expect(await failureOf(call)).toMatchObject({ name: 'RequestTimeoutError' })
  })

  it('upload was given up never sees what its memory is used for next', async () => {
    const seen: Buffer[] = []
    const paused = Promise.withResolvers<Socket>()
    const data = await rawServer((socket) => {
      socket.pause()
      socket.on('data', (bytes) => seen.push(bytes))
      paused.resolve(socket)
    })
    const name = await nameNodeFor(data.host)
    const chunk = Buffer.alloc(64 * 1024 * 1024, 'a')
    const fs = fileSystem([name.url], { uploadIdleTimeoutMs: 200 })
    await failureOf(fs.upload('/a', [chunk]))
    chunk.fill('b')
    const socket = await paused.promise
    const ended = once(socket, 'close')
    socket.resume()
    await ended
    const text = Buffer.concat(seen).toString('latin1')
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toMatch(/^a+$/)
  })

  it('connection is slow is not given up while bytes move', async () => {
    const length = 24 * 1024 * 1024
    const data = await fakeServer(({ request, response }) => {
      // So that the whole takes longer than the idle time.
      request.on('data', () => {
        request.pause()
        setTimeout(() => request.resume(), 5)
      })
      request.once('end', () => response.writeHead(201).end())
    })
    const name = await nameNodeFor(data.host, length)
    const fs = fileSystem([name.url], { uploadIdleTimeoutMs: 1200 })
    const startedMs = performance.now()
    await fs.upload('/a', [Buffer.alloc(length)])
    expect(performance.now() - startedMs).toBeGreaterThan(1200)
  })

  it.each([12, 8 * 1024 * 1024])('connection breaks has failed, with %i bytes', async (bytes) => {
    const data = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const name = await nameNodeFor(data.host)
    const call = fileSystem([name.url]).upload('/a', [Buffer.alloc(bytes)])
    expect(await failureOf(call)).toMatchObject({ name: 'ConnectionLostError', ambiguous: true })
  })

  it.each([12, 32 * 1024 * 1024])(
    'refusal of a body of %i bytes is read, though the connection breaks',
    async (bytes) => {
      const quota = JSON.stringify({
        RemoteException: {
          exception: 'DSQuotaExceededException',
          message: 'quota\n\tat a.b(C.java:1)',
        },
      })
      const data = await rawServer((socket) =>
        socket.once('data', () =>
          socket.write(
            `HTTP/1.1 403 Forbidden\r\ncontent-length: ${quota.length}\r\n\r\n${quota}`,
            () => socket.resetAndDestroy(),
          ),
        ),
      )
      const name = await nameNodeFor(data.host)
      const call = fileSystem([name.url]).upload('/a', [Buffer.alloc(bytes)])
      expect(await failureOf(call)).toMatchObject({
        name: 'QuotaExceededError',
        status: 403,
        ambiguous: true,
      })
      await expect(call).rejects.toMatchObject({ detail: `DataNode ${data.host} says: quota` })
    },
  )

  it('early "100 Continue" is harmless', async () => {
    const data = await rawServer((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      let received = ''
      socket.on('data', (part) => {
        received += part.toString()
        if (received.endsWith('green')) socket.end('HTTP/1.1 201 Created\r\n\r\n')
      })
    })
    const name = await nameNodeFor(data.host)
    await fileSystem([name.url]).upload('/a', file)
  })

  it('upload is cancelled loses its connection', async () => {
    const cancel = new AbortController()
    const data = await fakeServer(({ request }) => request.once('data', () => cancel.abort()))
    const name = await nameNodeFor(data.host)
    const { signal } = cancel
    const call = fileSystem([name.url]).upload('/a', [Buffer.alloc(64 * 1024 * 1024)], { signal })
    expect(await failureOf(call)).toMatchObject({ name: 'CallAbortedError', ambiguous: true })
    await vi.waitFor(() => expect(data.sockets.size).toBe(0))
  })
})

describe('a DataNode that does not take connections', () => {
  function jmx(host: string) {
    const [, port] = host.split(':')
    const node = { infoAddr: `127.0.0.1:${port}`, xferaddr: '127.0.0.1:9866' }
    return { beans: [{ LiveNodes: JSON.stringify({ 'localhost:9866': node }) }] }
  }

  it('is excluded by IP and transfer port, and another one is asked for', async () => {
    const dead = await nobody()
    const data = await dataNode(created)
    const excluded: (string | null)[] = []
    const name = await fakeServer((asked) => {
      const { op, query, response } = asked
      if (op === '/jmx') return json(response, 200, jmx(dead))
      if (op !== 'CREATE') return json(response, 200, { FileStatus: fileStatus(bytes.length) })
      excluded.push(query.get('excludedatanodes'))
      redirectTo(query.has('excludedatanodes') ? data.host : dead, asked)
    })
    const fs = fileSystem([name.url])
    await fs.upload('/a', file)
    await fs.upload('/b', file)
    expect(excluded).toEqual([null, '127.0.0.1:9866', '127.0.0.1:9866'])
    expect(data.asked).toEqual(['PUT CREATE /a', 'PUT CREATE /b'])
  })

  it('is a failure that surely left nothing when its address cannot be found out', async () => {
    const dead = await nobody()
    const name = await fakeServer((asked) =>
      asked.op === 'CREATE' ? redirectTo(dead, asked) : json(asked.response, 200, { beans: [] }),
    )
    expect(await failureOf(fileSystem([name.url]).upload('/a', file))).toMatchObject({
      name: 'DataNodeUnreachableError',
      action: 'retry',
      ambiguous: false,
    })
  })

  it('is asked for again when all others are excluded too', async () => {
    const dead = await nobody()
    const excluded: boolean[] = []
    const name = await fakeServer((asked) => {
      const { op, query, response } = asked
      if (op === '/jmx') return json(response, 200, jmx(dead))
      const excludes = query.has('excludedatanodes')
      excluded.push(excludes)
      if (excludes) remoteException(response, 403, 'IOException', 'Failed to find datanode, ...')
      else redirectTo(dead, asked)
    })
    const fs = fileSystem([name.url])
    const noDataNode = { name: 'NoDataNodeError', action: 'retry', ambiguous: false }
    expect(await failureOf(fs.upload('/a', file))).toMatchObject(noDataNode)
    expect(await failureOf(fs.upload('/a', file))).toMatchObject(noDataNode)
    expect(excluded).toEqual([false, true, false, true])
  })
})
