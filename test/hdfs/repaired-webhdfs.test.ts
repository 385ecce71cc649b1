import { once } from 'node:events'
import { Agent } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { RepairedWebHdfs } from '../../src/hdfs/repaired-webhdfs.ts'
import {
  failureOf,
  fakeServer,
  fileStatus,
  fileSystem,
  json,
  nobody,
  rawServer,
  remoteException,
} from './fake-servers.ts'

const unavailable = { name: 'ServiceUnavailableError', action: 'retry', status: 503 }
const lost = { name: 'ConnectionLostError', action: 'retry', ambiguous: true }

describe('a path', () => {
  it('with a percent sign, a space, quotes or Hangul reaches the NameNode as it is', async () => {
    const paths = ['/p%41q', '/a b', '/\'"', '/한글/색', '/a+b', '/a#b?c&d=e', '/100%', '/😀']
    const seen: string[] = []
    const { url } = await fakeServer(({ path, response }) => {
      seen.push(path)
      json(response, 200, { FileStatus: fileStatus(1) })
    })
    const fs = fileSystem([url])
    for (const path of paths) await fs.status(path)
    expect(seen).toEqual(paths)
  })

  it('of one call does not leak into another that runs at the same time', async () => {
    const { url, asked } = await fakeServer(({ path, response }) =>
      json(response, 200, { FileStatus: fileStatus(path.length) }),
    )
    const fs = fileSystem([url])
    const paths = Array.from({ length: 50 }, (_, i) => `/${'x'.repeat(i + 1)}`)
    const found = await Promise.all(paths.map((path) => fs.status(path)))
    expect(found.map((status) => status?.byteLength)).toEqual(paths.map(({ length }) => length))
    expect(asked).toHaveLength(50)
  })

  it('of the published package is built without touching what all calls share', () => {
    const client = new RepairedWebHdfs('http://localhost:9870/gateway/', 'me')
    const endpoint = client._getOperationEndpoint('OPEN', '/a b', { x: '1+1' })
    expect(endpoint).toBe(
      'http://localhost:9870/gateway/webhdfs/v1/a%20b?op=OPEN&user.name=me&x=1%2B1',
    )
  })
})

describe('a NameNode that', () => {
  it('answers 503 makes the call fail', async () => {
    const { url } = await fakeServer(({ response }) => response.writeHead(503).end())
    const fs = fileSystem([url])
    expect(await failureOf(fs.makeDirectory('/a'))).toMatchObject({
      ...unavailable,
      ambiguous: true,
    })
    expect(await failureOf(fs.status('/a'))).toMatchObject({ ...unavailable, ambiguous: false })
  })

  it('never answers is given up after the timeout', async () => {
    const { url, sockets } = await fakeServer(() => {})
    const fs = fileSystem([url], { requestTimeoutMs: 100 })
    expect(await failureOf(fs.rename('/a', '/b'))).toMatchObject({
      name: 'RequestTimeoutError',
      action: 'retry',
      ambiguous: true,
    })
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })

  it('lets its answer drip is given up after the timeout', async () => {
    const { url } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 10)
      socket.once('close', () => clearInterval(drip))
    })
    const fs = fileSystem([url], { requestTimeoutMs: 150 })
    expect(await failureOf(fs.status('/a'))).toMatchObject({ name: 'RequestTimeoutError' })
  })

  it('resets the connection leaves a change in doubt', async () => {
    const { url } = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const fs = fileSystem([url])
    expect(await failureOf(fs.rename('/a', '/b'))).toMatchObject(lost)
    expect(await failureOf(fs.status('/a'))).toMatchObject({ ...lost, ambiguous: false })
  })

  it('sends half an answer has not answered', async () => {
    const { url } = await rawServer((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"boolean":true}'),
      ),
    )
    expect(await failureOf(fileSystem([url]).makeDirectory('/a'))).toMatchObject(lost)
  })

  it('speaks something other than HTTP has not answered', async () => {
    const { url } = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    expect(await failureOf(fileSystem([url]).makeDirectory('/a'))).toMatchObject(lost)
  })

  it('does not listen surely has not executed the request', async () => {
    const fs = fileSystem([`http://${await nobody()}`])
    expect(await failureOf(fs.rename('/a', '/b'))).toMatchObject({
      name: 'NameNodeUnreachableError',
      action: 'retry',
      ambiguous: false,
    })
  })

  it('redirects is not followed', async () => {
    const { url, asked } = await fakeServer(({ response }) =>
      response.writeHead(302, { location: '/login' }).end(),
    )
    expect(await failureOf(fileSystem([url]).status('/a'))).toMatchObject({
      name: 'UnsupportedServerError',
      action: 'stop-process',
      status: 302,
    })
    expect(asked).toEqual(['GET GETFILESTATUS /a'])
  })

  it('answers 200 with something else has not answered', async () => {
    const { url } = await fakeServer(({ response }) => response.end('<html>Welcome</html>'))
    const fs = fileSystem([url])
    const reads = [() => fs.status('/a'), () => fs.list('/a'), () => fs.getXattrs('/a')]
    for (const call of reads) {
      expect(await failureOf(call())).toMatchObject({ name: 'UnexpectedAnswerError' })
    }
    const changes = [
      () => fs.makeDirectory('/a'),
      () => fs.rename('/a', '/b'),
      () => fs.setXattr('/a', 'x', 'y', 'set'),
      () => fs.delete('/a', { recursive: true }),
    ]
    for (const change of changes) {
      const call = change()
      expect(await failureOf(call)).toMatchObject({
        name: 'UnexpectedAnswerError',
        ambiguous: true,
      })
    }
  })

  it('sends an endless answer is cut off', async () => {
    const { url, sockets } = await fakeServer(({ response }) => {
      const chunk = Buffer.alloc(1024 * 1024)
      const more = () => {
        while (response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    const fs = fileSystem([url], { requestTimeoutMs: 20_000 })
    expect(await failureOf(fs.status('/a'))).toMatchObject({ name: 'UnexpectedAnswerError' })
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })
})

describe('an error of the NameNode', () => {
  it('keeps its exception, its status, the path and the operation', async () => {
    const { url } = await fakeServer(({ response }) =>
      remoteException(response, 403, 'NSQuotaExceededException', 'quota: 3 file count: 4'),
    )
    await expect(fileSystem([url]).makeDirectory('/a')).rejects.toMatchObject({
      name: 'QuotaExceededError',
      action: 'retry',
      op: 'MKDIRS',
      path: '/a',
      nameNode: url,
      status: 403,
      exception: 'NSQuotaExceededException',
      ambiguous: false,
      message:
        `MKDIRS /a at ${url}: quota: 3 file count: 4 (403 NSQuotaExceededException). ` +
        'Raise or free the quota (hdfs dfs -count -q); writing reserves whole blocks. ' +
        'It is tried again.',
    })
  })
})

describe('a call that is cancelled', () => {
  it('ends at once and frees its socket', async () => {
    const cancel = new AbortController()
    const { url, sockets } = await fakeServer(() => cancel.abort(new Error('revoked')))
    const call = fileSystem([url]).rename('/a', '/b', { signal: cancel.signal })
    expect(await failureOf(call)).toMatchObject({ name: 'CallAbortedError', ambiguous: true })
    await expect(call).rejects.toMatchObject({ cause: { message: 'revoked' } })
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })

  it('of an upload is done only when its connection is closed', async () => {
    const { url } = await rawServer((socket) => void socket.pause())
    const agent = new Agent()
    const cancel = new AbortController()
    const upload = new RepairedWebHdfs(url, 'me').exchange({
      method: 'PUT',
      url,
      agent,
      limits: { connectMs: 2000, idleMs: 2000 },
      signals: [cancel.signal],
      chunks: [Buffer.alloc(16 * 1024 * 1024)],
    })
    const sockets = () => Object.values(agent.sockets).flatMap((each) => each ?? [])
    await vi.waitFor(() => expect(sockets().map(({ connecting }) => connecting)).toEqual([false]))
    const closed = sockets()
    cancel.abort()
    await expect(upload).rejects.toThrow()
    expect(closed.map((socket) => socket.closed)).toEqual([true])
  })

  it('before it began sends nothing', async () => {
    const { url, asked } = await fakeServer(() => {})
    const call = fileSystem([url]).rename('/a', '/b', { signal: AbortSignal.abort() })
    expect(await failureOf(call)).toMatchObject({ name: 'CallAbortedError', ambiguous: false })
    expect(asked).toEqual([])
  })

  it('by closing the file system ends too, and no later call is sent', async () => {
    const { url, asked, sockets } = await fakeServer(() => fs.close())
    const fs = fileSystem([url])
    expect(await failureOf(fs.status('/a'))).toMatchObject({ name: 'CallAbortedError' })
    expect(await failureOf(fs.status('/b'))).toMatchObject({ name: 'CallAbortedError' })
    expect(asked).toHaveLength(1)
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })
})

describe('many calls', () => {
  it('under one signal leave no listeners and raise no warning', async () => {
    const warned = vi.fn()
    process.on('warning', warned)
    const { url } = await fakeServer(({ response }) => json(response, 200, { boolean: true }))
    const fs = fileSystem([url])
    const { signal } = new AbortController()
    const calls = Array.from({ length: 200 }, (_, i) => fs.makeDirectory(`/${i}`, { signal }))
    await Promise.all(calls)
    await new Promise(setImmediate)
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
  })

  it('share a bounded number of connections that are kept alive', async () => {
    const { url, sockets, asked } = await fakeServer(({ response }) =>
      json(response, 200, { boolean: true }),
    )
    const fs = fileSystem([url])
    await Promise.all(Array.from({ length: 300 }, (_, i) => fs.makeDirectory(`/${i}`)))
    expect(asked).toHaveLength(300)
    expect(sockets.size).toBeLessThanOrEqual(32)
    const [kept] = sockets
    await fs.makeDirectory('/again')
    expect(sockets).toContain(kept)
    fs.close()
    if (kept && !kept.closed) await once(kept, 'close')
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })
})

describe('counting requests', () => {
  it('names the operation and its status, or the code of the failure', async () => {
    const seen: string[] = []
    const { url } = await fakeServer(({ op, response }) =>
      op === 'MKDIRS' ? json(response, 200, { boolean: true }) : response.writeHead(503).end(),
    )
    const onRequest = (op: string, status: string, seconds: number) => {
      expect(seconds).toBeGreaterThan(0)
      seen.push(`${op} ${status}`)
    }
    const fs = fileSystem([url], { onRequest })
    await fs.makeDirectory('/a')
    await failureOf(fs.status('/a'))
    await failureOf(fileSystem([`http://${await nobody()}`], { onRequest }).list('/a'))
    expect(seen).toEqual(['MKDIRS 200', 'GETFILESTATUS 503', 'LISTSTATUS_BATCH ECONNREFUSED'])
  })
})
