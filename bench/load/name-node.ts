import { setTimeout as wait } from 'node:timers/promises'
import type { StackInfo } from '../../stack/index.ts'

interface Entry {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
  readonly length: number
}

const REQUEST_TIMEOUT_MS = 60_000
/** Hadoop's period of metrics is 10 s. */
const COUNTED_EVERY_MS = 11_000
let lastLookMs = 0

/** What the bench asks the NameNode for, beside the sink and without its code. */
export class NameNodeClient {
  readonly #url: string
  readonly #user: string

  constructor(url: string, user: string) {
    this.#url = url
    this.#user = user
  }

  static of(stack: StackInfo): NameNodeClient {
    return new NameNodeClient(stack.webhdfsUrls[0] ?? '', stack.hdfsUser)
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#ask('PUT', path, 'MKDIRS')
  }

  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path, 'DELETE', '&recursive=true')
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask('PUT', from, 'RENAME', `&destination=${to}&renameoptions=NONE`)
  }

  /** Empty where there is no such directory. */
  async list(path: string): Promise<Entry[]> {
    const response = await this.#send('GET', path, 'LISTSTATUS', '')
    if (response.status === 404) return []
    const body = (await response.json()) as { FileStatuses: { FileStatus: Entry[] } }
    return body.FileStatuses.FileStatus
  }

  /** The first thousand entries: directories may hold many more. */
  async firstPage(path: string): Promise<Entry[]> {
    const response = await this.#send('GET', path, 'LISTSTATUS_BATCH', '')
    const body = (await response.json()) as {
      DirectoryListing: { partialListing: { FileStatuses: { FileStatus: Entry[] } } }
    }
    return body.DirectoryListing.partialListing.FileStatuses.FileStatus
  }

  /**
   * Operations that the NameNode has carried out since its start, whoever asked for them. It counts
   * anew only when the last look is some time ago: this one may have to wait.
   */
  async operations(): Promise<number> {
    const sinceMs = Date.now() - lastLookMs
    if (sinceMs < COUNTED_EVERY_MS) await wait(COUNTED_EVERY_MS - sinceMs)
    lastLookMs = Date.now()
    const response = await fetch(
      `${this.#url}/jmx?qry=Hadoop:service=NameNode,name=NameNodeActivity`,
      { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
    )
    const { beans } = (await response.json()) as { beans: Record<string, unknown>[] }
    return Number(beans[0]?.TotalFileOps)
  }

  async #ask(method: string, path: string, op: string, params = ''): Promise<void> {
    const response = await this.#send(method, path, op, params)
    const body = await response.text()
    if (!response.ok) throw new Error(`${op} ${path}: ${response.status} ${body}`)
  }

  #send(method: string, path: string, op: string, params: string): Promise<Response> {
    const target = `${this.#url}/webhdfs/v1${path}?op=${op}&user.name=${this.#user}${params}`
    return fetch(target, { method, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  }
}
