import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { compressFrame } from 'lz4-napi'
import { compress as compressSnappy } from 'snappy'
import { CODEC_NAMES, decompress } from '../decompress.ts'

/*
 * kafkajs knows gzip only, and decompresses it without a limit. These codecs serve its decoder of
 * the message formats 0 and 1; batches of format 2 are decompressed elsewhere.
 */

const DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024

let limitBytes = DEFAULT_LIMIT_BYTES

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

const COMPRESS: Record<string, (bytes: Buffer) => Promise<Buffer>> = {
  gzip: promisify(gzip),
  snappy: (bytes) => compressSnappy(bytes),
  lz4: (bytes) => compressFrame(bytes),
  zstd: (bytes) => promisify(zstdCompress)(bytes),
}

export function installBoundedCodecs(codecs: Record<number, () => unknown>): void {
  for (const [type, name] of CODEC_NAMES.entries()) {
    const compress = COMPRESS[name]
    if (compress === undefined) continue
    const codec: Codec = {
      compress: async ({ buffer }) => compress(buffer),
      decompress: async (bytes) => decompress(type, bytes, limitBytes),
    }
    codecs[type] = () => codec
  }
}

/** For this thread: kafkajs does not tell its codecs whose bytes they see. */
export function limitLegacyBatches(maxDecompressedBatchBytes: number): void {
  limitBytes = maxDecompressedBatchBytes
}
