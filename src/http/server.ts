import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import { HttpListenError } from './listen-error.ts'
import { pageAssets } from './page/assets.ts'
import { renderPage } from './page/page.ts'
import { type PartitionQuery, partitionQuery } from './page/partition-page.ts'
import type { StatusDocument } from './page/status-document.ts'

/** One thing that has to be right; `reason` says what is wrong, or how it is. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly reason: string
}

/** Where the answers come from. `live` and `ready` look at what is known, they ask nobody. */
export interface HttpHandlers {
  /** The consumer group, so that who asks knows whom. */
  readonly group: string
  /** In the format that this Accept header prefers. */
  metrics(accept: string): Promise<{ readonly contentType: string; readonly text: string }>
  /** Whether this process works at all; where it does not, restarting helps. Never Kafka or HDFS. */
  live(): readonly Check[]
  /** Whether records are being moved now. */
  ready(): readonly Check[]
  /** The partitions that were stopped, and why: told with `ready`, which they do not change. */
  stopped(): readonly object[]
  /** For the status page, and for /api/status. */
  status(query: PartitionQuery): StatusDocument
}

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly handlers: HttpHandlers
  /** How long an answer may take to make, 10000 by default: as long as a scrape waits. */
  readonly answerTimeoutMs?: number
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  /** Base URL, without a slash at its end. */
  readonly url: string
  /** Stops listening, lets answers under way end for a second, then ends all connections. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: OutgoingHttpHeaders
}

type Route = (asked: Asked) => Answer | Promise<Answer>

/** What of a request the answers depend on. */
interface Asked {
  readonly parameters: URLSearchParams
  /** The Accept header. */
  readonly accept: string
}

const plainText = 'text/plain; charset=utf-8'
/** Nothing but the page's own two files; no other page may show it inside itself. */
const contentPolicy = [
  "default-src 'none'",
  ...["style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ')
const closeGraceMs = 1000
const maxConnections = 256
const idleTimeoutMs = 30_000

/** Throws HttpListenError where the address cannot be used. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, handlers, answerTimeoutMs = 10_000 } = options
  const routes = routesOf(handlers)
  const server = createServer(
    {
      headersTimeout: 5000,
      requestTimeout: 10_000,
      keepAliveTimeout: 15_000,
      connectionsCheckingInterval: 5000,
      maxHeaderSize: 8192,
    },
    (request, response) => {
      void respond(routes, request, response, answerTimeoutMs)
    },
  )
  server.maxConnections = maxConnections
  // Whoever asks and then does not read must not keep a connection for ever.
  server.setTimeout(idleTimeoutMs)
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    throw new HttpListenError(host, port, error)
  }
  // An accept that fails is that connection's misfortune; the next may succeed.
  server.on('error', () => undefined)
  const bound = boundPort(server, port)
  return {
    host,
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => close(server),
  }
}

function routesOf(handlers: HttpHandlers): ReadonlyMap<string, Route> {
  const live: Route = () => checked(handlers.live())
  const assets = [...pageAssets()].map(([path, asset]): [string, Route] => [
    path,
    () => ({ status: 200, ...asset }),
  ])
  return new Map<string, Route>([
    ['/', ({ parameters }) => page(handlers, parameters)],
    ...assets,
    ['/api/status', ({ parameters }) => json(200, handlers.status(partitionQuery(parameters)))],
    ['/metrics', ({ accept }) => metricsFor(handlers, accept)],
    ['/livez', live],
    ['/healthz', live],
    [
      '/readyz',
      () => checked(handlers.ready(), { group: handlers.group, stopped: handlers.stopped() }),
    ],
  ])
}

function page(handlers: HttpHandlers, parameters: URLSearchParams): Answer {
  const body = renderPage(handlers.status(partitionQuery(parameters)))
  const headers = { 'content-security-policy': contentPolicy }
  return { status: 200, type: 'text/html; charset=utf-8', body, headers }
}

async function metricsFor(handlers: HttpHandlers, accept: string): Promise<Answer> {
  const { contentType, text } = await handlers.metrics(accept)
  return { status: 200, type: contentType, body: text, headers: { vary: 'accept' } }
}

function checked(checks: readonly Check[], more: object = {}): Answer {
  const ok = checks.every((check) => check.ok)
  return json(ok ? 200 : 503, { ok, checks, ...more })
}

function json(status: number, value: object): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

async function respond(
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
  timeoutMs: number,
): Promise<void> {
  const { status, type, body, headers } = await answerTo(routes, request, timeoutMs)
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answerTo(
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  timeoutMs: number,
): Promise<Answer> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const route = routes.get(path)
  if (route === undefined) {
    return { status: 404, type: plainText, body: `Nothing is here. See /.\n` }
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const body = 'Only GET and HEAD are answered.\n'
    return { status: 405, type: plainText, body, headers: { allow: 'GET, HEAD' } }
  }
  try {
    const { accept = '' } = request.headers
    const asked = { parameters: new URLSearchParams(query), accept }
    return await withDeadline(() => route(asked), timeoutMs)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { status: 500, type: plainText, body: `${path} failed: ${reason}\n` }
  }
}

async function withDeadline(
  answer: () => Answer | Promise<Answer>,
  timeoutMs: number,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([answer(), late])
  } finally {
    clearTimeout(timer)
  }
}

function boundPort(server: Server, asked: number): number {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : asked
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs)
  try {
    await closed
  } finally {
    clearTimeout(timer)
  }
}
