import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../hdfs/fake-servers.ts'
import { fsShell, hadoop, stackInfo } from '../support/stack.ts'
import { bytes, fs, open, root, useScratchDirectory } from './hdfs-scratch.ts'

useScratchDirectory()

describe('an operator', () => {
  it('can heal a permission that is missing', async () => {
    const other = open({ user: 'somebody' })
    const directory = `${root}/theirs`
    await fs.makeDirectory(directory)
    const denied = { name: 'PermissionDeniedError', action: 'retry', ambiguous: false }
    expect(await failureOf(other.makeDirectory(`${directory}/a`))).toMatchObject(denied)
    expect(await failureOf(other.upload(`${directory}/b`, bytes('x')))).toMatchObject(denied)
    await fsShell('-chmod', '777', directory)
    await other.upload(`${directory}/b`, bytes('x'))
    other.close()
  })

  it('can heal a quota that is used up', async () => {
    const directory = `${root}/quota`
    await fs.makeDirectory(directory)
    const admin = (...args: string[]) => hadoop('org.apache.hadoop.hdfs.tools.DFSAdmin', args)
    await admin('-setSpaceQuota', '1m', directory)
    const full = { name: 'QuotaExceededError', action: 'retry' }
    expect(await failureOf(fs.upload(`${directory}/a`, bytes('x')))).toMatchObject(full)
    await admin('-setQuota', '1', directory)
    expect(await failureOf(fs.makeDirectory(`${directory}/b`))).toMatchObject({
      ...full,
      ambiguous: false,
    })
    await admin('-clrQuota', directory)
    await admin('-clrSpaceQuota', directory)
    await fs.upload(`${directory}/c`, bytes('x'))
  })
})

describe('an upload that is dropped halfway', () => {
  /** In front of the DataNode: passes `limit` bytes on, then drops both sides. */
  async function droppingProxy(target: URL, limit: number, answer: string | undefined) {
    const server = createTcpServer((client) => {
      const upstream = connect(Number(target.port), target.hostname)
      let passed = 0
      client.on('error', () => {})
      upstream.on('error', () => {})
      client.on('data', (part) => {
        passed += part.length
        if (passed <= limit) upstream.write(part)
        else if (!upstream.writableEnded) {
          upstream.end()
          if (answer === undefined) client.resetAndDestroy()
          else client.end(answer)
        }
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, close: () => server.close() }
  }

  /** The real NameNode, but its redirects lead through the proxy. */
  async function throughProxy(limit: number, answer: string | undefined) {
    const nameNode = stackInfo().webhdfsUrls[0] ?? ''
    let proxy: Awaited<ReturnType<typeof droppingProxy>> | undefined
    const server = createServer(async (request, response) => {
      const real = await fetch(`${nameNode}${request.url}`, { method: request.method ?? 'GET' })
      const body = (await real.json()) as { Location?: string }
      if (body.Location !== undefined) {
        const location = new URL(body.Location)
        proxy = await droppingProxy(new URL(location), limit, answer)
        location.host = `localhost:${proxy.port}`
        body.Location = location.href
      }
      response.writeHead(real.status).end(JSON.stringify(body))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = open({ urls: [`http://localhost:${(server.address() as AddressInfo).port}`] })
    const close = () => {
      client.close()
      server.close()
      proxy?.close()
    }
    return { client, close }
  }

  it('leaves a file that looks whole, and is an error all the same', async () => {
    const { client, close } = await throughProxy(300_000, undefined)
    const call = client.upload(`${root}/dropped`, [Buffer.alloc(4_000_000)])
    expect(await failureOf(call)).toMatchObject({ name: 'ConnectionLostError', ambiguous: true })
    close()
    const length = async () => (await fs.status(`${root}/dropped`))?.byteLength ?? 0
    await expect.poll(length, { timeout: 10_000 }).toBeGreaterThan(0)
    expect(await length()).toBeLessThan(300_000)
  })

  it('is an error even when somebody in between says 201', async () => {
    const created = 'HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n'
    const { client, close } = await throughProxy(100_000, created)
    const call = client.upload(`${root}/lied`, [Buffer.alloc(200_000)])
    expect(await failureOf(call)).toMatchObject({ name: 'UploadIncompleteError', ambiguous: true })
    close()
  })
})
