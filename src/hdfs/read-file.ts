import { type Agent, type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { jsonOf } from '../core/json-object.ts'
import type { CallOptions } from '../core/ports.ts'
import { excerptOf, HttpRefusal, TransportError } from './answers.ts'
import { classify, failureOf, type RequestContext } from './classify.ts'
import { isAllowedDataNode } from './data-nodes.ts'
import { RedirectRefusedError, UnexpectedAnswerError } from './errors.ts'
import type { NameNodes, OnRequest } from './name-nodes.ts'
import { type Operation, reading } from './operation.ts'

export interface DownloaderOptions {
  readonly nameNodes: NameNodes
  readonly agentOf: (url: string) => Agent
  /** For the NameNode's answers, and for connecting to a DataNode. */
  readonly requestTimeoutMs: number
  /** How long a DataNode may send nothing. */
  readonly idleTimeoutMs: number
  readonly allowedDataNodeHosts: readonly string[] | undefined
  /** Fires when the file system is closed. */
  readonly closed: AbortSignal
  readonly onRequest: OnRequest | undefined
}

/** Of an answer that is an error. */
const MAX_ERROR_BYTES = 64 * 1024

/**
 * OPEN: the NameNode names a DataNode, the DataNode sends the bytes. They are handed on as they come
 * and no faster than they are taken. (The npm package gathers a whole file in memory, and takes one
 * that broke off for whole.)
 */
export class Downloader {
  readonly #options: DownloaderOptions

  constructor(options: DownloaderOptions) {
    this.#options = options
  }

  async *read(path: string, position: number, call: CallOptions): AsyncGenerator<Uint8Array> {
    const { nameNodes, closed, onRequest } = this.#options
    const operation: Operation = {
      ...reading('OPEN', path, { offset: String(position), noredirect: 'true' }),
      picksDataNode: true,
    }
    const answer = await nameNodes.run(operation, call)
    const asked = nameNodes.contextOf(operation, answer.nameNode)
    const url = addressIn(answer.location ?? jsonOf(answer.body)?.Location, answer.body, asked)
    if (!isAllowedDataNode(url, this.#options.allowedDataNodeHosts)) throw refused(url, asked)
    const context = { ...asked, dataNode: url.host }
    const signals = call.signal === undefined ? closed : AbortSignal.any([call.signal, closed])
    const startedMs = performance.now()
    const report = (status: string) =>
      onRequest?.('OPEN_DATA', status, (performance.now() - startedMs) / 1000)
    try {
      yield* this.#stream(url, signals)
      report('200')
    } catch (error) {
      report(error instanceof TransportError ? error.code : 'ERROR')
      throw classify(error, context)
    }
  }

  async *#stream(url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const download = this.#start(url, signal)
    try {
      const response = await download.response
      if (response.statusCode !== 200) throw await refusalOf(response)
      const expected = Number(response.headers['content-length'] ?? Number.NaN)
      let received = 0
      for await (const chunk of response as AsyncIterable<Buffer>) {
        received += chunk.length
        yield chunk
      }
      if (!response.complete || (!Number.isNaN(expected) && received !== expected)) {
        throw new Error(`${received} of ${expected} bytes`)
      }
    } catch (error) {
      if (error instanceof HttpRefusal) throw error
      const sent = download.isConnected
      if (signal.aborted) throw new TransportError('aborted', sent, 'ABORTED', signal.reason)
      if (download.timedOut) throw new TransportError('timeout', sent, 'TIMEOUT')
      throw new TransportError('network', sent, codeOf(error), error)
    } finally {
      download.request.destroy()
    }
  }

  #start(url: URL, signal: AbortSignal): Download {
    const { agentOf, requestTimeoutMs, idleTimeoutMs } = this.#options
    const get = url.protocol === 'https:' ? httpsGet : httpGet
    const { promise: response, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = get(url, { agent: agentOf(url.href), signal }, resolve)
    const download: Download = { request, response, isConnected: false, timedOut: false }
    const timeOut = () => {
      download.timedOut = true
      request.destroy()
    }
    const timer = setTimeout(timeOut, requestTimeoutMs)
    request.once('socket', (socket) =>
      socket.once('connect', () => {
        download.isConnected = true
        clearTimeout(timer)
      }),
    )
    request.setTimeout(idleTimeoutMs, timeOut)
    request.on('error', reject)
    request.once('close', () => {
      clearTimeout(timer)
      reject(new Error('the connection was closed'))
    })
    return download
  }
}

interface Download {
  readonly request: ClientRequest
  readonly response: Promise<IncomingMessage>
  isConnected: boolean
  timedOut: boolean
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

async function refusalOf(response: IncomingMessage): Promise<HttpRefusal> {
  const parts: Buffer[] = []
  let byteLength = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part)
    byteLength += part.length
    if (byteLength > MAX_ERROR_BYTES) break
  }
  return HttpRefusal.parse(response.statusCode ?? 0, Buffer.concat(parts).toString())
}

function refused(url: URL, context: RequestContext): RedirectRefusedError {
  return new RedirectRefusedError(
    failureOf(context, {
      detail: `sent to ${url.host}, which is not an allowed DataNode`,
      hint: 'Add it to hdfs.allowedDataNodeHosts if it belongs to the cluster. It is tried again.',
      ambiguous: false,
    }),
  )
}

function addressIn(location: unknown, body: string, context: RequestContext): URL {
  if (typeof location === 'string' && URL.canParse(location)) return new URL(location)
  const found = location === undefined ? excerptOf(body) : String(location)
  throw new UnexpectedAnswerError(
    failureOf(context, {
      detail: `expected the address of a DataNode, found "${found}"`,
      hint: 'It is tried again.',
      ambiguous: false,
    }),
  )
}
