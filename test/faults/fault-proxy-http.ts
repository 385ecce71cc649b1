import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Line } from './fault-proxy-line.ts'
import { seeWebHdfs } from './fault-proxy-requests.ts'
import type { HeldRequest, Rule, Rules, UploadPart } from './fault-proxy-rules.ts'

/** Above the time for which the sink keeps an idle connection. */
const KEEP_ALIVE_MS = 120_000
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding']

/** A request and where it goes. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: URL
}

/**
 * In front of the NameNodes, and of each DataNode that they name: it leads their redirects to
 * itself.
 */
export class HttpFaults {
  readonly #rules: Rules
  readonly #line: Line
  readonly #servers: Server[] = []
  /** By the address of the DataNode: the address in front of it. */
  readonly #dataNodes = new Map<string, Promise<string>>()

  constructor(rules: Rules, line: Line) {
    this.#rules = rules
    this.#line = line
  }

  /** Takes a NameNode's URL; resolves with the one to use instead. */
  async addNameNode(url: string): Promise<string> {
    return `http://${await this.#listen(new URL(url), 'namenode')}`
  }

  /** Drops all connections. */
  dropConnections(): void {
    for (const server of this.#servers) server.closeAllConnections()
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => once(server, 'close'))
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
    await Promise.all(closed)
  }

  async #listen(target: URL, kind: 'namenode' | 'datanode'): Promise<string> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      response.on('error', ignore)
      this.#handle({ request, response, server: target }, kind).catch(() => reset(request))
    })
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `localhost:${(server.address() as AddressInfo).port}`
  }

  async #handle(exchange: Exchange, kind: 'namenode' | 'datanode'): Promise<void> {
    const { request } = exchange
    const seen = seeWebHdfs(request.url ?? '/', kind)
    const rule = this.#rules.take(seen)
    await this.#line.begin()
    const deed = rule?.deed
    if (rule === undefined || deed === undefined) {
      await this.#relay(exchange, await this.#forward(exchange))
    } else if (deed.do === 'drop-request') {
      reset(request)
      rule.strike()
    } else if (deed.do === 'reset-upload') {
      await this.#resetUpload(exchange, rule, deed.at)
    } else if (deed.do === 'hold') {
      await this.#hold(exchange, rule, deed.at)
    } else {
      await this.#passOn(exchange, rule)
    }
  }

  /** To the server, and its answer back, unless that is what is to be dropped. */
  async #passOn(exchange: Exchange, rule: Rule): Promise<void> {
    if (rule.deed.do === 'notice') rule.strike()
    const answer = await this.#forward(exchange).catch((error: unknown) => {
      if (rule.deed.do === 'drop-reply') rule.giveBack()
      throw error
    })
    if (rule.deed.do === 'notice') return await this.#relay(exchange, answer)
    await buffer(answer)
    reset(exchange.request)
    rule.strike(answer.statusCode)
  }

  async #forward(exchange: Exchange, body: Readable = exchange.request): Promise<IncomingMessage> {
    const upstream = connect(exchange)
    const answered = once(upstream, 'response') as Promise<[IncomingMessage]>
    // A server may answer before it has read all of the body: its answer counts.
    pipeline(body, this.#line.stream(), upstream).catch((error) => upstream.destroy(error))
    const [answer] = await answered
    return answer
  }

  async #relay(exchange: Exchange, answer: IncomingMessage): Promise<void> {
    await this.#line.begin()
    const { request, response } = exchange
    if (response.destroyed) {
      answer.resume()
      return
    }
    const headers = { ...answer.headers }
    for (const name of HOP_BY_HOP) delete headers[name]
    if (!request.complete) response.shouldKeepAlive = false
    if (mayRedirect(request)) {
      const body = await this.#redirected(await buffer(answer))
      if (headers.location !== undefined) headers.location = await this.#inFront(headers.location)
      delete headers['content-length']
      response.writeHead(answer.statusCode ?? 502, headers).end(body)
      return
    }
    response.writeHead(answer.statusCode ?? 502, headers)
    await pipeline(answer, this.#line.stream(), response)
  }

  async #redirected(body: Buffer): Promise<Buffer> {
    if (!body.includes('"Location"')) return body
    const { Location } = JSON.parse(body.toString()) as { Location: string }
    return Buffer.from(JSON.stringify({ Location: await this.#inFront(Location) }))
  }

  /** The same place, through us. */
  async #inFront(location: string): Promise<string> {
    const url = new URL(location)
    // A DataNode that has taken a file says where it is: hdfs://...
    if (!url.protocol.startsWith('http')) return location
    const known = this.#dataNodes.get(url.host) ?? this.#listen(new URL(url.origin), 'datanode')
    this.#dataNodes.set(url.host, known)
    const { host } = url
    return location.replace(`//${host}/`, `//${await known}/`)
  }

  /** The DataNode sees the beginning of a body, and then the connection's end. */
  async #resetUpload(exchange: Exchange, rule: Rule, at: UploadPart): Promise<void> {
    const { request } = exchange
    const upstream = connect(exchange)
    let left = bytesOf(at, request)
    await write(upstream, Buffer.alloc(0))
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      await write(upstream, (chunk as Buffer).subarray(0, left))
      left -= Math.min(left, (chunk as Buffer).length)
      if (left === 0) break
    }
    // Its end, not a reset: that would take back what the DataNode has not read yet.
    upstream.socket?.end()
    reset(request)
    rule.strike()
  }

  /** Nothing, or the beginning of its body, reaches the server before it is delivered. */
  async #hold(exchange: Exchange, rule: Rule, at: UploadPart | undefined): Promise<void> {
    const { request, response } = exchange
    const body = await buffer(request).catch((error: unknown) => {
      rule.giveBack()
      throw error
    })
    const delivered = Promise.withResolvers<boolean>()
    const settled = Promise.withResolvers<number | undefined>()
    const held: HeldRequest = {
      abandoned: new Promise((resolve) => response.once('close', resolve)),
      deliver: () => {
        delivered.resolve(true)
        return settled.promise
      },
      discard: () => delivered.resolve(false),
    }
    const isWanted = async () => {
      rule.keep(held)
      if (!(await delivered.promise)) throw new Error('discarded')
    }
    try {
      if (at === undefined) await isWanted()
      const parts = at === undefined ? [body] : inTwo(body, bytesOf(at, request), isWanted)
      const answer = await this.#forward(exchange, Readable.from(parts))
      settled.resolve(answer.statusCode)
      await this.#relay(exchange, answer)
    } finally {
      settled.resolve(undefined)
    }
  }
}

function connect({ request, server }: Exchange) {
  const headers = { ...request.headers, host: server.host, connection: 'close' }
  const { method, url: path } = request
  const { hostname: host, port } = server
  const upstream = openRequest({ host, port, method, path, headers, agent: false })
  upstream.on('error', ignore)
  return upstream
}

/** Resolves when it is on its way; what comes first sends the headers. */
async function write(upstream: ReturnType<typeof connect>, bytes: Buffer): Promise<void> {
  upstream.flushHeaders()
  await new Promise<void>((resolve, reject) => {
    upstream.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

async function* inTwo(body: Buffer, at: number, between: () => Promise<void>) {
  yield body.subarray(0, at)
  await between()
  yield body.subarray(at)
}

function bytesOf(part: UploadPart, { headers }: IncomingMessage): number {
  const all = Number(headers['content-length'] ?? 0)
  if (part === 'half') return Math.floor(all / 2)
  return part === 'last' ? Math.max(0, all - 1) : Math.min(part, all)
}

function mayRedirect({ url }: IncomingMessage): boolean {
  return /[?&]op=(CREATE|OPEN|APPEND)(&|$)/i.test(url ?? '')
}

function reset({ socket }: IncomingMessage): void {
  socket.resetAndDestroy()
}

function ignore(): void {}
