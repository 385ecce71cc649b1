import type { Agent, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import webhdfs, { type Callback, type HttpExchange, type RequestOptions } from 'webhdfs'
import { type Answer, HttpRefusal, TransportError, type TransportFailure } from './answers.ts'
import { sendHttp } from './http-exchange.ts'

/*
 * The npm package webhdfs, repaired in this one place. As published it
 * - reports success for statuses that it does not know (a DataNode's 503 or 409), and never calls
 *   back for some others: here every answer of 400 and above is an HttpRefusal, every other one is
 *   handed over with its status, and the caller requires the status that it expects;
 * - has no timeouts and no cancellation, and waits for ever for a source that was destroyed;
 * - does not encode paths ('p%41q' created 'pAq') and builds its URLs in an object that all calls
 *   share;
 * - drops the exception's class and the status from its errors;
 * - takes an answer that broke off for a whole one, and loses an upload's answer when the
 *   connection breaks while the body is still being sent;
 * - follows redirects and HTTP_PROXY on its own.
 * Its own operations (rename, mkdir, writeFile ...) ignore booleans and overwrite by default. None
 * of them is used: requests go through its _sendRequest only, which here is node:http without the
 * client between them, and file-system.ts has the operations.
 */

/** More than this of an answer is never read. A page of a listing is about 300 KB. */
const maxAnswerBytes = 64 * 1024 * 1024
/** Bytes per write: progress is seen once per slice, and fewer, larger writes are faster. */
const sliceBytes = 1024 * 1024
/** Up to this an upload is copied and sent at once: for a stream Node needs more time. */
const smallBytes = 16 * 1024
/** How long to wait for an answer to be handed over when the connection broke behind it. */
const lateAnswerMs = 1000

/** Either one limit for everything, or one for connecting and one for time without progress. */
export type TimeLimits =
  | { readonly totalMs: number }
  | { readonly connectMs: number; readonly idleMs: number }

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly url: string
  readonly agent: Agent
  readonly limits: TimeLimits
  /** Each of them cancels it. */
  readonly signals: readonly AbortSignal[]
  /** A file's bytes, sent as they are; neither joined nor copied unless they are few. */
  readonly chunks?: readonly Uint8Array[]
}

const PublishedWebHdfs = webhdfs.createClient({}).constructor

/** Talks to one NameNode, and to the DataNodes that it names. */
export class RepairedWebHdfs extends PublishedWebHdfs {
  /** As configured, without slashes at its end. */
  readonly url: string
  readonly #user: string

  constructor(url: string, user: string) {
    const { hostname, port, pathname, protocol } = new URL(url)
    super(
      { host: hostname, port, path: pathname, protocol, user },
      { proxy: null, followRedirect: false, json: false },
    )
    this.url = url.replace(/\/+$/, '')
    this.#user = user
  }

  override _getOperationEndpoint(op: string, path: string, params: Record<string, string> = {}) {
    const query = Object.entries({ op, 'user.name': this.#user, ...params })
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')
    return `${this.url}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?${query}`
  }

  override _isError(response: IncomingMessage): boolean {
    return (response.statusCode ?? 0) >= 400
  }

  override _isSuccess(response: IncomingMessage): boolean {
    return !this._isError(response)
  }

  override _parseError(body: string | undefined, _strict: boolean, status: number): HttpRefusal {
    return HttpRefusal.parse(status, body ?? '')
  }

  override _sendRequest(
    method: string,
    url: string,
    options: RequestOptions,
    callback: Callback,
  ): HttpExchange {
    return sendHttp(method, url, options, (error, response, body) => {
      const isRefused = error === null && response !== undefined && this._isError(response)
      if (isRefused) callback(this._parseError(body, false, response.statusCode ?? 0))
      else callback(error, response, body)
    })
  }

  /**
   * One request. Ends within its limits or when the signal fires, and leaves no socket of its own
   * behind: from then on nothing reads `chunks`. Throws HttpRefusal or TransportError.
   */
  exchange(request: HttpRequest): Promise<Answer> {
    const aborted = request.signals.find((signal) => signal.aborted)
    if (aborted !== undefined) {
      return Promise.reject(new TransportError('aborted', false, 'ABORTED', aborted.reason))
    }
    return new Exchange(request, (options, callback) =>
      this._sendRequest(request.method, request.url, options, callback),
    ).promise
  }
}

type Send = (options: RequestOptions, callback: Callback) => HttpExchange

/** One HTTP request between its start and its end. */
class Exchange {
  readonly promise: Promise<Answer>
  readonly #request: HttpRequest
  readonly #http: HttpExchange | undefined
  readonly #hasBody: boolean
  /** Reads the caller's memory. */
  readonly #body: Readable | undefined
  readonly #settle: PromiseWithResolvers<Answer>
  #timer: NodeJS.Timeout
  #connected = false
  #socket: Socket | undefined
  #bodySent = false

  constructor(request: HttpRequest, send: Send) {
    this.#request = request
    this.#settle = Promise.withResolvers<Answer>()
    this.promise = this.#settle.promise
    const { limits, signals, agent, chunks } = request
    this.#timer = this.#startTimer('totalMs' in limits ? limits.totalMs : limits.connectMs)
    for (const signal of signals) signal.addEventListener('abort', this.#onAbort)

    const byteLength = byteLengthOf(chunks ?? [])
    this.#hasBody = byteLength > 0
    this.#bodySent = byteLength <= smallBytes
    if (!this.#bodySent) this.#body = Readable.from(this.#slices(), { highWaterMark: 1 })
    const body = this.#body ?? Buffer.concat(chunks ?? [])
    this.#http = send(
      {
        agent,
        headers: chunks === undefined ? {} : bodyHeaders(byteLength),
        ...(this.#hasBody ? { body } : {}),
      },
      this.#onEnd,
    )
    this.#http.once('socket', this.#onSocket)
    let answerBytes = 0
    this.#http.on('data', (chunk: Buffer) => {
      answerBytes += chunk.length
      if (answerBytes > maxAnswerBytes) this.#fail('answer-too-large', 'TOO_LARGE')
    })
  }

  #startTimer(timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#fail('timeout', 'TIMEOUT'), timeoutMs)
  }

  *#slices(): Generator<Uint8Array> {
    const inBody = !('totalMs' in this.#request.limits)
    for (const chunk of this.#request.chunks ?? []) {
      for (let start = 0; start < chunk.byteLength; start += sliceBytes) {
        // The first slice is taken before there is a connection, whose limit goes on.
        if (inBody && this.#connected) this.#timer.refresh()
        yield chunk.subarray(start, start + sliceBytes)
      }
    }
    if (inBody && this.#connected) this.#timer.refresh()
    this.#bodySent = true
  }

  readonly #onAbort = () => {
    const { reason } = this.#request.signals.find((signal) => signal.aborted) ?? {}
    this.#fail('aborted', 'ABORTED', reason)
  }

  readonly #onSocket = (socket: Socket) => {
    this.#socket = socket
    if (this.#hasBody) readOnAfterWriteErrors(socket)
    if (socket.connecting) socket.once('connect', this.#onConnect)
    else this.#onConnect()
  }

  readonly #onConnect = () => {
    this.#connected = true
    const { limits } = this.#request
    if ('totalMs' in limits) return
    clearTimeout(this.#timer)
    this.#timer = this.#startTimer(limits.idleMs)
  }

  /** The package calls back once: at the end of the answer, or at the first error. */
  readonly #onEnd: Callback = (error, response, body) => {
    if (error instanceof HttpRefusal) {
      this.#finish()
      this.#whenUnread(() => this.#settle.reject(error))
    } else if (error === null && response?.complete) {
      this.#complete(response, body)
    } else {
      this.#broken(error ?? new Error('The answer is cut off'))
    }
  }

  /** A server that refuses an upload halfway answers and resets: its answer tells why. */
  #broken(cause: Error): void {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
    const fail = () => this.#fail('network', code, cause)
    if (!this.#http?.response?.complete) {
      fail()
      return
    }
    const timer = setTimeout(fail, lateAnswerMs)
    this.#http.once('complete', (response: IncomingMessage, body?: string) => {
      clearTimeout(timer)
      this.#complete(response, body)
    })
  }

  #complete(response: IncomingMessage, body = ''): void {
    this.#finish()
    const status = response.statusCode ?? 0
    if (status >= 400) {
      this.#whenUnread(() => this.#settle.reject(HttpRefusal.parse(status, body)))
      return
    }
    const { location } = response.headers
    const answer = {
      status,
      // Node reads headers as latin1; HDFS writes names in UTF-8.
      location: location === undefined ? undefined : Buffer.from(location, 'latin1').toString(),
      body,
    }
    this.#whenUnread(() => this.#settle.resolve(answer))
  }

  #fail(kind: TransportFailure, code: string, cause?: unknown): void {
    this.#finish()
    this.#http?.abort()
    const error = new TransportError(kind, this.#connected, code, cause)
    this.#whenUnread(() => this.#settle.reject(error))
  }

  /** Whoever gave the body may use its memory again: so its connection must be done with it. */
  #whenUnread(settle: () => void): void {
    const socket = this.#socket
    if (this.#body === undefined || socket === undefined || socket.closed) settle()
    else if (this.#bodySent && socket.writableLength === 0) settle()
    else socket.once('close', settle).destroy()
  }

  #finish(): void {
    clearTimeout(this.#timer)
    for (const signal of this.#request.signals) {
      signal.removeEventListener('abort', this.#onAbort)
    }
    this.#body?.destroy()
    // A connection with half a body on it is of no use to anyone.
    if (!this.#bodySent) this.#http?.abort()
  }
}

/**
 * Node destroys a socket at its first failed write, with the answer unread in the kernel: so it
 * learns of the failure a little later, unless reading ends the exchange before.
 */
function readOnAfterWriteErrors(socket: Socket): void {
  const later = (callback: (error?: Error | null) => void) => (error?: Error | null) => {
    if (error) setTimeout(callback, lateAnswerMs, error).unref()
    else callback()
  }
  const { _write: write, _writev: writev } = socket
  socket._write = (chunk, encoding, callback) =>
    write.call(socket, chunk, encoding, later(callback))
  if (writev) socket._writev = (chunks, callback) => writev.call(socket, chunks, later(callback))
}

/** Without a Content-Length a DataNode answers 201 and creates an empty file. */
function bodyHeaders(byteLength: number): Record<string, string> {
  return { 'content-type': 'application/octet-stream', 'content-length': String(byteLength) }
}

export function byteLengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, chunk) => total + chunk.byteLength, 0)
}
