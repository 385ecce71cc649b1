import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

export type Codec = 'none' | 'gzip' | 'zstd'

/** The bytes do not end where they should, or are not what the codec says. */
export class UndecodableError extends Error {}

/** As readers tell it: by the last suffix. */
export function codecOf(path: string): Codec {
  if (path.endsWith('.gz')) return 'gzip'
  return path.endsWith('.zst') ? 'zstd' : 'none'
}

/**
 * The contents of a file, to its last byte. A file of the sink is a row of gzip members or zstd
 * frames; node:zlib ends after a zstd frame, and before a byte that begins no gzip member, without a
 * word. What it left is given to another one. Throws UndecodableError.
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  codec: Codec,
): AsyncGenerator<Uint8Array> {
  if (codec === 'none') {
    yield* chunks
    return
  }
  const source = new Source(chunks)
  try {
    for (;;) {
      const first = await source.next()
      if (first === undefined) return
      yield* decompressUnit(first, source, codec)
    }
  } finally {
    await source.close()
  }
}

type Decompressor = Transform & { readonly bytesWritten: number }

/** From the start of a member or frame to wherever the decompressor stops. */
async function* decompressUnit(
  first: Uint8Array,
  source: Source,
  codec: Exclude<Codec, 'none'>,
): AsyncGenerator<Uint8Array> {
  const stream: Decompressor = codec === 'gzip' ? createGunzip() : createZstdDecompress()
  // Its failure is thrown where it is awaited.
  const feeding = feed(stream, first, source)
  feeding.catch((error: Error) => stream.destroy(error))
  try {
    yield* stream as AsyncIterable<Uint8Array>
    await feeding
  } catch (error) {
    if (error instanceof Error && isOfZlib(error)) {
      throw new UndecodableError(`not valid ${codec}: ${error.message}`, { cause: error })
    }
    throw error
  } finally {
    stream.destroy()
  }
}

/** Writes until the source or the decompressor ends; what it did not take goes back. */
async function feed(stream: Decompressor, first: Uint8Array, source: Source): Promise<void> {
  let given = 0
  for (let chunk: Uint8Array | undefined = first; chunk; chunk = await source.next()) {
    given += chunk.byteLength
    await write(stream, chunk)
    if (stream.destroyed) return
    const left = given - stream.bytesWritten
    if (left > 0) {
      if (left === given) throw new UndecodableError('bytes that belong to nothing')
      source.giveBack(chunk.subarray(chunk.byteLength - left))
      return
    }
  }
  stream.end()
}

/** Resolves when the bytes were taken, or when nothing will be taken any more. */
function write(stream: Decompressor, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.removeListener('close', done)
      resolve()
    }
    stream.once('close', done)
    stream.write(chunk, done)
  })
}

/** Errors of node:zlib carry its codes; others come from whoever reads the file. */
function isOfZlib(error: Error): boolean {
  return 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
}

/** The chunks of a file, of which the last may be given back in part. */
class Source {
  readonly #iterator: AsyncIterator<Uint8Array>
  #back: Uint8Array | undefined

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]()
  }

  /** Never an empty one. */
  async next(): Promise<Uint8Array | undefined> {
    const back = this.#back
    this.#back = undefined
    if (back !== undefined) return back
    for (;;) {
      const { done, value } = await this.#iterator.next()
      if (done === true) return undefined
      if (value.byteLength > 0) return value
    }
  }

  giveBack(chunk: Uint8Array): void {
    this.#back = chunk
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
