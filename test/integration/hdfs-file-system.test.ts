import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFileSystem, type FileSystemOptions } from '../../src/hdfs/file-system.ts'
import { failureOf, silentLog } from '../hdfs/fake-servers.ts'
import { fsShell, hadoop, stackInfo } from '../support/stack.ts'

const oddNames = [
  ...['p%41q', '100%', '%25', 'a b', 'a+b', 'a#b', 'a?b=c&d', 'a;b', 'a\\b', '[{}]', 'tab\tx'],
  ...["'single'", '"double"', '한글', '색 파랑', 'Zoë', '😀', '0x41', 'ends with '],
]

const root = `/hdfs-test-${randomUUID()}`
let fs: ReturnType<typeof open>

function open(more: Partial<FileSystemOptions> = {}) {
  const { webhdfsUrls, hdfsUser } = stackInfo()
  return createFileSystem({
    urls: webhdfsUrls,
    user: hdfsUser,
    requestTimeoutMs: 10_000,
    uploadIdleTimeoutMs: 10_000,
    logger: silentLog,
    ...more,
  })
}

const bytes = (text: string): Buffer[] => [Buffer.from(text)]

beforeAll(async () => {
  fs = open()
  await fs.makeDirectory(root)
})

afterAll(async () => {
  await fs.delete(root, { recursive: true })
  fs.close()
})

describe('names', () => {
  it('with anything in them name the same file for every operation', async () => {
    const directory = `${root}/names`
    await fs.makeDirectory(`${directory}/moved`)
    await fs.makeDirectory(`${directory}/new`)
    for (const name of oddNames) {
      const path = `${directory}/new/${name}`
      await fs.upload(path, bytes(name))
      await fs.setXattr(path, 'name', name, 'create')
      expect(await fs.status(path)).toMatchObject({ byteLength: Buffer.byteLength(name) })
      await fs.rename(path, `${directory}/moved/${name}`)
      expect(await fs.status(path)).toBeUndefined()
      expect(await fs.getXattrs(`${directory}/moved/${name}`)).toEqual(new Map([['name', name]]))
    }
    const moved = await fs.list(`${directory}/moved`)
    expect(moved?.map(({ name }) => name).sort()).toEqual([...oddNames].sort())
    const read = await fsShell('-cat', `${directory}/moved/p%41q`, `${directory}/moved/색 파랑`)
    expect(read.toString()).toBe('p%41q색 파랑')
    for (const name of oddNames) {
      expect(await fs.delete(`${directory}/moved/${name}`, { recursive: false })).toBe(true)
    }
    expect(await fs.list(`${directory}/moved`)).toEqual([])
  })

  it('that HDFS does not allow are refused for good', async () => {
    const refused = { name: 'RequestRefusedError', action: 'stop-partition', ambiguous: false }
    const calls = [
      () => fs.upload(`${root}/a:b`, bytes('x')),
      () => fs.makeDirectory(`${root}/${'n'.repeat(300)}`),
      () => fs.rename(root, `${root}/inside`),
    ]
    for (const call of calls) expect(await failureOf(call())).toMatchObject(refused)
  })
})

describe('an upload', () => {
  it('stores the chunks in their order, and nothing as an empty file', async () => {
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i * 10_007, i))
    await fs.upload(`${root}/chunks`, chunks)
    const read = await fsShell('-cat', `${root}/chunks`)
    expect(read.equals(Buffer.concat(chunks))).toBe(true)
    await fs.upload(`${root}/empty`, [])
    expect(await fs.status(`${root}/empty`)).toMatchObject({ type: 'file', byteLength: 0 })
  })

  it('goes in blocks of the configured size and replication', async () => {
    const small = open({ blockSizeBytes: 1_048_576, replication: 1 })
    await small.upload(`${root}/blocks`, [Buffer.alloc(2_500_000)])
    small.close()
    const stat = await fsShell('-stat', '%o %r %b', `${root}/blocks`)
    expect(stat.toString().trim()).toBe('1048576 1 2500000')
  })

  it('never replaces a file and never makes its directory', async () => {
    await fs.upload(`${root}/once`, bytes('first'))
    expect(await failureOf(fs.upload(`${root}/once`, bytes('second')))).toMatchObject({
      name: 'AlreadyExistsError',
      ambiguous: false,
    })
    expect((await fsShell('-cat', `${root}/once`)).toString()).toBe('first')
    expect(await failureOf(fs.upload(`${root}/none/a`, bytes('x')))).toMatchObject({
      name: 'NotFoundError',
      ambiguous: false,
    })
    expect(await fs.status(`${root}/none`)).toBeUndefined()
    expect(await failureOf(fs.upload(`${root}/once/a`, bytes('x')))).toMatchObject({
      action: 'stop-partition',
    })
  })
})

describe('a directory', () => {
  it('of 1,500 files is listed whole', async () => {
    const directory = `${root}/many`
    await fs.makeDirectory(directory)
    const names = Array.from({ length: 1500 }, (_, i) => `${i % 2 === 0 ? '파일' : 'file'}-${i}`)
    const waiting = [...names]
    const worker = async () => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        await fs.upload(`${directory}/${name}`, [])
      }
    }
    await Promise.all(Array.from({ length: 12 }, worker))
    const found = await fs.list(directory)
    expect(found?.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(new Set(found?.map(({ fileId }) => fileId)).size).toBe(1500)
  })

  it('is made with its parents, again without harm, and not in place of a file', async () => {
    await fs.makeDirectory(`${root}/a/b/c`)
    await fs.makeDirectory(`${root}/a/b/c`)
    await fs.upload(`${root}/a/file`, bytes('x'))
    expect(await failureOf(fs.makeDirectory(`${root}/a/file`))).toMatchObject({
      name: 'AlreadyExistsError',
    })
    expect(await fs.list(`${root}/a/file`)).toBeUndefined()
    expect(await failureOf(fs.delete(`${root}/a`, { recursive: false }))).toMatchObject({
      name: 'RequestRefusedError',
    })
    expect(await fs.delete(`${root}/a`, { recursive: true })).toBe(true)
    expect(await fs.delete(`${root}/a`, { recursive: true })).toBe(false)
  })
})

describe('a rename', () => {
  it('of one name by four is won by exactly one, in 50 rounds', async () => {
    const directory = `${root}/races`
    const clients = Array.from({ length: 4 }, () => open())
    for (let round = 0; round < 50; round++) {
      await fs.makeDirectory(`${directory}/token-${round}`)
      const tries = clients.map((client, i) =>
        client.rename(`${directory}/token-${round}`, `${directory}/won-${round}-${i}`).then(
          () => 'won',
          (error: Error) => error.name,
        ),
      )
      const outcomes = await Promise.all(tries)
      expect(outcomes.sort()).toEqual(['NotFoundError', 'NotFoundError', 'NotFoundError', 'won'])
      expect(await fs.status(`${directory}/token-${round}`)).toBeUndefined()
    }
    expect(await fs.list(directory)).toHaveLength(50)
    for (const client of clients) client.close()
  })

  it('to one name by four is won by exactly one, and the others keep their file', async () => {
    const directory = `${root}/targets`
    await fs.makeDirectory(directory)
    await Promise.all([0, 1, 2, 3].map((i) => fs.upload(`${directory}/temp-${i}`, bytes(`${i}`))))
    const outcomes = await Promise.all(
      [0, 1, 2, 3].map((i) =>
        fs.rename(`${directory}/temp-${i}`, `${directory}/final`).then(
          () => 'won',
          (error: Error) => error.name,
        ),
      ),
    )
    const lost = 'AlreadyExistsError'
    expect(outcomes.sort()).toEqual([lost, lost, lost, 'won'])
    expect(await fs.list(directory)).toHaveLength(4)
  })

  it('to an existing directory does not move inside it', async () => {
    await fs.makeDirectory(`${root}/taken/empty`)
    await fs.makeDirectory(`${root}/taken/full/child`)
    await fs.makeDirectory(`${root}/taken/source`)
    await fs.upload(`${root}/taken/file`, bytes('x'))
    const exists = { name: 'AlreadyExistsError', ambiguous: false }
    for (const source of ['source', 'file']) {
      for (const target of ['empty', 'full']) {
        const call = fs.rename(`${root}/taken/${source}`, `${root}/taken/${target}`)
        expect(await failureOf(call)).toMatchObject(exists)
      }
    }
    expect(await fs.list(`${root}/taken/empty`)).toEqual([])
    expect(await fs.list(`${root}/taken`)).toHaveLength(4)
  })
})

describe('a directory addressed by its inode', () => {
  it('works for every call, and fails for every call once it was replaced', async () => {
    const directory = `${root}/inode`
    await fs.makeDirectory(`${directory}/token`)
    const base = `/.reserved/.inodes/${(await fs.status(directory))?.fileId}`
    await fs.rename(`${base}/token`, `${base}/token-2`)
    await fs.upload(`${base}/temp 한%`, bytes('hello'))
    await fs.setXattr(base, 'identity', 'me', 'create')
    await fs.setXattr(`${base}/temp 한%`, 'stamp', 'x', 'set')
    expect(await fs.getXattrs(base)).toEqual(new Map([['identity', 'me']]))
    expect(await fs.status(`${base}/temp 한%`)).toMatchObject({ byteLength: 5 })
    expect((await fs.list(base))?.map(({ name }) => name)).toEqual(['temp 한%', 'token-2'])
    await fs.rename(`${base}/temp 한%`, `${root}/published`)
    expect((await fsShell('-cat', `${root}/published`)).toString()).toBe('hello')
    await fs.upload(`${base}/orphan`, bytes('x'))
    expect(await fs.delete(`${base}/orphan`, { recursive: false })).toBe(true)

    await fs.delete(directory, { recursive: true })
    await fs.makeDirectory(`${directory}/token-2`)
    const missing = { name: 'NotFoundError', ambiguous: false }
    const changes = [
      () => fs.rename(`${base}/token-2`, `${base}/token-3`),
      () => fs.upload(`${base}/late`, bytes('x')),
      () => fs.setXattr(base, 'identity', 'me', 'set'),
      () => fs.makeDirectory(`${base}/late`),
    ]
    for (const change of changes) expect(await failureOf(change())).toMatchObject(missing)
    expect(await fs.delete(`${base}/token-2`, { recursive: true })).toBe(false)
    expect(await fs.status(base)).toBeUndefined()
    expect(await fs.list(base)).toBeUndefined()
    expect(await fs.getXattrs(base)).toBeUndefined()
    expect((await fs.list(directory))?.map(({ name }) => name)).toEqual(['token-2'])
  })
})

describe('extended attributes', () => {
  const values = [
    '',
    ' ',
    'text',
    '"quoted"',
    '"',
    '0x',
    '0xZZ',
    '0x41',
    '0sZZ',
    '0S',
    '한\n\t\0글',
  ]

  it('come back as they were written', async () => {
    await fs.upload(`${root}/attributes`, [])
    const wanted = new Map([...values, 'v'.repeat(16_000)].map((value, i) => [`name-${i}`, value]))
    wanted.delete('name-11')
    wanted.set('long', 'v'.repeat(15_000))
    for (const [name, value] of wanted) await fs.setXattr(`${root}/attributes`, name, value, 'set')
    expect(await fs.getXattrs(`${root}/attributes`)).toEqual(wanted)
  })

  it('are created once, replaced only when there, and set in any case', async () => {
    const path = `${root}/flags`
    await fs.makeDirectory(path)
    expect(await failureOf(fs.setXattr(path, 'a', '1', 'replace'))).toMatchObject({
      name: 'NotFoundError',
    })
    await fs.setXattr(path, 'a', '1', 'create')
    expect(await failureOf(fs.setXattr(path, 'a', '2', 'create'))).toMatchObject({
      name: 'AlreadyExistsError',
    })
    await fs.setXattr(path, 'a', '3', 'replace')
    await fs.setXattr(path, 'a', '4', 'set')
    expect(await fs.getXattrs(path)).toEqual(new Map([['a', '4']]))
    expect(await failureOf(fs.setXattr(path, 'a', 'v'.repeat(17_000), 'set'))).toMatchObject({
      name: 'RequestRefusedError',
    })
    expect(await failureOf(fs.setXattr(`${path}/none`, 'a', '1', 'set'))).toMatchObject({
      name: 'NotFoundError',
    })
  })
})

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
