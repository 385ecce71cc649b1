import { setMaxListeners } from 'node:events'
import { NotFoundError } from '../core/errors.ts'
import type { Log } from '../core/observer.ts'
import type {
  CallOptions,
  DirectoryPage,
  FileReader,
  FileStatus,
  FileSystem,
} from '../core/ports.ts'
import { Agents } from './agents.ts'
import { excerptOf } from './answers.ts'
import { failureOf } from './classify.ts'
import { UnexpectedAnswerError, UnsupportedServerError } from './errors.ts'
import { type NameNodeAnswer, NameNodes, type OnRequest } from './name-nodes.ts'
import { changing, type Operation, reading } from './operation.ts'
import {
  encodeXattr,
  type ListingPage,
  parseBoolean,
  parseListing,
  parsePage,
  parseStatus,
  parseXattrs,
} from './parse.ts'
import { Downloader } from './read-file.ts'
import { checkNoComma, checkPath, notHonoured } from './request-checks.ts'
import { Uploader } from './upload.ts'

export interface FileSystemOptions {
  /** One or more NameNodes, for example http://localhost:9870. */
  readonly urls: readonly string[]
  readonly user: string
  /** For each request to a NameNode, and for connecting to a DataNode. */
  readonly requestTimeoutMs: number
  /** How long an upload may go without progress. */
  readonly uploadIdleTimeoutMs: number
  /** Default: the cluster's. */
  readonly blockSizeBytes?: number
  /** Default: the cluster's. */
  readonly replication?: number
  /**
   * host, host:port or *.domain of the DataNodes that files may be sent to and read from. Default:
   * all that the NameNode names.
   */
  readonly allowedDataNodeHosts?: readonly string[] | undefined
  /**
   * After every HTTP request: its operation (CREATE_DATA for the bytes of a file), the HTTP status
   * or else the error's code (ECONNREFUSED, TIMEOUT, ABORTED ...), and how long it took.
   */
  readonly onRequest?: OnRequest
  readonly logger: Log
}

/** HDFS by WebHDFS. close() cancels what is under way and frees all sockets. */
export function createFileSystem(
  options: FileSystemOptions,
): FileSystem & FileReader & { close(): void } {
  return new WebHdfsFileSystem(options)
}

type Parse<T> = (body: string) => T | undefined

class WebHdfsFileSystem implements FileSystem, FileReader {
  readonly #nameNodes: NameNodes
  readonly #uploader: Uploader
  readonly #downloader: Downloader
  readonly #agents = new Agents()
  readonly #closing = new AbortController()
  /** Servers before Hadoop 2.8 have no LISTSTATUS_BATCH. */
  #listsInPages = true

  constructor(options: FileSystemOptions) {
    const { requestTimeoutMs, logger } = options
    setMaxListeners(0, this.#closing.signal)
    this.#nameNodes = new NameNodes({
      urls: options.urls.map((url) => url.replace(/\/+$/, '')),
      user: options.user,
      agentOf: (url) => this.#agents.toNameNode(url),
      requestTimeoutMs,
      closed: this.#closing.signal,
      onRequest: options.onRequest,
      onActive: (nameNode) => logger.info({ nameNode }, 'NameNode answers'),
    })
    this.#uploader = new Uploader({
      nameNodes: this.#nameNodes,
      agentOf: (url) => this.#agents.toDataNode(url),
      requestTimeoutMs,
      idleTimeoutMs: options.uploadIdleTimeoutMs,
      blockSizeBytes: options.blockSizeBytes,
      replication: options.replication,
      allowedDataNodeHosts: options.allowedDataNodeHosts,
      logger,
    })
    this.#downloader = new Downloader({
      nameNodes: this.#nameNodes,
      agentOf: (url) => this.#agents.toDataNode(url),
      requestTimeoutMs,
      idleTimeoutMs: options.uploadIdleTimeoutMs,
      allowedDataNodeHosts: options.allowedDataNodeHosts,
      closed: this.#closing.signal,
      onRequest: options.onRequest,
    })
  }

  get nameNode(): string | undefined {
    return this.#nameNodes.answeredLast
  }

  close(): void {
    this.#closing.abort(new Error('The file system was closed'))
    this.#agents.destroy()
  }

  status(path: string, call?: CallOptions): Promise<FileStatus | undefined> {
    const operation = reading('GETFILESTATUS', path)
    return unlessMissing(() => this.#ask(operation, call, parseStatus))
  }

  async list(path: string, call?: CallOptions): Promise<FileStatus[] | undefined> {
    const found: FileStatus[] = []
    for (let after = ''; ; after = found.at(-1)?.name ?? '') {
      const page = await this.listPage(path, after, call)
      if (page === undefined) return undefined
      found.push(...page.entries)
      if (!page.more) return found
    }
  }

  async listPage(
    path: string,
    after: string,
    call?: CallOptions,
  ): Promise<DirectoryPage | undefined> {
    return await unlessMissing(async () => {
      const { entries, remaining } = await this.#page(path, after, call)
      // Asked about a file, HDFS lists that file, without a name.
      if (entries.length === 1 && entries[0]?.name === '') return undefined
      const repeats = after !== '' && entries.some(({ name }) => name === after)
      if (repeats || (entries.length === 0 && remaining > 0)) {
        throw notHonoured(reading('LISTSTATUS_BATCH', path), 'startafter', this.#nameNodes)
      }
      return { entries, more: remaining > 0 }
    })
  }

  async #page(path: string, after: string, call?: CallOptions): Promise<ListingPage> {
    if (this.#listsInPages) {
      // Hadoop 3.5 knows only the first spelling, and HttpFS only the second.
      const params = after === '' ? undefined : { startafter: after, startAfter: after }
      try {
        return await this.#ask(reading('LISTSTATUS_BATCH', path, params), call, parsePage)
      } catch (error) {
        const unknown = error instanceof UnsupportedServerError && error.status === 400
        if (!unknown || after !== '') throw error
        this.#listsInPages = false
      }
    }
    return this.#ask(reading('LISTSTATUS', path), call, parseListing)
  }

  read(path: string, position: number, call: CallOptions = {}): AsyncIterable<Uint8Array> {
    checkPath(path, reading('OPEN', path), this.#nameNodes)
    return this.#downloader.read(path, position, call)
  }

  async makeDirectory(path: string, call?: CallOptions): Promise<void> {
    await this.#ask(
      changing('MKDIRS', 'PUT', path),
      call,
      (body) => parseBoolean(body) || undefined,
    )
  }

  async rename(from: string, to: string, call?: CallOptions): Promise<void> {
    const params = { destination: to, renameoptions: 'NONE' }
    const operation = changing('RENAME', 'PUT', from, params)
    checkPath(to, operation, this.#nameNodes)
    const { body } = await this.#send(operation, call)
    if (body === '') return
    // The rename without options answers so: it moves into directories, and false is a failure.
    if (parseBoolean(body) !== undefined) {
      throw notHonoured(operation, 'renameoptions=NONE', this.#nameNodes)
    }
    throw this.#unexpected(operation, body)
  }

  async delete(
    path: string,
    { recursive }: { recursive: boolean },
    call?: CallOptions,
  ): Promise<boolean> {
    const operation = changing('DELETE', 'DELETE', path, { recursive: String(recursive) })
    return (await unlessMissing(() => this.#ask(operation, call, parseBoolean))) ?? false
  }

  async setXattr(
    path: string,
    name: string,
    value: string,
    mode: 'create' | 'replace' | 'set',
    call?: CallOptions,
  ): Promise<void> {
    const flag = { create: 'CREATE', replace: 'REPLACE', set: 'CREATE,REPLACE' }[mode]
    const params = { 'xattr.name': `user.${name}`, 'xattr.value': encodeXattr(value), flag }
    const operation = changing('SETXATTR', 'PUT', path, params)
    const { body } = await this.#send(operation, call)
    if (body !== '') throw this.#unexpected(operation, body)
  }

  async getXattrs(
    path: string,
    call?: CallOptions,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const operation = reading('GETXATTRS', path, { encoding: 'base64' })
    return await unlessMissing(() => this.#ask(operation, call, parseXattrs))
  }

  async upload(path: string, chunks: readonly Uint8Array[], call: CallOptions = {}): Promise<void> {
    checkPath(path, changing('CREATE', 'PUT', path), this.#nameNodes)
    await this.#uploader.upload(path, chunks, call, () => {
      const operation = { ...reading('GETFILESTATUS', path), confirms: 'CREATE' }
      return unlessMissing(() => this.#ask(operation, call, parseStatus))
    })
  }

  async concat(path: string, sources: readonly string[], call?: CallOptions): Promise<void> {
    const operation = changing('CONCAT', 'POST', path, { sources: sources.join(',') })
    for (const source of sources) checkPath(source, operation, this.#nameNodes)
    for (const source of sources) checkNoComma(source, operation, this.#nameNodes)
    const { body } = await this.#send(operation, call)
    if (body !== '') throw this.#unexpected(operation, body)
  }

  async #ask<T>(operation: Operation, call: CallOptions | undefined, parse: Parse<T>): Promise<T> {
    const { body } = await this.#send(operation, call)
    const value = parse(body)
    if (value === undefined) throw this.#unexpected(operation, body)
    return value
  }

  async #send(operation: Operation, call: CallOptions | undefined): Promise<NameNodeAnswer> {
    checkPath(operation.path, operation, this.#nameNodes)
    return await this.#nameNodes.run(operation, call)
  }

  #unexpected(operation: Operation, body: string): UnexpectedAnswerError {
    return new UnexpectedAnswerError(
      failureOf(this.#nameNodes.contextOf(operation, this.nameNode ?? 'unknown'), {
        status: 200,
        detail: `expected the answer of a NameNode, found "${excerptOf(body)}"`,
        hint: 'It is tried again. Check that nothing answers in its place.',
        ambiguous: true,
      }),
    )
  }
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
