import { NotFoundError, SinkError } from '../core/errors.ts'
import type { FileReader } from '../core/ports.ts'
import { patiently } from './patience.ts'

/** HDFS answers, and does not give the bytes of this file: lost blocks, mostly. */
export class UnreadableFileError extends SinkError {
  readonly action = 'stop-process'
  readonly path: string
  constructor(path: string, position: number, cause: Error) {
    super(`${path} cannot be read beyond byte ${position}: ${cause.message}`, { cause })
    this.path = path
  }
}

/** How often a DataNode may fail without a byte of progress. */
const TRIES = 5
const PAUSE_MS = 200

/**
 * All bytes of a file. A connection that breaks is followed by another one that goes on there.
 * NotFoundError when the file is gone, UnreadableFileError when HDFS has lost it.
 */
export async function* readWhole(files: FileReader, path: string): AsyncGenerator<Uint8Array> {
  let position = 0
  for (let failures = 0; ; ) {
    try {
      for await (const chunk of files.read(path, position)) {
        position += chunk.byteLength
        failures = 0
        yield chunk
      }
      return
    } catch (error) {
      if (!(error instanceof SinkError) || error instanceof NotFoundError) throw error
      if (error.action === 'stop-process') throw error
      failures += 1
      if (failures < TRIES) await pause(failures * PAUSE_MS)
      else await judge(files, path, position, error)
    }
  }
}

/** Either HDFS is away, which passes or ends the audit, or this file is. */
async function judge(
  files: FileReader,
  path: string,
  position: number,
  error: SinkError,
): Promise<never> {
  await patiently(() => files.status('/'))
  const status = await patiently(() => files.status(path))
  throw status === undefined ? error : new UnreadableFileError(path, position, error)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
