import { type PathPattern, readPath } from '../core/path-pattern.ts'
import type { AuditContext } from './context.ts'
import { type NamedFile, NO_STAMP } from './file-check.ts'
import { mapInOrder } from './in-order.ts'
import type { Baseline } from './journal-audit.ts'
import { readStamp } from './journal-audit.ts'
import { type Key, OffsetWindow } from './offset-window.ts'
import { type ListedFile, outputFiles } from './output-files.ts'

/** Files that begin at or beyond the journal's end as it was: the sink may have gone on. */
export interface NewerFiles {
  count: number
  furthest: { startOffset: number; path: string }
}

const STAMPS_AT_ONCE = 16

/**
 * The files of a topic, partition by partition and in the order of their offsets, a window at a
 * time: each window takes one pass over the directories.
 */
export class TopicFiles {
  /** By partition; complete after the first window. */
  readonly newer = new Map<number, NewerFiles>()
  readonly #context: AuditContext
  readonly #topic: string
  readonly #pattern: PathPattern
  readonly #baselines: ReadonlyMap<number, Baseline>
  #passes = 0
  #listed = 0
  #listedFirst = 0
  #mostHeld = 0

  constructor(
    context: AuditContext,
    topic: string,
    pattern: PathPattern,
    baselines: ReadonlyMap<number, Baseline>,
  ) {
    this.#context = context
    this.#topic = topic
    this.#pattern = pattern
    this.#baselines = baselines
  }

  get passes(): number {
    return this.#passes
  }

  /** Files that the first pass found. */
  get listed(): number {
    return this.#listedFirst
  }

  /** Files that were held at once. */
  get mostHeld(): number {
    return this.#mostHeld
  }

  async *windows(): AsyncGenerator<readonly NamedFile[]> {
    let after: Key | undefined
    for (;;) {
      const window = new OffsetWindow<NamedFile>(this.#context.windowFiles, after)
      await this.#fill(window)
      this.#passes += 1
      const { entries, isLast } = window.close()
      yield entries
      if (isLast) return
      after = entries.at(-1)
    }
  }

  async #fill(window: OffsetWindow<NamedFile>): Promise<void> {
    const isFirst = this.#passes === 0
    // The first pass looks at everything, for files that nobody knows.
    const wanted = (partition: number) => isFirst || window.mayTake(partition)
    for await (const page of outputFiles(this.#context.files, this.#pattern, wanted)) {
      this.#listed += page.length
      if (isFirst) this.#listedFirst += page.length
      for (const file of await this.#identify(page)) {
        if (file !== undefined && this.#isBelowEnd(file)) window.offer(file)
      }
      this.#mostHeld = Math.max(this.#mostHeld, window.size)
      const pass = isFirst ? '' : `, pass ${this.#passes + 1}`
      this.#context.progress(`${this.#topic}: ${this.#listed} files listed${pass}`)
    }
  }

  /** Only where the name does not tell enough the stamp is asked. */
  async #identify(page: readonly ListedFile[]): Promise<(NamedFile | undefined)[]> {
    const named = page.map((file) => this.#byName(file))
    if (named.every((file) => file !== 'ask-stamp')) return named as (NamedFile | undefined)[]
    return await mapInOrder(page, STAMPS_AT_ONCE, async (file) => {
      const known = this.#byName(file)
      return known === 'ask-stamp' ? await this.#byStamp(file) : known
    })
  }

  #byName({ path, status, parts }: ListedFile): NamedFile | 'ask-stamp' {
    if (parts?.partition === undefined || parts.startOffset === undefined) return 'ask-stamp'
    if (!this.#baselines.has(parts.partition)) return 'ask-stamp'
    const { partition, startOffset, endOffset } = parts
    const { byteLength } = status
    return { path, partition, startOffset, endOffset, byteLength, stamp: undefined }
  }

  async #byStamp({ path, status, parts }: ListedFile): Promise<NamedFile | undefined> {
    const stamp = await readStamp(this.#context, path)
    if (stamp === 'no-file') return undefined
    const named = stamp && readPath(this.#pattern, stamp.path)
    const partition = named?.partition
    if (stamp === undefined || partition === undefined || !this.#baselines.has(partition)) {
      if (this.#passes === 0) {
        const details = { topic: this.#topic, partition: parts?.partition, path }
        this.#context.findings.problem('unknown-file', details, NO_STAMP)
      }
      return undefined
    }
    const { startOffset, endOffset } = stamp
    return { path, partition, startOffset, endOffset, byteLength: status.byteLength, stamp }
  }

  #isBelowEnd({ partition, startOffset, path }: NamedFile): boolean {
    const end = this.#baselines.get(partition)?.head?.end
    if (end !== undefined && startOffset < end) return true
    if (this.#passes > 0) return false
    const known = this.newer.get(partition)
    if (known === undefined)
      this.newer.set(partition, { count: 1, furthest: { startOffset, path } })
    else {
      known.count += 1
      if (startOffset > known.furthest.startOffset) known.furthest = { startOffset, path }
    }
    return false
  }
}
