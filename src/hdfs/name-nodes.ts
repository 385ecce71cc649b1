import type { Agent } from 'node:http'
import { type FileSystemError, OtherNameNodeError } from '../core/errors.ts'
import type { CallOptions } from '../core/ports.ts'
import { type Answer, HttpRefusal, TransportError } from './answers.ts'
import { classify, failureOf, type RequestContext } from './classify.ts'
import { PermissionDeniedError, UnsupportedServerError } from './errors.ts'
import { mayAskAnother, mayNotBeActive, noActive } from './failover.ts'
import { type Operation, reading } from './operation.ts'
import { type HttpRequest, RepairedWebHdfs } from './repaired-webhdfs.ts'

/** `status` is an HTTP status, or the error's code where there was no answer. */
export type OnRequest = (op: string, status: string, seconds: number) => void

export interface NameNodeAnswer extends Answer {
  readonly nameNode: string
}

export interface NameNodesOptions {
  readonly urls: readonly string[]
  readonly user: string
  readonly agentOf: (url: string) => Agent
  readonly requestTimeoutMs: number
  /** Fires when the file system is closed. */
  readonly closed: AbortSignal
  readonly onRequest: OnRequest | undefined
  readonly onActive: (nameNode: string) => void
}

// Only an active NameNode answers it. GETHOMEDIRECTORY and CREATE are answered by a standby too.
const probe = reading('GETFILESTATUS', '/')

/** One or several NameNodes, of which at most one is active. */
export class NameNodes {
  readonly #options: NameNodesOptions
  readonly #clients: readonly RepairedWebHdfs[]
  /** The one believed to be active; undefined: find out before the next call. */
  #active: RepairedWebHdfs | undefined
  #answeredLast: string | undefined
  #finding: Promise<RepairedWebHdfs> | undefined

  constructor(options: NameNodesOptions) {
    this.#options = options
    this.#clients = options.urls.map((url) => new RepairedWebHdfs(url, options.user))
    if (this.#clients.length === 1) this.#active = this.#clients[0]
  }

  get several(): boolean {
    return this.#clients.length > 1
  }

  get answeredLast(): string | undefined {
    return this.#answeredLast
  }

  /** Sends it to the active NameNode, or to the only one that may answer. */
  async run(operation: Operation, call: CallOptions = {}): Promise<NameNodeAnswer> {
    const { signal, onlyNameNode } = call
    if (onlyNameNode !== undefined) {
      return this.#ask(this.#pinned(onlyNameNode, operation), operation, signal)
    }
    const first = this.#active ?? (await this.#find(operation, signal))
    try {
      return await this.#ask(first, operation, signal)
    } catch (error) {
      if (!this.several || !mayAskAnother(error, operation.mutates)) throw error
    }
    return this.#ask(await this.#find(operation, signal), operation, signal)
  }

  /** An HTTP request to a DataNode, seen by the same counters. */
  async exchange(op: string, request: Omit<HttpRequest, 'signals'>, signal?: AbortSignal) {
    const startedMs = performance.now()
    const { closed, onRequest } = this.#options
    const signals = signal === undefined ? [closed] : [signal, closed]
    const report = (status: string) => onRequest?.(op, status, secondsSince(startedMs))
    try {
      // Which instance carries it does not matter: the URL is complete.
      const answer = await this.#clients[0]!.exchange({ ...request, signals })
      report(String(answer.status))
      return answer
    } catch (error) {
      report(statusOf(error))
      throw error
    }
  }

  async #ask(
    client: RepairedWebHdfs,
    operation: Operation,
    signal: AbortSignal | undefined,
  ): Promise<NameNodeAnswer> {
    const { op, method, path, params, picksDataNode } = operation
    const request = {
      method,
      url: client._getOperationEndpoint(op, path, params),
      agent: this.#options.agentOf(client.url),
      limits: { totalMs: this.#options.requestTimeoutMs },
    }
    const context = this.contextOf(operation, client.url)
    let answer: Answer
    try {
      answer = await this.exchange(op, request, signal)
    } catch (cause) {
      const error = classify(cause, context)
      if (mayNotBeActive(error)) this.#lost(client)
      else if (cause instanceof HttpRefusal && picksDataNode !== true) this.#answered(client)
      throw error
    }
    if (answer.status !== 200 && !(picksDataNode && answer.status === 307)) {
      throw strangeStatus(answer, context)
    }
    if (picksDataNode !== true) this.#answered(client)
    return { ...answer, nameNode: client.url }
  }

  contextOf(operation: Operation, nameNode: string): RequestContext {
    const { op, path, mutates, confirms } = operation
    return {
      op: confirms ?? op,
      path,
      nameNode,
      mutates,
      inDoubt: confirms !== undefined,
      severalNameNodes: this.several,
    }
  }

  #answered(client: RepairedWebHdfs): void {
    this.#active = client
    if (this.#answeredLast !== client.url) this.#options.onActive(client.url)
    this.#answeredLast = client.url
  }

  #lost(client: RepairedWebHdfs): void {
    if (this.several && this.#active === client) this.#active = undefined
  }

  #pinned(url: string, operation: Operation): RepairedWebHdfs {
    const client = this.#clients.find((candidate) => candidate.url === url)
    if (client !== undefined && (this.#active ?? client) === client) return client
    const active = this.#active?.url ?? 'not known'
    throw new OtherNameNodeError(
      failureOf(this.contextOf(operation, url), {
        detail: `not sent, because the active NameNode is ${active}`,
        hint: 'Nothing to do: the sink looks at the state again.',
        ambiguous: false,
      }),
    )
  }

  /** Asks all at once; concurrent callers share the asking, each with its own signal. */
  async #find(operation: Operation, signal: AbortSignal | undefined): Promise<RepairedWebHdfs> {
    this.#finding ??= this.#probeAll().finally(() => {
      this.#finding = undefined
    })
    const context = this.contextOf(operation, 'any NameNode')
    try {
      return await abortable(this.#finding, signal)
    } catch (error) {
      if (signal?.aborted) {
        throw classify(new TransportError('aborted', false, 'ABORTED', signal.reason), context)
      }
      if (!(error instanceof AggregateError)) throw error
      throw noActive(error.errors, context)
    }
  }

  async #probeAll(): Promise<RepairedWebHdfs> {
    const found = new AbortController()
    const asked = this.#clients.map(async (client) => {
      try {
        await this.#ask(client, probe, found.signal)
      } catch (error) {
        // Only an active NameNode looks at permissions.
        if (!(error instanceof PermissionDeniedError)) throw error
      }
      return client
    })
    const first = await Promise.any(asked)
    found.abort()
    this.#active = first
    return first
  }
}

function strangeStatus(answer: Answer, context: RequestContext): FileSystemError {
  const to = answer.location === undefined ? '' : ` with ${placeOf(answer.location)}`
  return new UnsupportedServerError(
    failureOf(context, {
      status: answer.status,
      detail: `expected status 200, found ${answer.status}${to}`,
      hint: 'The URLs must be those of the NameNodes themselves, with the protocol they serve.',
      ambiguous: true,
    }),
  )
}

/** Without user and query, either of which may hold a token. */
function placeOf(location: string): string {
  if (!URL.canParse(location)) return 'an address that is none'
  const { protocol, host, pathname } = new URL(location)
  return `${protocol}//${host}${pathname}`
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000
}

function statusOf(error: unknown): string {
  if (error instanceof HttpRefusal) return String(error.status)
  return error instanceof TransportError ? error.code : 'DEFECT'
}
