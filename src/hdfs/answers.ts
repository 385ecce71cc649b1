/*
 * What comes back from one HTTP request: an Answer, an HttpRefusal, or a TransportError.
 */
import { jsonOf, objectOf } from '../core/json-object.ts'

/** A complete answer below 400. */
export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

/** The server answered 400 or above. */
export class HttpRefusal extends Error {
  readonly status: number
  /** Simple class name of the RemoteException; undefined when the body was something else. */
  readonly exception: string | undefined
  constructor(status: number, exception: string | undefined, message: string) {
    super(message)
    this.status = status
    this.exception = exception
  }

  /** Without a stack: it is of the socket, and costs more than the request where refusals are expected. */
  static parse(status: number, body: string): HttpRefusal {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      return HttpRefusal.#parse(status, body)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  static #parse(status: number, body: string): HttpRefusal {
    const remote = objectOf(jsonOf(body)?.RemoteException)
    if (remote === undefined) return new HttpRefusal(status, undefined, excerptOf(body))
    // A DataNode appends its stack trace to the message.
    const message = String(remote.message).split('\n\tat ', 1)[0] ?? ''
    return new HttpRefusal(status, String(remote.exception), message)
  }
}

export type TransportFailure = 'timeout' | 'aborted' | 'answer-too-large' | 'network'

/** There was no complete answer. */
export class TransportError extends Error {
  readonly kind: TransportFailure
  /** false: no connection came about, so the server cannot have seen the request. */
  readonly sent: boolean
  /** Of the operating system or of Node: ECONNREFUSED, ECONNRESET ... */
  readonly code: string
  constructor(kind: TransportFailure, sent: boolean, code: string, cause?: unknown) {
    super(`${kind} ${code}`, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.sent = sent
    this.code = code
  }
}

/** What a person would read of it, an HTML error page included, and not too much. */
export function excerptOf(body: string): string {
  return body
    .replace(/<(style|head)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
}
