import { FileSystemError, SinkError } from '../core/errors.ts'
import { formatStamp, STAMP_ATTRIBUTE, type Stamp, tempName } from '../core/journal.ts'
import type { FileSystem } from '../core/ports.ts'
import type { Repeat } from './journal-store.ts'
import { isChangedState } from './retry.ts'

export interface TempFilesOptions {
  readonly fs: FileSystem
  /** The journal by its name: HDFS joins no files that are named by an inode. */
  readonly directory: string
  readonly repeat: Repeat
}

/** Begins a call when there is room for it, and settles as it does, or sooner when it is given up. */
export type InTurn = <T>(call: () => Promise<T>) => Promise<T>

/** What is uploaded for a partition, in its journal's directory, until it is published. */
export class TempFiles {
  private readonly options: TempFilesOptions

  constructor(options: TempFilesOptions) {
    this.options = options
  }

  /**
   * Uploads bytes as a temp file of `flush`. `nextNumber` gives one that was never used: a try that
   * failed may yet make its file. `inTurn` is called with each try, when that may begin.
   */
  async upload(
    base: string,
    flush: string,
    chunks: readonly Uint8Array[],
    nextNumber: () => number,
    call: { signal: AbortSignal },
    inTurn: InTurn = (once) => once(),
  ): Promise<string> {
    const { fs, repeat } = this.options
    const failed: string[] = []
    const attempt = async (): Promise<string> => {
      const name = tempName(flush, nextNumber())
      try {
        await fs.upload(`${base}/${name}`, chunks, call)
        return name
      } catch (error) {
        failed.push(name)
        throw error
      }
    }
    const once = (): Promise<string> =>
      inTurn(attempt).finally(() => {
        // At once: what they leave uses up the quota, or the disk, that the next one needs.
        if (!call.signal.aborted) void this.discard(base, failed)
      })
    return repeat('upload', once, call.signal)
  }

  /**
   * Makes one file of temp files, under the name of the first. Joining is not repeated where it may
   * have been done: what a read shows then may be lost in a failover, and a stamp would outlive it.
   * By the directory's name: if another one has that by now, it has none of these files.
   * Throws JoinRefusedError, or JoinDoubtfulError.
   */
  async join(
    names: readonly string[],
    byteLength: number,
    call: { signal: AbortSignal },
  ): Promise<void> {
    const { fs, directory, repeat } = this.options
    const [target, ...sources] = names.map((name) => `${directory}/${name}`)
    if (target === undefined) return
    for (let from = 0; from < sources.length; from += MOST_JOINED) {
      const some = sources.slice(from, from + MOST_JOINED)
      const once = () => fs.concat(target, some, call).catch((error) => throwUnlessSafe(error))
      await repeat('join', once, call.signal)
    }
    if (sources.length === 0) return
    const found = await repeat('join', () => fs.status(target, call), call.signal)
    if (found?.byteLength === byteLength) return
    throw new JoinDoubtfulError(`expected ${byteLength} bytes, found ${found?.byteLength}`)
  }

  /**
   * From now on this temp file is one of the flush that it is named after. Once a stamp has been sent
   * the file is not uploaded again under this flush, because the stamp may take effect late.
   */
  async stamp(
    base: string,
    name: string,
    file: Stamp,
    call: { signal: AbortSignal },
  ): Promise<void> {
    const { fs, repeat } = this.options
    const { path, startOffset, endOffset, records, byteLength } = file
    const stamp = formatStamp({ path, startOffset, endOffset, records, byteLength })
    const once = () => fs.setXattr(`${base}/${name}`, STAMP_ATTRIBUTE, stamp, 'set', call)
    await repeat('stamp', once, call.signal)
  }

  /** Best effort: what is left is never taken for a file. Keeps in `names` what could not be deleted. */
  private async discard(base: string, names: string[]): Promise<void> {
    const left = names.splice(0)
    try {
      for (let name = left[0]; name !== undefined; name = left[0]) {
        await this.options.fs.delete(`${base}/${name}`, { recursive: false })
        left.shift()
      }
    } catch {
      names.push(...left)
    }
  }
}

/** Sources of one request: their paths are in its URL. */
const MOST_JOINED = 200

/** Repeats nothing that may have been done, or be done yet. */
function throwUnlessSafe(error: unknown): never {
  const refused = error instanceof SinkError && error.action === 'stop-partition'
  if (refused && !isChangedState(error)) throw new JoinRefusedError(error)
  const isSafe = error instanceof FileSystemError && !error.ambiguous && !isChangedState(error)
  throw isSafe ? error : new JoinDoubtfulError(String(error), error)
}

/** HDFS does not make one file of several: they are read again, and uploaded as one. */
export class JoinRefusedError extends SinkError {
  readonly action = 'stop-partition'
  constructor(cause: Error) {
    super(`HDFS does not join segments: ${cause.message}`, { cause })
  }
}

/** Whether segments were joined is not known, or they are not what was joined. */
export class JoinDoubtfulError extends SinkError {
  readonly action = 'stop-partition'
  constructor(found: string, cause?: unknown) {
    super(`Segments may have been joined or not: ${found}. They are read again.`, { cause })
  }
}
