import type { Socket } from 'node:net'
import type {
  ISocketFactory,
  Kafka as KafkaClass,
  KafkaConfig,
  logCreator,
  RetryOptions,
} from 'kafkajs'
import { Kafka, logLevel } from './kafkajs.ts'
import { responseSockets } from './sockets.ts'

/** Shaped like pino. */
export interface KafkaLogger {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface KafkaClientOptions {
  /** host:port */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Longest wait for any answer; a JoinGroup may take as long as a rebalance. */
  readonly requestTimeoutMs: number
  /** Kept for the responses to come. Default 1 MiB. */
  readonly keepResponseBytes?: number
  readonly logger: KafkaLogger
}

/** Spelled out, because kafkajs has other defaults where NODE_ENV is "test". */
export const RETRY: Required<Omit<RetryOptions, 'restartOnFailure'>> = {
  initialRetryTime: 300,
  // kafkajs waits so long before it starts a crashed consumer anew.
  maxRetryTime: 5_000,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
}

const CONNECTION_TIMEOUT_MS = 3_000
const KEEP_RESPONSE_BYTES = 1024 * 1024

/** A kafkajs client, and its connections: kafkajs may go on connecting after it was stopped. */
export interface KafkaClient {
  readonly kafka: KafkaClass
  readonly connections: Connections
}

export function createClient(options: KafkaClientOptions): KafkaClient {
  const connections = new Connections(options.keepResponseBytes ?? KEEP_RESPONSE_BYTES)
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: Math.min(CONNECTION_TIMEOUT_MS, options.requestTimeoutMs),
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: RETRY,
    socketFactory: connections.open,
    logLevel: logLevel.INFO,
    logCreator: logTo(options.logger),
  }
  return { kafka: new Kafka(config), connections }
}

class Connections {
  private readonly sockets = new Set<Socket>()
  private readonly connect: ISocketFactory
  private closed = false

  constructor(keepResponseBytes: number) {
    this.connect = responseSockets(keepResponseBytes)
  }

  readonly open: ISocketFactory = (request) => {
    if (this.closed) throw new Error('this client was closed')
    const socket = this.connect(request)
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    return socket
  }

  /** Requests under way fail, and new connections may be opened. */
  reset(): void {
    for (const socket of this.sockets) {
      // kafkajs lets go of a connection when it ends it, and would report an error of it after.
      if (socket.writableEnded) socket.destroy()
      else socket.destroy(new Error('the client gave up waiting'))
    }
  }

  /** For good. */
  close(): void {
    this.closed = true
    this.reset()
  }
}

/**
 * One level down: for kafkajs every rebalance is an error and every pause an information. What we
 * cannot go on with is thrown or handed to `crashed`.
 */
function logTo(logger: KafkaLogger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, timestamp: _timestamp, logger: _logger, ...fields } = log
      const entry = { ...fields, kafkajs: namespace }
      // An error code in an answer: whoever asked hears of it.
      if (namespace === 'Connection') logger.debug(entry, message)
      else if (level === logLevel.ERROR) logger.warn(entry, message)
      else if (level === logLevel.WARN) logger.info(entry, message)
      else logger.debug(entry, message)
    }
}
