import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { advertise, FrameSplitter, type Front } from './fault-proxy-frames.ts'
import type { Line } from './fault-proxy-line.ts'
import { type SeenKafkaRequest, seeKafka } from './fault-proxy-requests.ts'
import type { Rule, Rules } from './fault-proxy-rules.ts'

/** In front of the brokers: it puts its own ports where they tell their addresses. */
export class KafkaFaults {
  readonly #rules: Rules
  readonly #line: Line
  readonly #servers: Server[] = []
  readonly #fronts: Front[] = []
  readonly #connections = new Set<Connection>()

  constructor(rules: Rules, line: Line) {
    this.#rules = rules
    this.#line = line
  }

  /** Takes host:port of a broker; resolves with the one to use instead. */
  async addBroker(address: string): Promise<string> {
    const [host = '', port] = address.split(':')
    const server = createServer((client) => {
      const upstream = connect(Number(port), host)
      const connection = new Connection(client, upstream, {
        rules: this.#rules,
        line: this.#line,
        fronts: this.#fronts,
      })
      this.#connections.add(connection)
      void connection.closed.then(() => this.#connections.delete(connection))
    })
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: ownPort } = server.address() as AddressInfo
    this.#fronts.push({ host, port: Number(port), ownPort })
    return `localhost:${ownPort}`
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.reset()
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => once(server, 'close'))
    for (const server of this.#servers) server.close()
    this.dropConnections()
    await Promise.all(closed)
  }
}

interface Conditions {
  readonly rules: Rules
  readonly line: Line
  readonly fronts: readonly Front[]
}

interface Sent extends SeenKafkaRequest {
  readonly rule: Rule | undefined
}

/** One connection of a client: a broker answers its requests in their order. */
class Connection {
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #conditions: Conditions
  readonly #sent = new Map<number, Sent>()

  constructor(client: Socket, upstream: Socket, conditions: Conditions) {
    this.#client = client
    this.#upstream = upstream
    this.#conditions = conditions
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
    }
    this.closed = Promise.all([client, upstream].map(closing)).then(() => undefined)
    pump(
      client,
      (frame) => this.#request(frame),
      () => upstream.end(),
    )
    pump(
      upstream,
      (frame) => this.#answer(frame),
      () => client.end(),
    )
    upstream.once('close', (broken) => {
      if (broken) client.resetAndDestroy()
    })
  }

  reset(): void {
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
  }

  async #request(frame: Buffer): Promise<void> {
    const seen = seeKafka(frame)
    const rule = this.#conditions.rules.take(seen)
    await this.#conditions.line.begin()
    if (rule?.deed.do === 'drop-request') {
      rule.strike()
      return this.reset()
    }
    if (rule?.deed.do === 'notice') rule.strike()
    if (rule?.deed.do === 'hold' && !(await this.#hold(rule))) return this.reset()
    this.#sent.set(seen.correlationId, { ...seen, rule })
    await this.#conditions.line.carry(frame.length)
    this.#upstream.write(frame)
  }

  /** What follows it on this connection waits too. Resolves with whether it is wanted. */
  #hold(rule: Rule): Promise<boolean> {
    return new Promise((resolve) => {
      const abandoned = new Promise<void>((gone) => {
        this.#client.once('close', () => gone())
        this.#client.once('end', () => gone())
      })
      rule.keep({
        abandoned,
        deliver: async () => {
          resolve(true)
          return undefined
        },
        discard: () => resolve(false),
      })
    })
  }

  async #answer(frame: Buffer): Promise<void> {
    const correlationId = frame.readInt32BE(4)
    const sent = this.#sent.get(correlationId)
    this.#sent.delete(correlationId)
    if (sent?.rule?.deed.do === 'drop-reply') {
      this.reset()
      return sent.rule.strike()
    }
    if (sent !== undefined) advertise(frame, sent, this.#conditions.fronts)
    await this.#conditions.line.begin()
    await this.#conditions.line.carry(frame.length)
    this.#client.write(frame)
  }
}

/** Whatever it ends with. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Hands over one frame after the other, and then tells of the end. */
function pump(from: Socket, take: (frame: Buffer) => Promise<void>, ended: () => void): void {
  const splitter = new FrameSplitter()
  let last = Promise.resolve()
  from.on('data', (bytes) => {
    for (const frame of splitter.add(bytes)) last = last.then(() => take(frame))
    last.catch((error: Error) => {
      // Of a protocol that is not understood, say.
      process.emitWarning(error)
      from.destroy()
    })
  })
  from.once('close', () => void last.catch(() => undefined).then(ended))
}
