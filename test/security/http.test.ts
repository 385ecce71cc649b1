import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startHttpServer } from '../../src/http/server.ts'

const handlers = {
  metrics: async () => 'x_total 1\n',
  live: () => [],
  ready: () => [],
  stopped: () => [],
}

async function serve(host: string) {
  const server = await startHttpServer({ host, port: 0, handlers })
  onTestFinished(() => server.close())
  return server
}

/** The error's code where nobody takes the connection. */
async function connects(host: string, port: number): Promise<string> {
  const socket = connect(port, host)
  onTestFinished(() => void socket.destroy())
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

it('the HTTP server listens only on the address that is configured', async () => {
  const { port } = await serve('127.0.0.1')
  expect(await connects('127.0.0.1', port)).toBe('connected')
  expect(await connects('127.0.0.2', port)).toBe('ECONNREFUSED')
  const everywhere = await serve('0.0.0.0')
  expect(await connects('127.0.0.2', everywhere.port)).toBe('connected')
})

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
  'no page answers %s',
  async (method) => {
    const { port } = await serve('127.0.0.1')
    for (const path of ['/', '/metrics', '/livez', '/healthz', '/readyz', '/api/status', '/x']) {
      const asked = request({ host: '127.0.0.1', port, path, method }).end()
      const [response] = await once(asked, 'response')
      response.resume()
      expect([404, 405]).toContain(response.statusCode)
    }
  },
)
