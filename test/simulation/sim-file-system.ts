import { OtherNameNodeError } from '../../src/core/errors.ts'
import type { CallOptions, FileStatus, FileSystem } from '../../src/core/ports.ts'
import {
  CallAbortedError,
  ConnectionLostError,
  NameNodeUnreachableError,
  RequestTimeoutError,
  UploadIncompleteError,
} from '../../src/hdfs/errors.ts'
import { mayAskAnother, mayNotBeActive, noActive } from '../../src/hdfs/failover.ts'
import { type Schedule, throughSeam } from './schedule.ts'
import { SimHdfs } from './sim-hdfs.ts'
import { failed } from './sim-hdfs-errors.ts'
import { type NameNodeService, OneNameNode, type Receipt } from './sim-name-nodes.ts'

/*
 * HDFS as one process sees it. Every request goes through the schedule, and this behaves as
 * src/hdfs/name-nodes.ts does with what comes back:
 * - it asks the NameNode that it believes to be active, and looks for another one after an answer,
 *   or a silence, that speaks against it
 * - a read goes to another NameNode once, a change only where it was surely not executed
 * - a pinned call is sent nowhere else
 * - an upload is believed when a second request shows all of its bytes
 * - a request that is executed late may meet the NameNode that is active by then
 */

interface Request<T> {
  readonly op: string
  readonly path: string
  readonly changes: boolean
  /** Through a DataNode: its answer says nothing about the NameNode. */
  readonly toDataNode?: true
  readonly effect: (nameNode: string) => Receipt<T>
  readonly cut?: (nameNode: string) => void
}

export class SimFileSystem implements FileSystem {
  /** The one that answered last. */
  nameNode: string | undefined
  private readonly service: NameNodeService
  private readonly who: string
  private readonly schedule: Schedule
  /** The one believed to be active. */
  private active: string | undefined
  private finding: Promise<string> | undefined

  constructor(hdfs: SimHdfs | NameNodeService, who: string, schedule: Schedule) {
    this.service = hdfs instanceof SimHdfs ? new OneNameNode(hdfs) : hdfs
    this.who = who
    this.schedule = schedule
    if (!this.several) this.active = this.service.names[0]
  }

  status(path: string, call?: CallOptions): Promise<FileStatus | undefined> {
    return this.read('GETFILESTATUS', path, (hdfs) => hdfs.status(path), call)
  }

  list(path: string, call?: CallOptions): Promise<FileStatus[] | undefined> {
    return this.read('LISTSTATUS', path, (hdfs) => hdfs.list(path), call)
  }

  getXattrs(path: string, call?: CallOptions): Promise<ReadonlyMap<string, string> | undefined> {
    return this.read('GETXATTRS', path, (hdfs) => hdfs.getXattrs(path), call)
  }

  makeDirectory(path: string, call?: CallOptions): Promise<void> {
    return this.change('MKDIRS', path, (hdfs) => hdfs.makeDirectory(path), call)
  }

  rename(from: string, to: string, call?: CallOptions): Promise<void> {
    return this.change('RENAME', from, (hdfs) => hdfs.rename(from, to), call)
  }

  delete(path: string, options: { recursive: boolean }, call?: CallOptions): Promise<boolean> {
    return this.change('DELETE', path, (hdfs) => hdfs.delete(path, options.recursive), call)
  }

  setXattr(
    path: string,
    name: string,
    value: string,
    mode: 'create' | 'replace' | 'set',
    call?: CallOptions,
  ): Promise<void> {
    return this.change('SETXATTR', path, (hdfs) => hdfs.setXattr(path, name, value, mode), call)
  }

  async upload(path: string, chunks: readonly Uint8Array[], call?: CallOptions): Promise<void> {
    const bytes = Buffer.concat(chunks)
    const half = bytes.subarray(0, bytes.length >> 1)
    const create = (nameNode: string, written: Buffer): Receipt<void> =>
      this.service.create(nameNode, path, written)
    await this.run<void>(
      {
        op: 'CREATE',
        path,
        changes: true,
        toDataNode: true,
        effect: (nameNode) => create(nameNode, bytes),
        cut: (nameNode) => void create(nameNode, half),
      },
      call,
    )
    const found = await this.status(path, call)
    if (found?.type === 'file' && found.byteLength === bytes.length) return
    const failure = failed('CREATE', path, 'not as long as it was sent', { ambiguous: true })
    throw new UploadIncompleteError(failure, bytes.length, found?.byteLength)
  }

  concat(path: string, sources: readonly string[], call?: CallOptions): Promise<void> {
    return this.change('CONCAT', path, (hdfs) => hdfs.concat(path, sources), call)
  }

  // ------------------------------------------------------------ requests

  private read<T>(
    op: string,
    path: string,
    query: (hdfs: SimHdfs) => T,
    call?: CallOptions,
  ): Promise<T> {
    const effect = (nameNode: string): Receipt<T> => ({
      value: this.service.read(nameNode, op, path, query),
      acknowledge() {},
    })
    return this.run({ op, path, changes: false, effect }, call)
  }

  private change<T>(
    op: string,
    path: string,
    edit: (hdfs: SimHdfs) => T,
    call?: CallOptions,
  ): Promise<T> {
    const effect = (nameNode: string): Receipt<T> => this.service.change(nameNode, op, path, edit)
    return this.run({ op, path, changes: true, effect }, call)
  }

  private get several(): boolean {
    return this.service.names.length > 1
  }

  private async run<T>(request: Request<T>, call: CallOptions = {}): Promise<T> {
    const { onlyNameNode, signal } = call
    if (onlyNameNode !== undefined)
      return this.ask(this.pinned(onlyNameNode, request), request, signal)
    const first = this.active ?? (await this.find(request, signal))
    try {
      return await this.ask(first, request, signal)
    } catch (error) {
      if (!this.several || !mayAskAnother(error, request.changes)) throw error
    }
    return this.ask(await this.find(request, signal), request, signal)
  }

  private pinned(nameNode: string, { op, path }: Request<unknown>): string {
    const active = this.several ? this.active : this.nameNode
    if ((active ?? nameNode) === nameNode) return nameNode
    throw new OtherNameNodeError(failed(op, path, `not sent, because ${active} is active`))
  }

  private async ask<T>(
    nameNode: string,
    request: Request<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      const value = await this.send(nameNode, request, signal)
      if (request.toDataNode !== true) this.answered(nameNode)
      return value
    } catch (error) {
      this.judge(nameNode, request, error)
      throw error
    }
  }

  /** What an error says about the NameNode. */
  private judge(nameNode: string, { toDataNode }: Request<unknown>, error: unknown): void {
    const ofDataNode = toDataNode === true && !(error instanceof NameNodeUnreachableError)
    if (ofDataNode || error instanceof CallAbortedError) return
    if (!mayNotBeActive(error as NameNodeUnreachableError)) this.answered(nameNode)
    else if (this.several && this.active === nameNode) this.active = undefined
  }

  private answered(nameNode: string): void {
    this.active = nameNode
    this.nameNode = nameNode
  }

  private async send<T>(
    nameNode: string,
    request: Request<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { op, path, changes, effect, cut } = request
    let receipt: Receipt<T> | undefined
    let late = false
    const { value } = await throughSeam(
      () => {
        receipt = effect(late ? this.whoeverIsAsked(nameNode) : nameNode)
        return receipt
      },
      {
        schedule: {
          arrive: (call) => this.schedule.arrive(call),
          // The server's answer leaves it when the edit is synced.
          reply: async (call) => {
            await this.schedule.reply(call)
            receipt?.acknowledge()
          },
        },
        call: { who: this.who, port: 'hdfs', op, subject: path, changes },
        signal,
        lost: (kind) => {
          late = kind === 'timeout'
          return lostAnswer(kind, op, path, changes)
        },
        ...(cut === undefined ? {} : { cut: () => cut(nameNode) }),
      },
    )
    return value
  }

  private whoeverIsAsked(nameNode: string): string {
    if (!this.several || Math.random() < 0.5) return nameNode
    return this.service.active ?? nameNode
  }

  // ------------------------------------------------------------ which one is active

  /** Callers share the asking, each with its own signal. */
  private async find({ op, path }: Request<unknown>, signal?: AbortSignal): Promise<string> {
    this.finding ??= this.probeAll(path).finally(() => {
      this.finding = undefined
    })
    this.finding.catch(() => undefined)
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => reject(lostAnswer('aborted', op, path, false))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.finding, aborted])
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** All are asked at once; any of those that answer may be the first. */
  private async probeAll(path: string): Promise<string> {
    const probe = (): string => {
      const answers = this.service.names.filter((name) => this.answersProbe(name))
      const first = answers[Math.floor(Math.random() * answers.length)]
      if (first === undefined) throw new ConnectionLostError(failed('PROBE', '/', 'no answer'))
      return first
    }
    try {
      const found = await throughSeam(probe, {
        schedule: this.schedule,
        call: { who: this.who, port: 'hdfs', op: 'PROBE', subject: '/', changes: false },
        lost: (kind) => lostAnswer(kind, 'PROBE', '/', false),
      })
      this.answered(found)
      return found
    } catch (error) {
      throw noActive([error], {
        ...{ op: 'PROBE', path, nameNode: 'any', mutates: false },
        ...{ inDoubt: false, severalNameNodes: true },
      })
    }
  }

  private answersProbe(nameNode: string): boolean {
    try {
      this.service.read(nameNode, 'PROBE', '/', () => undefined)
      return true
    } catch {
      return false
    }
  }
}

function lostAnswer(
  kind: 'connection' | 'timeout' | 'aborted',
  op: string,
  path: string,
  ambiguous: boolean,
): Error {
  const failure = failed(op, path, `lost: ${kind}`, { ambiguous })
  if (kind === 'aborted') return new CallAbortedError(failure)
  return kind === 'timeout' ? new RequestTimeoutError(failure) : new ConnectionLostError(failure)
}
