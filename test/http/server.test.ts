import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkHealth } from '../../src/http/check-health.ts'
import { HttpListenError } from '../../src/http/listen-error.ts'
import type { PartitionQuery } from '../../src/http/page/partition-page.ts'
import {
  type Check,
  type HttpHandlers,
  type HttpServer,
  startHttpServer,
} from '../../src/http/server.ts'
import { statusSample } from './page/sample.ts'
import { statusSchema } from './page/status-schema.ts'

const fine: Check = { name: 'event-loop', ok: true, reason: '' }
const bad: Check = { name: 'hdfs', ok: false, reason: 'no NameNode answers' }

let live: readonly Check[]
let ready: readonly Check[]
let metrics: () => Promise<string>
let queries: PartitionQuery[]
let server: HttpServer

const handlers: HttpHandlers = {
  metrics: async (accept) => ({
    contentType: accept.startsWith('application/') ? accept : 'text/plain; version=0.0.4',
    text: await metrics(),
  }),
  live: () => live,
  ready: () => ready,
  group: 'g',
  stopped: () => [],
  status: (query) => {
    queries.push(query)
    return statusSample()
  },
}

beforeEach(async () => {
  live = [fine]
  ready = [fine]
  metrics = async () => 'x_total 1\n'
  queries = []
  server = await startHttpServer({ host: '127.0.0.1', port: 0, handlers, answerTimeoutMs: 200 })
})

afterEach(() => server.close())

describe('the HTTP server', () => {
  it('serves metrics in the Prometheus text format, whatever the query', async () => {
    const response = await fetch(`${server.url}/metrics?name=x`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4')
    expect(await response.text()).toBe('x_total 1\n')
  })

  it('serves metrics in the format that was asked for, and tells caches so', async () => {
    const accept = 'application/openmetrics-text; version=1.0.0'
    const response = await fetch(`${server.url}/metrics`, { headers: { accept } })
    expect(response.headers.get('content-type')).toBe(accept)
    expect(response.headers.get('vary')).toBe('accept')
  })

  it.each(['/livez', '/healthz'])('is alive at %s although it is not ready', async (path) => {
    ready = [bad]
    const response = await fetch(server.url + path)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ok: true, checks: [fine] })
  })

  it('is ready only while every check is, and says which is not', async () => {
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    ready = [fine, bad]
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(503)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      ok: false,
      checks: [fine, bad],
      group: 'g',
      stopped: [],
    })
  })

  it('serves the status page at the root, which may load nothing from elsewhere', async () => {
    const response = await fetch(`${server.url}/?q=color&page=2`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; /)
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/)
    expect(queries).toEqual([{ filter: 'color', page: 2 }])
    const page = await response.text()
    for (const path of ['metrics', 'livez', 'readyz', 'api/status']) {
      expect(page).toContain(`href="${path}"`)
    }
    // The policy would refuse them.
    expect(page).not.toMatch(/\sstyle=|<style|\son[a-z]+=|<script(?! src=)/)
  })

  it('serves each file that the page names, and the page names no other host', async () => {
    const page = await (await fetch(server.url)).text()
    const names = [...page.matchAll(/(?:rel="(?:stylesheet|icon)" href|<script src)="([^"]+)"/g)]
    expect(names.map(([, name]) => name)).toEqual(['page.css', 'icon.svg', 'live.js'])
    for (const [, name] of names) {
      const { status, headers } = await fetch(`${server.url}/${name}`)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(/css|svg|javascript/)
    }
    for (const [, link] of page.matchAll(/(?:src|href)="(https?:[^"]+)"/g)) {
      expect(link).toMatch(/^http:\/\/localhost:9870\/explorer\.html#/)
    }
  })

  it('answers the same as JSON, of the version that is documented and with no field beside', async () => {
    const response = await fetch(`${server.url}/api/status?q=x`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(statusSchema.parse(await response.json())).toEqual(statusSample())
    expect(queries).toEqual([{ filter: 'x', page: 1 }])
  })

  it('answers HEAD without a body but with its length', async () => {
    const response = await fetch(`${server.url}/metrics`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('10')
    expect(await response.text()).toBe('')
  })

  it('refuses other methods and other paths', async () => {
    const posted = await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x' })
    expect(posted.status).toBe(405)
    expect(posted.headers.get('allow')).toBe('GET, HEAD')
    expect((await fetch(`${server.url}/secret`)).status).toBe(404)
  })

  it('answers 500 with the reason when an answer cannot be made, or not in time', async () => {
    metrics = () => Promise.reject(new Error('no worker answers'))
    const failed = await fetch(`${server.url}/metrics`)
    expect(failed.status).toBe(500)
    expect(await failed.text()).toBe('/metrics failed: no worker answers\n')
    metrics = () => new Promise(() => {})
    const late = await fetch(`${server.url}/metrics`)
    expect(await late.text()).toBe('/metrics failed: no answer within 200 ms\n')
  })

  it('survives a client that speaks no HTTP', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.end('\u0000\u0001nonsense\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  it('ends connections that are kept alive, or that never ask, when it is closed', async () => {
    const agent = new Agent({ keepAlive: true })
    const [response] = await once(get(`${server.url}/livez`, { agent }), 'response')
    response.resume()
    await once(response, 'end')
    const silent = connect(server.port, '127.0.0.1')
    await once(silent, 'connect')
    silent.resume()
    const silentClosed = once(silent, 'close')
    await server.close()
    await silentClosed
    agent.destroy()
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow()
  })

  it('can be closed twice', async () => {
    await server.close()
    await server.close()
    await expect(fetch(server.url)).rejects.toThrow()
  })

  it('names host, port and configuration keys when the port is taken', async () => {
    const again = startHttpServer({ host: '127.0.0.1', port: server.port, handlers })
    const error = await again.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(HttpListenError)
    expect(error).toMatchObject({
      ...{ host: '127.0.0.1', port: server.port, code: 'EADDRINUSE', action: 'stop-process' },
      message: expect.stringMatching(
        new RegExp(
          `127\\.0\\.0\\.1:${server.port} \\(http\\.host, http\\.port\\).*another process`,
        ),
      ),
    })
  })

  it('says so when the address is not of this machine', async () => {
    const starting = startHttpServer({ host: '192.0.2.1', port: 0, handlers })
    await expect(starting).rejects.toThrow(/192\.0\.2\.1:0 .*no such address/)
  })
})

describe('checkHealth', () => {
  it('is ok where all checks are, one line each', async () => {
    ready = [fine, { name: 'hdfs', ok: true, reason: 'answered 2 s ago' }]
    expect(await checkHealth(`${server.url}/readyz`, 1000)).toEqual({
      ok: true,
      text: 'ok   event-loop\nok   hdfs answered 2 s ago',
    })
  })

  it('is not ok where one is not', async () => {
    ready = [bad]
    expect(await checkHealth(`${server.url}/readyz`, 1000)).toEqual({
      ok: false,
      text: 'FAIL hdfs no NameNode answers',
    })
  })

  it('is not ok where nobody listens, with the reason', async () => {
    await server.close()
    const health = await checkHealth(`${server.url}/readyz`, 1000)
    expect(health).toEqual({
      ok: false,
      text: `No answer from ${server.url}/readyz: ECONNREFUSED.`,
    })
  })

  it('gives up in time', async () => {
    metrics = () => new Promise(() => {})
    const health = await checkHealth(`${server.url}/metrics`, 50)
    expect(health).toEqual({
      ok: false,
      text: `No answer from ${server.url}/metrics: nothing within 50 ms.`,
    })
  })

  it('is not ok where something else answers', async () => {
    const health = await checkHealth(`${server.url}/metrics`, 1000)
    expect(health.ok).toBe(false)
  })
})
