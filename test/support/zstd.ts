import { constants, zstdDecompressSync } from 'node:zlib'

interface OneFrame {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/**
 * Decompresses a file of any number of zstd frames, as `zstd -dc` does. node:zlib itself
 * stops after the first frame without a word (nodejs/node#64741); so what it consumed is asked for.
 */
export function zstdDecompressFrames(file: Buffer): Buffer {
  const frames: Buffer[] = []
  for (let from = 0; from < file.length; ) {
    const { buffer, engine } = decompressOneFrame(file.subarray(from))
    frames.push(buffer)
    from += engine.bytesWritten
  }
  return Buffer.concat(frames)
}

function decompressOneFrame(bytes: Buffer): OneFrame {
  const options = { info: true, finishFlush: constants.ZSTD_e_end }
  // The types of node:zlib do not know what `info` makes of the answer.
  return zstdDecompressSync(bytes, options) as unknown as OneFrame
}
