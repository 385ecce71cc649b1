import { setTimeout as delay } from 'node:timers/promises'
import type { StackInfo } from '../../stack/index.ts'
import { listDirectory, type WebHdfsStatus } from './checker-webhdfs.ts'
import { type Forget, whenDone } from './scope.ts'

type Seen = Pick<WebHdfsStatus, 'length' | 'modificationTime' | 'fileId'>

const SHORTEST_PAUSE_MS = 100
/** It looks no more than a tenth of the time, however many files there are. */
const PAUSE_PER_LOOK = 9

export interface WatchOptions {
  /** HDFS may be away for a while. */
  readonly patient?: boolean
}

/**
 * A reader that looks at the output again and again while sinks write it: whatever it has seen
 * once must stay as it was.
 */
export class OutputWatch {
  readonly #stack: StackInfo
  readonly #directory: string
  readonly #patient: boolean
  readonly #seen = new Map<string, Seen>()
  readonly #movedAway = new Set<string>()
  readonly #problems: string[] = []
  readonly #ended = new AbortController()
  readonly #running: Promise<void>
  readonly #forget: Forget
  #looks = 0

  /** Of everything below `directory`. */
  constructor(stack: StackInfo, directory: string, { patient = false }: WatchOptions = {}) {
    this.#stack = stack
    this.#directory = directory
    this.#patient = patient
    this.#running = this.#run()
    this.#forget = whenDone(() => this.#ended.abort())
  }

  /** Somebody else takes these files, or all that is in these directories, away: now or before. */
  movedAway(paths: readonly string[]): void {
    for (const path of paths) this.#movedAway.add(path)
  }

  /** Looks a last time. What changed, in words; and how many files it has seen. */
  async finish(): Promise<{ problems: string[]; files: number; looks: number }> {
    this.#ended.abort()
    await this.#running
    await this.#look({ last: true })
    return { problems: this.#problems, files: this.#seen.size, looks: this.#looks }
  }

  /** Stops looking; what it has seen is of no interest any more. */
  async abandon(): Promise<void> {
    this.#forget()
    this.#ended.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const startedMs = performance.now()
      await this.#look().catch((error) => {
        if (!this.#patient) this.#problems.push(`could not look: ${error}`)
      })
      const tookMs = performance.now() - startedMs
      const pauseMs = Math.max(SHORTEST_PAUSE_MS, tookMs * PAUSE_PER_LOOK)
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /**
   * Of two NameNodes one may show the past, because it was deposed, or what never was, because its
   * edits were lost after it had shown them: then what was seen must be back in the end.
   */
  async #look({ last = false } = {}): Promise<void> {
    const mayMiss = !last && this.#stack.webhdfsUrls.length > 1
    const found = new Map<string, Seen>()
    await this.#collect(this.#directory, found)
    this.#looks += 1
    for (const [path, before] of this.#seen) {
      const now = found.get(path)
      if (now === undefined && this.#wasMovedAway(path)) this.#seen.delete(path)
      else if (now === undefined && !mayMiss) this.#report(path, 'disappeared')
      else if (now !== undefined && show(now) !== show(before)) {
        this.#report(path, `was ${show(before)} and is ${show(now)}`)
      }
    }
    for (const [path, now] of found) this.#seen.set(path, now)
  }

  /** Once, and not with every look. */
  #report(path: string, what: string): void {
    this.#problems.push(`${path} ${what}`)
    this.#seen.delete(path)
  }

  #wasMovedAway(path: string): boolean {
    for (let at = path; at !== this.#directory && at !== ''; ) {
      if (this.#movedAway.has(at)) return true
      at = at.slice(0, at.lastIndexOf('/'))
    }
    return false
  }

  async #collect(directory: string, found: Map<string, Seen>): Promise<void> {
    for (const listed of await listDirectory(this.#stack, directory)) {
      const path = `${directory}/${listed.pathSuffix}`
      if (listed.type === 'DIRECTORY') await this.#collect(path, found)
      else found.set(path, listed)
    }
  }
}

function show({ length, modificationTime, fileId }: Seen): string {
  return `inode ${fileId} of ${length} bytes, modified at ${modificationTime}`
}
