import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { StackInfo } from '../../stack/index.ts'
import { listDirectory, type WebHdfsStatus } from './checker-webhdfs.ts'

type Seen = Pick<WebHdfsStatus, 'length' | 'modificationTime' | 'fileId'>

const PAUSE_MS = 100

/**
 * A reader that looks at the output again and again while sinks write it: whatever it has seen
 * once must stay as it was.
 */
export class OutputWatch {
  readonly #stack: StackInfo
  readonly #directory: string
  readonly #seen = new Map<string, Seen>()
  readonly #problems: string[] = []
  readonly #ended = new AbortController()
  readonly #running: Promise<void>
  #looks = 0

  /** Of everything below `directory`, two levels deep at most. */
  constructor(stack: StackInfo, directory: string) {
    this.#stack = stack
    this.#directory = directory
    this.#running = this.#run()
    onTestFinished(() => this.#ended.abort())
  }

  /** Looks a last time. What changed, in words; and how many files it has seen. */
  async finish(): Promise<{ problems: string[]; files: number; looks: number }> {
    this.#ended.abort()
    await this.#running
    await this.#look()
    return { problems: this.#problems, files: this.#seen.size, looks: this.#looks }
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      await this.#look().catch((error) => this.#problems.push(`could not look: ${error}`))
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #look(): Promise<void> {
    const found = new Map<string, Seen>()
    await this.#collect(this.#directory, found)
    this.#looks += 1
    for (const [path, before] of this.#seen) {
      const now = found.get(path)
      if (now === undefined) this.#problems.push(`${path} disappeared`)
      else if (show(now) !== show(before)) {
        this.#problems.push(`${path} was ${show(before)} and is ${show(now)}`)
      }
    }
    for (const [path, now] of found) this.#seen.set(path, now)
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
