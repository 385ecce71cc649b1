import PQueue from 'p-queue'
import { FileSystemError } from '../core/errors.ts'

export interface Turn {
  readonly signal: AbortSignal
  /** The oldest goes first, also when it is tried again: it keeps others from being published. */
  readonly sinceMs: number
}

/**
 * The uploads of a worker, some at a time. Fewer while HDFS does not answer in time: it goes on with
 * what was given up, and as many again would keep it from ever getting done with one (as TCP does with
 * a network: half as many after a loss, one more after each round that went well).
 */
export class UploadTurns {
  private readonly queue: PQueue
  private readonly most: number
  /** With its fraction. */
  private limit: number
  private cuts = 0

  constructor(most: number) {
    this.most = most
    this.limit = most
    this.queue = new PQueue({ concurrency: most })
  }

  /** How many there may be at once now. */
  get atOnce(): number {
    return this.queue.concurrency
  }

  /** Begins `call` when there is room, and settles as it does, or sooner when it is given up. */
  add<T>(call: () => Promise<T>, { signal, sinceMs }: Turn): Promise<T> {
    return this.queue.add(() => this.judged(call), { signal, priority: -sinceMs })
  }

  private async judged<T>(call: () => Promise<T>): Promise<T> {
    const cuts = this.cuts
    try {
      const result = await call()
      this.setLimit(this.limit + 1 / this.limit)
      return result
    } catch (error) {
      // Of those that were under way together one counts.
      if (isUnanswered(error) && cuts === this.cuts) {
        this.cuts += 1
        this.setLimit(this.limit / 2)
      }
      throw error
    }
  }

  private setLimit(limit: number): void {
    this.limit = Math.min(Math.max(limit, 1), this.most)
    const atOnce = Math.floor(this.limit)
    if (atOnce !== this.queue.concurrency) this.queue.concurrency = atOnce
  }
}

/** HDFS may be at work on it still. */
function isUnanswered(error: unknown): boolean {
  return error instanceof FileSystemError && error.ambiguous
}
