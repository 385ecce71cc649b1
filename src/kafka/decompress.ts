import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { decompressLz4 } from './lz4-frames.ts'
import { OutputLimitError } from './output-limit-error.ts'
import { decompressSnappy } from './snappy-blocks.ts'

/** By the number in a batch's attributes. */
export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** zlib grows its output in pieces of this size; its own default makes 64 of them for a batch. */
const CHUNK_BYTES = 128 * 1024

/**
 * The decompressed bytes, never more than `limitBytes`.
 * Throws OutputLimitError beyond it, and whatever the codec throws for bytes that it cannot read.
 */
export function decompress(codec: number, bytes: Buffer, limitBytes: number): Buffer {
  switch (CODEC_NAMES[codec]) {
    case 'none':
      return bytes
    case 'gzip':
      return limited(limitBytes, (zlibOptions) => gunzipSync(bytes, zlibOptions))
    case 'snappy':
      return decompressSnappy(bytes, limitBytes)
    case 'lz4':
      return decompressLz4(bytes, limitBytes)
    case 'zstd':
      return limited(limitBytes, (zlibOptions) => unzstd(bytes, zlibOptions))
    default:
      throw new Error(`codec ${codec} is none of ${CODEC_NAMES.join(', ')}`)
  }
}

interface ZlibLimits {
  readonly maxOutputLength: number
  readonly chunkSize: number
}

/** A producer may write several frames; node:zlib ends after the first, without a word. */
function unzstd(bytes: Buffer, { maxOutputLength, chunkSize }: ZlibLimits): Buffer {
  const frames: Buffer[] = []
  let left = maxOutputLength
  for (let rest = bytes; ; ) {
    if (left === 0) throw new OutputLimitError(maxOutputLength)
    const options = { maxOutputLength: left, chunkSize, info: true } as const
    const { buffer, engine } = zstdDecompressSync(rest, options) as unknown as Unpacked
    frames.push(buffer)
    left -= buffer.length
    rest = rest.subarray(engine.bytesWritten)
    if (rest.length === 0) return frames.length === 1 ? buffer : Buffer.concat(frames)
    if (engine.bytesWritten === 0) throw new Error(`${rest.length} bytes that are no frame`)
  }
}

/** With `info`: what Node's types do not know. */
interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function limited(limitBytes: number, run: (options: ZlibLimits) => Buffer): Buffer {
  try {
    return run({ maxOutputLength: limitBytes, chunkSize: CHUNK_BYTES })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new OutputLimitError(limitBytes)
    }
    throw error
  }
}
