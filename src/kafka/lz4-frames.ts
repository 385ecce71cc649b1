import { decompressFrameSync } from 'lz4-napi'
import { OutputLimitError } from './output-limit-error.ts'

const FRAME_MAGIC = 0x184d2204
const BLOCK_CHECKSUM_FLAG = 0x10
const CONTENT_SIZE_FLAG = 0x08
const CONTENT_CHECKSUM_FLAG = 0x04
const DICTIONARY_FLAG = 0x01
const STORED_FLAG = 0x8000_0000
/** No block of LZ4 expands further. */
const MAX_RATIO = 255

/**
 * LZ4 frames. The library knows no limit, so the blocks are added up before anything is
 * decompressed: each at most the frame's block size, and 255 times its own. That may be more than
 * they really hold by one block, which is therefore granted, and the result is checked.
 */
export function decompressLz4(bytes: Buffer, limitBytes: number): Buffer {
  const { upperBoundBytes, maxBlockBytes } = measure(bytes)
  if (upperBoundBytes > limitBytes + maxBlockBytes) throw new OutputLimitError(limitBytes)
  const output = decompressFrameSync(bytes)
  if (output.length > limitBytes) throw new OutputLimitError(limitBytes)
  return output
}

interface FrameSizes {
  readonly upperBoundBytes: number
  readonly maxBlockBytes: number
}

function measure(bytes: Buffer): FrameSizes {
  let position = 0
  let upperBoundBytes = 0
  let maxBlockBytes = 0
  while (position < bytes.length) {
    const frame = measureFrame(bytes, position)
    position = frame.end
    upperBoundBytes += frame.upperBoundBytes
    maxBlockBytes = Math.max(maxBlockBytes, frame.maxBlockBytes)
  }
  return { upperBoundBytes, maxBlockBytes }
}

function measureFrame(bytes: Buffer, start: number): FrameSizes & { end: number } {
  if (bytes.length - start < 7) throw new Error('a frame header is cut off')
  if (bytes.readUInt32LE(start) !== FRAME_MAGIC) throw new Error('no LZ4 frame')
  const flags = bytes[start + 4]!
  const maxBlockBytes = blockBytesOf(bytes[start + 5]!)
  let position = start + 7
  if (flags & CONTENT_SIZE_FLAG) position += 8
  if (flags & DICTIONARY_FLAG) position += 4
  let upperBoundBytes = 0
  for (;;) {
    if (bytes.length - position < 4) throw new Error('a block length is cut off')
    const field = bytes.readUInt32LE(position)
    position += 4
    if (field === 0) break
    const stored = field >= STORED_FLAG
    const length = stored ? field - STORED_FLAG : field
    upperBoundBytes += stored ? length : Math.min(maxBlockBytes, length * MAX_RATIO)
    position += length + (flags & BLOCK_CHECKSUM_FLAG ? 4 : 0)
  }
  if (flags & CONTENT_CHECKSUM_FLAG) position += 4
  if (position > bytes.length) throw new Error('a block is cut off')
  return { upperBoundBytes, maxBlockBytes, end: position }
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
function blockBytesOf(descriptor: number): number {
  const size = (descriptor >>> 4) & 0x07
  if (size < 4) throw new Error(`block size code ${size}`)
  return 2 ** (8 + 2 * size)
}
