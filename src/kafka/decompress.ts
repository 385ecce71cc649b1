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
      return limited(limitBytes, (zlibOptions) => zstdDecompressSync(bytes, zlibOptions))
    default:
      throw new Error(`codec ${codec} is none of ${CODEC_NAMES.join(', ')}`)
  }
}

function limited(
  limitBytes: number,
  run: (options: { maxOutputLength: number; chunkSize: number }) => Buffer,
): Buffer {
  try {
    return run({ maxOutputLength: limitBytes, chunkSize: CHUNK_BYTES })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new OutputLimitError(limitBytes)
    }
    throw error
  }
}
