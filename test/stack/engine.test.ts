import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dockerEngineAnswers, engineAddresses } from '../../stack/engine.ts'

let directory: string
let server: Server | undefined
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'stack-engine-'))
})
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
  await rm(directory, { recursive: true })
})

async function listen(status: number | 'silent'): Promise<string> {
  const socket = path.join(directory, 'docker.sock')
  server = createServer((_, response) => {
    if (status !== 'silent') response.writeHead(status).end('OK')
  })
  await once(server.listen(socket), 'listening')
  return `unix://${socket}`
}

describe('a Docker engine', () => {
  it('is there when it answers a ping', async () => {
    expect(await dockerEngineAnswers(['unix:///nothing/here', await listen(200)])).toBe(true)
  })

  it('is not there when the socket belongs to something else', async () => {
    expect(await dockerEngineAnswers([await listen(404)])).toBe(false)
  })

  it('is not there when it says nothing for a while', async () => {
    expect(await dockerEngineAnswers([await listen('silent')])).toBe(false)
  })

  it('is not there when nothing listens or the address says nothing to us', async () => {
    const addresses = ['unix:///nothing/here', 'tcp://localhost:1', 'ssh://host', 'nonsense']
    expect(await dockerEngineAnswers(addresses)).toBe(false)
  })

  it('is looked for where DOCKER_HOST says, and nowhere else', () => {
    expect(engineAddresses({ DOCKER_HOST: 'tcp://engine:2375' }, '/home/me')).toEqual([
      'tcp://engine:2375',
    ])
  })

  it('is looked for at the usual sockets otherwise', () => {
    expect(engineAddresses({ XDG_RUNTIME_DIR: '/run/user/1' }, '/home/me')).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/1/docker.sock',
      'unix:///home/me/.docker/run/docker.sock',
      'unix:///home/me/.docker/desktop/docker.sock',
    ])
  })
})
