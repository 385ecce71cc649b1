import type { StackInfo } from '../../stack/index.ts'
import { HttpFaults } from './fault-proxy-http.ts'
import { KafkaFaults } from './fault-proxy-kafka.ts'
import { Line } from './fault-proxy-line.ts'
import { type Hold, type Match, Rules, type Strike, type UploadPart } from './fault-proxy-rules.ts'

export type { Hold, Match, Strike, UploadPart } from './fault-proxy-rules.ts'

/** One of the two sides of a sink. */
export type Side = 'kafka' | 'hdfs'

/**
 * Between sinks and their Kafka and HDFS, in this process. It relays all they say, knows what it is
 * about, and loses, cuts off, keeps back or slows down what it is told to.
 *
 *   fault-proxy-rules.ts      which faults wait for which requests
 *   fault-proxy-requests.ts   what a request is about
 *   fault-proxy-http.ts       in front of NameNodes and DataNodes
 *   fault-proxy-kafka.ts      in front of brokers; fault-proxy-frames.ts: their protocol
 *   fault-proxy-line.ts       slow and cut lines
 *
 * What is dropped ends with a reset of the sender's connection.
 */
export class FaultProxy {
  readonly brokers: string[]
  readonly webhdfsUrls: string[]
  readonly #rules: Rules
  readonly #http: HttpFaults
  readonly #kafka: KafkaFaults
  readonly #lines: Readonly<Record<Side, Line>>

  private constructor(
    addresses: Pick<StackInfo, 'brokers' | 'webhdfsUrls'>,
    parts: { rules: Rules; http: HttpFaults; kafka: KafkaFaults; lines: Record<Side, Line> },
  ) {
    this.brokers = addresses.brokers
    this.webhdfsUrls = addresses.webhdfsUrls
    this.#rules = parts.rules
    this.#http = parts.http
    this.#kafka = parts.kafka
    this.#lines = parts.lines
  }

  static async start(stack: Pick<StackInfo, 'brokers' | 'webhdfsUrls'>): Promise<FaultProxy> {
    const rules = new Rules()
    const lines = { kafka: new Line(), hdfs: new Line() }
    const http = new HttpFaults(rules, lines.hdfs)
    const kafka = new KafkaFaults(rules, lines.kafka)
    const [brokers, webhdfsUrls] = await Promise.all([
      Promise.all(stack.brokers.map((broker) => kafka.addBroker(broker))),
      Promise.all(stack.webhdfsUrls.map((url) => http.addNameNode(url))),
    ])
    return new FaultProxy({ brokers, webhdfsUrls }, { rules, http, kafka, lines })
  }

  /** The same stack, reached through here. */
  through(info: StackInfo): StackInfo {
    return { ...info, brokers: this.brokers, webhdfsUrls: this.webhdfsUrls }
  }

  /** Requests are executed, and their senders see a reset instead of the reply. */
  dropReply(match: Match, times = 1): Strike {
    return this.#rules.add(match, { do: 'drop-reply' }, times)
  }

  /** Requests get lost on their way. */
  dropRequest(match: Match, times = 1): Strike {
    return this.#rules.add(match, { do: 'drop-request' }, times)
  }

  /** A DataNode gets the beginning of a file; then both of its sides are cut off. */
  resetUpload(at: UploadPart, times = 1): Strike {
    return this.#rules.add({ op: 'CREATE_DATA' }, { do: 'reset-upload', at }, times)
  }

  /**
   * Keeps requests back until they are delivered, long after their senders gave up, say. Of an
   * upload the beginning may go through.
   */
  hold(match: Match, { times = 1, at }: { times?: number; at?: UploadPart } = {}): Hold {
    return this.#rules.add(match, { do: 'hold', ...(at === undefined ? {} : { at }) }, times)
  }

  /** Lets requests through, and tells of them. */
  notice(match: Match, times = 1): Strike {
    return this.#rules.add(match, { do: 'notice' }, times)
  }

  /** Every request and every answer is late, and comes slowly, until `clear`. */
  slow(delayMs: number, bytesPerSecond: number = Number.POSITIVE_INFINITY): { slowed(): number } {
    const lines = Object.values(this.#lines)
    for (const line of lines) Object.assign(line, { delayMs, bytesPerSecond, slowed: 0 })
    return { slowed: () => lines.reduce((sum, { slowed }) => sum + slowed, 0) }
  }

  /** Nothing gets through to one side, and nobody is told, until `heal`. */
  cut(side: Side): void {
    this.#lines[side].cut()
  }

  /** What was on its way arrives now. */
  heal(side: Side): void {
    this.#lines[side].heal()
  }

  /** Resets every connection, once. */
  dropConnections(side: Side): void {
    const front = side === 'kafka' ? this.#kafka : this.#http
    front.dropConnections()
  }

  /** All faults are over; what is still held is never delivered. */
  clear(): void {
    this.#rules.clear()
    for (const line of Object.values(this.#lines)) line.heal()
  }

  async close(): Promise<void> {
    this.clear()
    await Promise.all([this.#http.close(), this.#kafka.close()])
  }
}
