import { describe, expect, it } from 'vitest'
import {
  type Asked,
  type FakeServer,
  failureOf,
  fakeServer,
  fileStatus,
  fileSystem,
  json,
  nobody,
  rawServer,
  redirectTo,
  remoteException,
  standby,
} from './fake-servers.ts'

interface Role {
  now: 'active' | 'standby' | 'hung' | 'reset' | 'starting'
}

/** Answers reads and MKDIRS as an active NameNode, until `role` says otherwise. */
async function nameNode(role: Role) {
  return fakeServer((asked: Asked) => {
    const { op, request, response } = asked
    if (role.now === 'hung') return
    if (role.now === 'reset') request.socket.resetAndDestroy()
    else if (op === 'CREATE') redirectTo('localhost:1', asked)
    else if (role.now === 'standby') standby(response)
    else if (role.now === 'starting') remoteException(response, 403, 'RetriableException')
    else if (op === 'GETFILESTATUS') json(response, 200, { FileStatus: fileStatus(1) })
    else if (op === 'RENAME') response.end()
    else json(response, 200, { boolean: true })
  })
}

/** Short where something hangs; elsewhere a busy machine must not look like a hung server. */
async function pair(requestTimeoutMs = 5_000) {
  const roleA: Role = { now: 'standby' }
  const roleB: Role = { now: 'active' }
  const [a, b] = await Promise.all([nameNode(roleA), nameNode(roleB)])
  return { a, b, roleA, roleB, fs: fileSystem([a.url, b.url], { requestTimeoutMs }) }
}

function changes({ asked }: FakeServer): string[] {
  return asked.filter((request) => !request.includes('GETFILESTATUS'))
}

describe('of several NameNodes', () => {
  it('the active one is found before the first change, and remembered', async () => {
    const { a, b, fs } = await pair()
    expect(fs.nameNode).toBeUndefined()
    await fs.makeDirectory('/a')
    await fs.makeDirectory('/b')
    expect(fs.nameNode).toBe(b.url)
    expect(a.asked).toEqual(['GET GETFILESTATUS /'])
    expect(b.asked).toEqual(['GET GETFILESTATUS /', 'PUT MKDIRS /a', 'PUT MKDIRS /b'])
  })

  it('many first calls at once look for it once', async () => {
    const { a, fs } = await pair()
    await Promise.all(Array.from({ length: 20 }, (_, i) => fs.makeDirectory(`/${i}`)))
    expect(a.asked).toEqual(['GET GETFILESTATUS /'])
  })

  it('a standby refuses a change for sure, so the next one is asked in the same call', async () => {
    const { a, b, roleA, roleB, fs } = await pair()
    await fs.makeDirectory('/a')
    roleA.now = 'active'
    roleB.now = 'standby'
    await fs.rename('/a', '/b')
    expect(fs.nameNode).toBe(a.url)
    expect(changes(a)).toEqual(['PUT RENAME /a'])
    expect(changes(b)).toEqual(['PUT MKDIRS /a', 'PUT RENAME /a'])
  })

  it('one that does not listen surely has not executed a change', async () => {
    const role: Role = { now: 'standby' }
    const a = await nameNode(role)
    // Not kept alive: the next request needs a new connection.
    const b = await fakeServer(({ response }) => {
      response.setHeader('connection', 'close')
      json(response, 200, { FileStatus: fileStatus(1) })
    })
    const fs = fileSystem([a.url, b.url])
    await fs.status('/a')
    role.now = 'active'
    await b.close()
    await fs.rename('/a', '/b')
    expect(changes(a)).toEqual(['PUT RENAME /a'])
  })

  it.each(['hung', 'reset'] as const)(
    'one that is %s leaves a change in doubt: never sent again',
    async (fault) => {
      const { a, roleA, roleB, fs } = await pair(300)
      await fs.makeDirectory('/a')
      roleA.now = 'active'
      roleB.now = fault
      expect(await failureOf(fs.rename('/a', '/b'))).toMatchObject({ ambiguous: true })
      expect(changes(a)).toEqual([])
      await fs.rename('/a', '/c')
      expect(changes(a)).toEqual(['PUT RENAME /a'])
      expect(fs.nameNode).toBe(a.url)
    },
  )

  it.each(['hung', 'reset', 'standby', 'starting'] as const)(
    'one that is %s does not keep a read from being answered',
    async (fault) => {
      const { a, roleA, roleB, fs } = await pair(300)
      await fs.makeDirectory('/a')
      roleA.now = 'active'
      roleB.now = fault
      expect(await fs.status('/a')).toMatchObject({ byteLength: 1 })
      expect(fs.nameNode).toBe(a.url)
    },
  )

  it('none active is an error that names them all and heals', async () => {
    const { a, b, roleA, roleB, fs } = await pair()
    roleB.now = 'starting'
    const call = fs.rename('/a', '/b')
    expect(await failureOf(call)).toMatchObject({
      name: 'NoActiveNameNodeError',
      action: 'retry',
      ambiguous: false,
    })
    await expect(call).rejects.toThrow(new RegExp(`${a.url}: .*${b.url}: `))
    roleA.now = 'active'
    await fs.rename('/a', '/b')
  })

  it('a refused login is not taken for a standby', async () => {
    const a = await fakeServer(({ response }) => standby(response))
    const b = await fakeServer(({ response }) => response.writeHead(401).end())
    expect(await failureOf(fileSystem([a.url, b.url]).makeDirectory('/a'))).toMatchObject({
      name: 'AuthenticationError',
      action: 'stop-process',
    })
  })

  it('a hung one does not hold up the search', async () => {
    const { b, roleA, fs } = await pair(300)
    roleA.now = 'hung'
    const startedMs = performance.now()
    await fs.makeDirectory('/a')
    expect(performance.now() - startedMs).toBeLessThan(250)
    expect(fs.nameNode).toBe(b.url)
  })

  it('a search that is cancelled ends at once', async () => {
    const { a, roleA, roleB, fs } = await pair(300)
    roleA.now = 'hung'
    roleB.now = 'hung'
    const cancel = new AbortController()
    const call = fs.makeDirectory('/a', { signal: cancel.signal })
    cancel.abort()
    expect(await failureOf(call)).toMatchObject({ name: 'CallAbortedError', ambiguous: false })
    expect(changes(a)).toEqual([])
  })

  it('an answer to CREATE does not make a standby the active one', async () => {
    const { a, b, roleB, fs } = await pair()
    await fs.makeDirectory('/a')
    roleB.now = 'standby'
    expect(await failureOf(fs.upload('/b', [Buffer.from('x')]))).toMatchObject({
      name: 'DataNodeUnreachableError',
    })
    expect(fs.nameNode).toBe(b.url)
    expect(a.asked).toEqual(['GET GETFILESTATUS /'])
  })
})

describe('a call that only one NameNode may answer', () => {
  it('fails when that one became a standby, and is not sent elsewhere', async () => {
    const { a, b, roleA, roleB, fs } = await pair()
    await fs.makeDirectory('/a')
    roleA.now = 'active'
    roleB.now = 'standby'
    const other = { name: 'OtherNameNodeError', action: 'other-namenode', ambiguous: false }
    const only = { onlyNameNode: b.url }
    expect(await failureOf(fs.rename('/a', '/b', only))).toMatchObject(other)
    expect(await failureOf(fs.status('/a', only))).toMatchObject(other)
    expect(a.asked).toEqual(['GET GETFILESTATUS /'])
  })

  it('is not even sent when another one is known to be active', async () => {
    const { a, b, fs } = await pair()
    await fs.makeDirectory('/a')
    const before = a.asked.length
    expect(await failureOf(fs.status('/a', { onlyNameNode: a.url }))).toMatchObject({
      name: 'OtherNameNodeError',
      ambiguous: false,
    })
    expect(a.asked).toHaveLength(before)
    await fs.makeDirectory('/b', { onlyNameNode: b.url })
  })

  it('and that does not listen says to go to another', async () => {
    const dead = `http://${await nobody()}`
    const { url } = await nameNode({ now: 'active' })
    const call = fileSystem([dead, url]).rename('/a', '/b', { onlyNameNode: dead })
    expect(await failureOf(call)).toMatchObject({
      name: 'NameNodeUnreachableError',
      action: 'other-namenode',
      ambiguous: false,
    })
  })

  it('works with a single NameNode, and refuses an unknown one', async () => {
    const { url } = await nameNode({ now: 'active' })
    const fs = fileSystem([`${url}/`])
    await fs.makeDirectory('/a', { onlyNameNode: url })
    expect(fs.nameNode).toBe(url)
    expect(await failureOf(fs.status('/a', { onlyNameNode: 'http://other' }))).toMatchObject({
      name: 'OtherNameNodeError',
    })
  })
})

describe('a single NameNode', () => {
  it('is asked without a search, and only once per call', async () => {
    const server = await nameNode({ now: 'standby' })
    const fs = fileSystem([server.url])
    expect(await failureOf(fs.rename('/a', '/b'))).toMatchObject({ name: 'OtherNameNodeError' })
    expect(server.asked).toEqual(['PUT RENAME /a'])
  })

  it('that resets connections is not asked twice by one read', async () => {
    let connections = 0
    const server = await rawServer((socket) => {
      connections += 1
      socket.once('data', () => socket.resetAndDestroy())
    })
    await failureOf(fileSystem([server.url]).status('/a'))
    expect(connections).toBe(1)
  })
})

it('a NameNode that hangs is noticed by all that call it, within the time of one request', async () => {
  const hung = await fakeServer(() => {})
  const fs = fileSystem([hung.url], { requestTimeoutMs: 1_000 })
  const startedMs = performance.now()
  const calls = Array.from({ length: 100 }, (_, n) => failureOf(fs.status(`/${n}`)))
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({ action: 'retry' })
  }
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})
