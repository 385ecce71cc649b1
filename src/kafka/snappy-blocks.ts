import { uncompressSync } from 'snappy'
import { OutputLimitError } from './output-limit-error.ts'

/** Java producers (the xerial library) put this, a version and a minimum version before blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16

/** Blocks with a length before each, as Java writes them, or one bare block, as others do. */
export function decompressSnappy(bytes: Buffer, limitBytes: number): Buffer {
  const blocks = startsWithMagic(bytes, 0) ? xerialBlocks(bytes) : [bytes]
  let total = 0
  for (const block of blocks) {
    total += declaredLength(block)
    if (total > limitBytes) throw new OutputLimitError(limitBytes)
  }
  const outputs = blocks.map(uncompress)
  return outputs.length === 1 ? outputs[0]! : Buffer.concat(outputs)
}

function uncompress(block: Buffer): Buffer {
  const output = uncompressSync(block, { asBuffer: true })
  return typeof output === 'string' ? Buffer.from(output) : output
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let position = 0
  while (position < bytes.length) {
    // Streams may have been appended to each other: the header then recurs.
    if (startsWithMagic(bytes, position)) {
      position += XERIAL_HEADER_BYTES
      continue
    }
    if (bytes.length - position < 4) throw new Error('a block length is cut off')
    const length = bytes.readInt32BE(position)
    position += 4
    if (length <= 0 || length > bytes.length - position) {
      throw new Error(`block length ${length}, ${bytes.length - position} bytes left`)
    }
    blocks.push(bytes.subarray(position, position + length))
    position += length
  }
  return blocks
}

function startsWithMagic(bytes: Buffer, position: number): boolean {
  return (
    bytes.length - position >= XERIAL_HEADER_BYTES &&
    bytes.compare(XERIAL_MAGIC, 0, XERIAL_MAGIC.length, position, position + 8) === 0
  )
}

/** Each block begins with its decompressed length, as a varint of up to 32 bits. */
function declaredLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new Error('no length at the start of a block')
}
