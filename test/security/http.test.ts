import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startWaitingSink } from '../support/waiting-sink.ts'

const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']
const PATHS = ['/', '/metrics', '/livez', '/healthz', '/readyz', '/api/status', '/x']

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

async function statusOf(port: number, path: string, method: string): Promise<number> {
  const asked = request({ host: '127.0.0.1', port, path, method }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

it('the sink listens only on the address that is configured, and answers GET and HEAD', {
  timeout: 30_000,
}, async () => {
  const sink = await startWaitingSink({ SINK_HTTP__HOST: '127.0.0.1' })
  expect(await connects('127.0.0.1', sink.port)).toBe('connected')
  expect(await connects('127.0.0.2', sink.port)).toBe('ECONNREFUSED')
  for (const method of METHODS) {
    const statuses = await Promise.all(PATHS.map((path) => statusOf(sink.port, path, method)))
    expect({
      method,
      others: statuses.filter((status) => status !== 404 && status !== 405),
    }).toEqual({ method, others: [] })
  }
  expect(await statusOf(sink.port, '/livez', 'GET')).toBe(200)
  expect(await statusOf(sink.port, '/livez', 'HEAD')).toBe(200)
  await sink.stop()
})
