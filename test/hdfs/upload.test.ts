import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import {
  type Asked,
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

const file = [Buffer.from('red,'), Buffer.from('파랑,'), Buffer.from('green')]
const bytes = Buffer.concat(file)

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** A NameNode that names this DataNode and then sees a file of this length. */
function nameNodeFor(host: string, length: number = bytes.length, more = '') {
  return fakeServer((asked) =>
    asked.op === 'CREATE'
      ? redirectTo(host, asked, more)
      : json(asked.response, 200, { FileStatus: fileStatus(length) }),
  )
}

function dataNode(answer: (asked: Asked, body: Buffer) => void) {
  return fakeServer(async (asked) => answer(asked, await bodyOf(asked.request)))
}

function created({ response }: Asked): void {
  response.writeHead(201, { connection: 'close' }).end()
}

describe('an upload', () => {
  it('sends all chunks with their length, and asks the NameNode for the length', async () => {
    let seen = ''
    const data = await dataNode((asked, body) => {
      const { headers } = asked.request
      seen = `${headers['content-length']} ${headers['content-type']} ${body}`
      created(asked)
    })
    const name = await nameNodeFor(data.host)
    await fileSystem([name.url]).upload('/색/a%b', file)
    expect(seen).toBe(`${bytes.length} application/octet-stream ${bytes}`)
    expect(name.asked).toEqual(['PUT CREATE /색/a%b', 'GET GETFILESTATUS /색/a%b'])
    expect(data.asked).toEqual(['PUT CREATE /색/a%b'])
  })

  it('asks for a new file without parents, in the configured blocks', async () => {
    const queries: Record<string, string>[] = []
    const data = await dataNode(created)
    const name = await fakeServer((asked) => {
      if (asked.op !== 'CREATE') {
        json(asked.response, 200, { FileStatus: fileStatus(bytes.length) })
        return
      }
      queries.push(Object.fromEntries(asked.query))
      redirectTo(data.host, asked)
    })
    const options = { blockSizeBytes: 1_048_576, replication: 2 }
    await fileSystem([name.url], options).upload('/a', file)
    await fileSystem([name.url]).upload('/a', file)
    const always = { op: 'CREATE', 'user.name': 'sink', noredirect: 'true' }
    const safe = { overwrite: 'false', createparent: 'false' }
    expect(queries).toEqual([
      { ...always, ...safe, blocksize: '1048576', replication: '2' },
      { ...always, ...safe },
    ])
  })

  it('of nothing makes an empty file', async () => {
    let length: string | undefined
    const data = await dataNode((asked) => {
      length = asked.request.headers['content-length']
      created(asked)
    })
    const name = await nameNodeFor(data.host, 0)
    await fileSystem([name.url]).upload('/a', [])
    expect(length).toBe('0')
  })

  it('goes by a redirect of status 307 too, whose path is in UTF-8', async () => {
    const data = await dataNode(created)
    const name = await fakeServer(({ op, response }) => {
      if (op !== 'CREATE') return json(response, 200, { FileStatus: fileStatus(bytes.length) })
      const location = `http://${data.host}/webhdfs/v1/색?op=CREATE&overwrite=false`
      const raw = Buffer.from(location).toString('latin1')
      response.writeHead(307, { location: raw }).end()
    })
    await fileSystem([name.url]).upload('/색', file)
    expect(data.asked).toEqual(['PUT CREATE /색'])
  })

  it('tells the DataNode not to overwrite and not to create parents when the redirect is silent', async () => {
    let query = ''
    const data = await dataNode((asked) => {
      query = asked.query.toString()
      created(asked)
    })
    const name = await fakeServer(({ op, response }) =>
      op === 'CREATE'
        ? json(response, 200, { Location: `http://${data.host}/webhdfs/v1/a?op=CREATE` })
        : json(response, 200, { FileStatus: fileStatus(bytes.length) }),
    )
    await fileSystem([name.url]).upload('/a', file)
    expect(query).toBe('op=CREATE&overwrite=false&createparent=false')
  })

  it('is refused when the redirect would overwrite', async () => {
    const data = await dataNode(created)
    const name = await nameNodeFor(data.host, 1, '&overwrite=true')
    const call = fileSystem([name.url]).upload('/a', file)
    expect(await failureOf(call)).toMatchObject({ name: 'UnsupportedServerError' })
    expect(data.asked).toEqual([])
  })

  it('is sent only to hosts that are allowed', async () => {
    const data = await dataNode(created)
    const name = await nameNodeFor(data.host)
    const refusing = fileSystem([name.url], { allowedDataNodeHosts: ['data1', 'localhost:1'] })
    expect(await failureOf(refusing.upload('/a', file))).toMatchObject({
      name: 'RedirectRefusedError',
      action: 'retry',
      ambiguous: false,
    })
    expect(data.asked).toEqual([])
    await fileSystem([name.url], { allowedDataNodeHosts: ['localhost'] }).upload('/a', file)
    await fileSystem([name.url], { allowedDataNodeHosts: [data.host] }).upload('/a', file)
  })

  it('to a NameNode that answers 200 without a DataNode fails', async () => {
    const name = await fakeServer(({ response }) => response.end())
    const call = fileSystem([name.url]).upload('/a', file)
    expect(await failureOf(call)).toMatchObject({ name: 'UnexpectedAnswerError' })
  })

  it('to a NameNode that answers 503 fails', async () => {
    const name = await fakeServer(({ response }) => response.writeHead(503).end())
    const call = fileSystem([name.url]).upload('/a', file)
    expect(await failureOf(call)).toMatchObject({
      name: 'ServiceUnavailableError',
      ambiguous: false,
    })
  })
})

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

  it('connection breaks has failed', async () => {
    const data = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const name = await nameNodeFor(data.host)
    const call = fileSystem([name.url]).upload('/a', [Buffer.alloc(8 * 1024 * 1024)])
    expect(await failureOf(call)).toMatchObject({ name: 'ConnectionLostError', ambiguous: true })
  })

  it('refusal in the middle of the body is read, though the connection breaks', async () => {
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
    const call = fileSystem([name.url]).upload('/a', [Buffer.alloc(32 * 1024 * 1024)])
    expect(await failureOf(call)).toMatchObject({
      name: 'QuotaExceededError',
      status: 403,
      ambiguous: true,
    })
    await expect(call).rejects.toMatchObject({ detail: `DataNode ${data.host} says: quota` })
  })

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

describe('chunks', () => {
  it('are sent as they are, however many and large, and not changed', async () => {
    const chunks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i * 997, i))
    chunks.push(Buffer.alloc(3 * 1024 * 1024 + 1, 7))
    const whole = Buffer.concat(chunks)
    let received: Buffer = Buffer.alloc(0)
    const data = await dataNode((asked, body) => {
      received = body
      created(asked)
    })
    const name = await nameNodeFor(data.host, whole.length)
    await fileSystem([name.url]).upload('/a', chunks)
    expect(received.equals(whole)).toBe(true)
    expect(Buffer.concat(chunks).equals(whole)).toBe(true)
  })

  it('that are cancelled while they wait for a connection send nothing', async () => {
    const cancel = new AbortController()
    const data = await dataNode(created)
    const name = await fakeServer((asked) => {
      redirectTo(data.host, asked)
      cancel.abort()
    })
    const call = fileSystem([name.url]).upload('/a', file, { signal: cancel.signal })
    expect(await failureOf(call)).toMatchObject({ name: 'CallAbortedError', ambiguous: false })
    await once(process, 'beforeExit', { signal: AbortSignal.timeout(20) }).catch(() => {})
    expect(data.asked).toEqual([])
  })
})
