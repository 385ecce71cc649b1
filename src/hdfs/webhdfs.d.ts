/*
 * The part of the npm packages webhdfs 1.2.0 and request (through it) that we build on. Neither
 * carries types.
 */
declare module 'webhdfs' {
  import type { EventEmitter } from 'node:events'
  import type { Agent, IncomingMessage } from 'node:http'
  import type { Readable } from 'node:stream'

  export interface ClientOptions {
    readonly user?: string
    readonly host?: string
    readonly port?: string
    readonly path?: string
    readonly protocol?: string
  }

  /** Options of `request` that reach it through the package. */
  export interface RequestOptions {
    readonly agent?: Agent
    readonly body?: Readable | Uint8Array
    readonly headers?: Readonly<Record<string, string>>
    readonly json?: boolean
    readonly proxy?: null
    readonly followRedirect?: boolean
  }

  /** Events: socket, response, data, complete(response, body), error. */
  export interface HttpExchange extends EventEmitter {
    readonly response?: IncomingMessage
    abort(): void
  }

  export type Callback = (error: Error | null, response?: IncomingMessage, body?: string) => void

  export interface WebHdfs {
    constructor: new (options: ClientOptions, requestParams?: RequestOptions) => WebHdfs
    readonly _opts: ClientOptions
    _getOperationEndpoint(op: string, path: string, params?: Record<string, string>): string
    _isError(response: IncomingMessage): boolean
    _isSuccess(response: IncomingMessage): boolean
    _parseError(body: string | undefined, strict: boolean, statusCode: number): Error
    _sendRequest(
      method: string,
      url: string,
      options: RequestOptions,
      callback: Callback,
    ): HttpExchange
  }

  const webhdfs: { createClient(options: ClientOptions): WebHdfs }
  export default webhdfs
}
