import { freeMemory } from '../core/free-memory.ts'
import { ByteSink } from './byte-sink.ts'
import { type ByteTarget, NO_BYTES, viewOf } from './byte-target.ts'
import { type ChunkPool, NO_POOL } from './chunk-pool.ts'
import type { Codec } from './codec.ts'
import type { FilePart, FinishedFile } from './file-encoder.ts'

const FIRST_BLOCK_BYTES = 4 * 1024

/**
 * Gathers records in a block, and appends each full block to the file as a gzip member or a zstd
 * frame of its own. Records are not cut: each is in one member as a whole.
 */
export class CompressedSink implements ByteTarget {
  /** The pending block. It grows to `blockBytes`, and beyond only for one larger record. */
  buffer: Buffer = NO_BYTES
  view: DataView = viewOf(NO_BYTES)
  position = 0

  private readonly codec: Codec
  private readonly blockBytes: number
  private readonly pool: ChunkPool
  private readonly compressed: ByteSink
  private finished = false

  constructor(codec: Codec, blockBytes: number, pool: ChunkPool = NO_POOL) {
    this.codec = codec
    this.blockBytes = blockBytes
    this.pool = pool
    this.compressed = new ByteSink(pool)
  }

  get byteLength(): number {
    return this.compressed.byteLength + this.position
  }

  get heldBytes(): number {
    return this.compressed.heldBytes + this.buffer.length
  }

  room(byteLength: number): void {
    if (this.position + byteLength > this.buffer.length) this.makeRoom(byteLength)
  }

  /** What waits for the codec becomes a block of its own, however small it is. */
  cut(): FilePart | undefined {
    if (this.position > 0) this.compressBlock()
    this.letGo()
    this.use(NO_BYTES)
    return this.compressed.cut()
  }

  finish(): FinishedFile {
    // Codecs give a valid file for no bytes too, which a file of zero bytes would not be.
    if (this.position > 0 || this.compressed.byteLength === 0) this.compressBlock()
    this.letGo()
    this.use(NO_BYTES)
    this.finished = true
    return this.compressed.finish()
  }

  private makeRoom(byteLength: number): void {
    if (this.finished) throw new Error('Nothing can be appended to a finished file')
    if (this.position > 0 && this.position + byteLength > this.blockBytes) this.compressBlock()
    const needed = this.position + byteLength
    if (needed <= this.buffer.length) return
    const grown = this.borrow(needed)
    this.buffer.copy(grown, 0, 0, this.position)
    this.letGo()
    this.use(grown)
  }

  private compressBlock(): void {
    const compressed = this.codec(this.buffer.subarray(0, this.position))
    this.compressed.write(compressed)
    freeMemory(compressed)
    this.position = 0
    if (this.buffer.length > this.blockBytes) this.use(NO_BYTES)
  }

  /** Of a size that occurs again, unless it is for one record beyond the size of a block. */
  private borrow(byteLength: number): Buffer {
    if (byteLength > this.blockBytes) return Buffer.allocUnsafeSlow(byteLength)
    let bytes = Math.max(FIRST_BLOCK_BYTES, this.buffer.length * 2)
    while (bytes < byteLength) bytes *= 2
    return this.pool.take(Math.min(bytes, this.blockBytes))
  }

  private letGo(): void {
    if (this.buffer.length > 0 && this.buffer.length <= this.blockBytes) {
      this.pool.giveBack(this.buffer)
    }
  }

  private use(buffer: Buffer): void {
    this.buffer = buffer
    this.view = viewOf(buffer)
  }
}
