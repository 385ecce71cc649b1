import { once } from 'node:events'
import { Agent } from 'node:http'
import { describe, expect, it } from 'vitest'
import { RepairedWebHdfs } from '../../src/hdfs/repaired-webhdfs.ts'
import { failureOf, fakeServer, fileStatus, fileSystem, json, redirectTo } from './fake-servers.ts'
import { bytes, created, dataNode, file, nameNodeFor } from './upload-servers.ts'

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

  it('of few bytes may be changed as soon as they are handed over', async () => {
    const received: string[] = []
    const data = await dataNode((asked, body) => {
      received.push(body.toString())
      created(asked)
    })
    const chunks = [Buffer.from('first '), Buffer.from('second')]
    const url = `http://${data.host}/`
    const upload = new RepairedWebHdfs(url, 'me').exchange({
      method: 'PUT',
      url,
      agent: new Agent(),
      signals: [],
      chunks,
      limits: { connectMs: 2_000, idleMs: 2_000 },
    })
    for (const chunk of chunks) chunk.fill('x')
    expect((await upload).status).toBe(201)
    expect(received).toEqual(['first second'])
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
