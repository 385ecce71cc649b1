import type { Agent } from 'node:http'
import type { FileSystemFailure } from '../core/errors.ts'
import { jsonOf } from '../core/json-object.ts'
import type { Log } from '../core/observer.ts'
import type { CallOptions, FileStatus } from '../core/ports.ts'
import { excerptOf } from './answers.ts'
import { classify, failureOf, type RequestContext } from './classify.ts'
import { isAllowedDataNode, transferAddressOf, UnreachableDataNodes } from './data-nodes.ts'
import {
  DataNodeUnreachableError,
  NoDataNodeError,
  RedirectRefusedError,
  UnexpectedAnswerError,
  UnsupportedServerError,
  UploadIncompleteError,
} from './errors.ts'
import type { NameNodes } from './name-nodes.ts'
import type { Operation } from './operation.ts'
import { byteLengthOf } from './repaired-webhdfs.ts'

export interface UploaderOptions {
  readonly nameNodes: NameNodes
  readonly agentOf: (url: string) => Agent
  /** For the NameNode's answers, and for connecting to a DataNode. */
  readonly requestTimeoutMs: number
  /** How long an upload may go without progress, its end included. */
  readonly idleTimeoutMs: number
  readonly blockSizeBytes: number | undefined
  readonly replication: number | undefined
  readonly allowedDataNodeHosts: readonly string[] | undefined
  readonly logger: Log
}

/** Where the NameNode wants a file's bytes to go. */
interface Place {
  readonly url: URL
  readonly nameNode: string
}

/** GETFILESTATUS after an upload; undefined when there is nothing. */
export type Confirm = (path: string, call: CallOptions) => Promise<FileStatus | undefined>

/**
 * CREATE: the NameNode names a DataNode, the DataNode takes the bytes, and the NameNode is asked how
 * many it has. The last step is needed: an upload that breaks off leaves a closed, shorter file, and
 * a 201 says nothing about the length.
 */
export class Uploader {
  readonly #options: UploaderOptions
  readonly #unreachable = new UnreachableDataNodes()

  constructor(options: UploaderOptions) {
    this.#options = options
  }

  async upload(
    path: string,
    chunks: readonly Uint8Array[],
    call: CallOptions,
    confirm: Confirm,
  ): Promise<void> {
    const place = await this.#place(path, call)
    const context = this.#contextOf(path, place)
    try {
      await this.#send(place, context, chunks, call)
    } catch (error) {
      // Only when not a byte was sent may the file be offered to another DataNode.
      if (!(error instanceof DataNodeUnreachableError)) throw error
      if (!(await this.#exclude(place, call))) throw error
      const other = await this.#place(path, call)
      await this.#send(other, this.#contextOf(path, other), chunks, call)
    }
    const expectedBytes = byteLengthOf(chunks)
    const found = await confirm(path, call)
    if (found?.type === 'file' && found.byteLength === expectedBytes) return
    throw incomplete(context, expectedBytes, found?.byteLength)
  }

  async #place(path: string, call: CallOptions): Promise<Place> {
    const { nameNodes, blockSizeBytes, replication } = this.#options
    const { excluded } = this.#unreachable
    const operation: Operation = {
      op: 'CREATE',
      method: 'PUT',
      path,
      params: {
        noredirect: 'true',
        overwrite: 'false',
        createparent: 'false',
        ...(blockSizeBytes === undefined ? {} : { blocksize: String(blockSizeBytes) }),
        ...(replication === undefined ? {} : { replication: String(replication) }),
        ...(excluded === '' ? {} : { excludedatanodes: excluded }),
      },
      // This step changes nothing yet: it may go to another NameNode freely.
      mutates: false,
      picksDataNode: true,
    }
    try {
      const answer = await nameNodes.run(operation, call)
      const location = answer.location ?? jsonOf(answer.body)?.Location
      const context = nameNodes.contextOf(operation, answer.nameNode)
      return { url: this.#checked(location, answer.body, context), nameNode: answer.nameNode }
    } catch (error) {
      // All that are left were excluded: next time take any.
      if (error instanceof NoDataNodeError) this.#unreachable.clear()
      throw error
    }
  }

  /** The redirect, with the options that the DataNode must honour. */
  #checked(location: unknown, body: string, context: RequestContext): URL {
    if (typeof location !== 'string' || !URL.canParse(location)) {
      const found = location === undefined ? excerptOf(body) : String(location)
      throw new UnexpectedAnswerError(
        unexpected(context, `expected the address of a DataNode, found "${found}"`),
      )
    }
    const url = new URL(location)
    if (!isAllowedDataNode(url, this.#options.allowedDataNodeHosts)) {
      throw new RedirectRefusedError({
        ...unexpected(context, `sent to ${url.host}, which is not an allowed DataNode`),
        hint: 'Add it to hdfs.allowedDataNodeHosts if it belongs to the cluster. It is tried again.',
      })
    }
    for (const option of ['overwrite', 'createparent']) {
      const values = optionValues(url, option)
      if (values.length === 0) url.search += `&${option}=false`
      if (values.some((value) => value !== 'false')) {
        throw new UnsupportedServerError({
          ...unexpected(context, `asked for ${option}=false, redirected with ${option}=${values}`),
          hint: 'Without it a late upload could replace or resurrect a file. Use another server.',
        })
      }
    }
    return url
  }

  async #send(
    place: Place,
    context: RequestContext,
    chunks: readonly Uint8Array[],
    call: CallOptions,
  ): Promise<void> {
    const { nameNodes, agentOf, requestTimeoutMs, idleTimeoutMs } = this.#options
    const url = place.url.href
    const request = {
      method: 'PUT',
      url,
      agent: agentOf(url),
      limits: { connectMs: requestTimeoutMs, idleMs: idleTimeoutMs },
      chunks,
    } as const
    const answer = await nameNodes
      .exchange('CREATE_DATA', request, call.signal)
      .catch((cause: unknown) => {
        throw classify(cause, context)
      })
    if (answer.status === 201) return
    throw new UnexpectedAnswerError({
      ...unexpected(context, `expected status 201 of ${place.url.host}, found ${answer.status}`),
      status: answer.status,
    })
  }

  /** false when its address cannot be found out. */
  async #exclude(place: Place, call: CallOptions): Promise<boolean> {
    const { nameNodes, agentOf, requestTimeoutMs, logger } = this.#options
    const url = `${place.nameNode}/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo`
    const limits = { totalMs: requestTimeoutMs }
    const request = { method: 'GET', url, agent: agentOf(place.nameNode), limits } as const
    const jmx = await nameNodes.exchange('JMX', request, call.signal).catch(() => undefined)
    const address = transferAddressOf(place.url.host, jmx?.body ?? '')
    if (address === undefined) return false
    this.#unreachable.add(address)
    logger.warn({ dataNode: place.url.host, address }, 'DataNode unreachable, asking for another')
    return true
  }

  #contextOf(path: string, { url, nameNode }: Place): RequestContext {
    const severalNameNodes = this.#options.nameNodes.several
    const mutates = true
    const inDoubt = false
    return { op: 'CREATE', path, nameNode, dataNode: url.host, mutates, inDoubt, severalNameNodes }
  }
}

/** Parameter names are matched in any case: versions of HDFS differ. */
function optionValues(url: URL, option: string): string[] {
  return [...url.searchParams].filter(([name]) => name.toLowerCase() === option).map(([, v]) => v)
}

function unexpected(context: RequestContext, detail: string): FileSystemFailure {
  return failureOf(context, { detail, hint: 'It is tried again.', ambiguous: true })
}

function incomplete(
  context: RequestContext,
  expectedBytes: number,
  foundBytes: number | undefined,
): UploadIncompleteError {
  const found = foundBytes === undefined ? 'no file' : `a file of ${foundBytes}`
  const failure = {
    ...unexpected(context, `sent ${expectedBytes} bytes, found ${found}`),
    hint: 'It is uploaded again under another name.',
  }
  return new UploadIncompleteError(failure, expectedBytes, foundBytes)
}
