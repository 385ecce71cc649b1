import { type ByteTarget, NO_BYTES, viewOf } from './byte-target.ts'
import { type ChunkPool, NO_POOL } from './chunk-pool.ts'
import type { FilePart, FinishedFile } from './file-encoder.ts'

const FIRST_CHUNK_BYTES = 4 * 1024
const LARGEST_CHUNK_BYTES = 1024 * 1024
/** What does not fit and is larger gets a chunk of its own, so that no chunk's end is wasted. */
const OWN_CHUNK_BYTES = 256 * 1024

/**
 * Bytes in chunks that are never moved. The first chunk is small, for the many partitions with few
 * records; each next one is twice as large, up to 1 MiB.
 */
export class ByteSink implements ByteTarget {
  buffer: Buffer = NO_BYTES
  view: DataView = viewOf(NO_BYTES)
  position = 0
  /** Memory of all chunks that were not cut, written to or not. */
  heldBytes = 0

  private readonly pool: ChunkPool
  /** Chunks that go back to the pool. */
  private lent: Buffer[] = []
  private closed: Uint8Array[] = []
  private closedBytes = 0
  private cutBytes = 0
  private segmentStart = 0
  private nextChunkBytes = FIRST_CHUNK_BYTES
  /** The shared chunk that goes on after a record that has its own. */
  private parked: { readonly buffer: Buffer; readonly position: number } | undefined = undefined
  private finished = false

  constructor(pool: ChunkPool = NO_POOL) {
    this.pool = pool
  }

  get byteLength(): number {
    return this.cutBytes + this.closedBytes + this.position - this.segmentStart
  }

  room(byteLength: number): void {
    if (this.position + byteLength > this.buffer.length) this.moveOn(byteLength)
  }

  /** Copies `bytes` behind what is there. */
  write(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.buffer.set(bytes, this.position)
    this.position += bytes.length
  }

  cut(): FilePart | undefined {
    return this.byteLength === this.cutBytes ? undefined : this.take()
  }

  finish(): FinishedFile {
    const part = this.take()
    this.finished = true
    return { ...part, fileBytes: this.cutBytes }
  }

  private take(): FilePart {
    this.closeSegment()
    const { closed: chunks, closedBytes: byteLength, heldBytes } = this
    this.use(NO_BYTES, 0)
    this.parked = undefined
    this.closed = []
    // Whoever is cut often writes little.
    if (byteLength < LARGEST_CHUNK_BYTES) this.nextChunkBytes = FIRST_CHUNK_BYTES
    this.cutBytes += byteLength
    this.closedBytes = 0
    this.heldBytes = 0
    return { chunks, byteLength, heldBytes, release: this.releaseLater() }
  }

  private moveOn(byteLength: number): void {
    if (this.finished) throw new Error('Nothing can be appended to a finished file')
    this.closeSegment()
    const parked = this.parked
    if (parked !== undefined && parked.position + byteLength <= parked.buffer.length) {
      this.parked = undefined
      this.use(parked.buffer, parked.position)
    } else if (byteLength > OWN_CHUNK_BYTES) {
      this.parked ??= { buffer: this.buffer, position: this.position }
      this.heldBytes += byteLength
      // Not from Node's shared pool: then a chunk that is let go frees all its memory.
      this.use(Buffer.allocUnsafeSlow(byteLength), 0)
    } else {
      this.parked = undefined
      this.use(this.borrow(Math.max(byteLength, this.nextChunkBytes)), 0)
      this.nextChunkBytes = Math.min(this.nextChunkBytes * 2, LARGEST_CHUNK_BYTES)
    }
  }

  private closeSegment(): void {
    if (this.position === this.segmentStart) return
    this.closed.push(this.buffer.subarray(this.segmentStart, this.position))
    this.closedBytes += this.position - this.segmentStart
    this.segmentStart = this.position
  }

  private use(buffer: Buffer, position: number): void {
    this.buffer = buffer
    this.view = viewOf(buffer)
    this.position = position
    this.segmentStart = position
  }

  /** Of a size that occurs again: 4 KiB, doubled so many times that it fits. */
  private borrow(byteLength: number): Buffer {
    let chunkBytes = FIRST_CHUNK_BYTES
    while (chunkBytes < byteLength) chunkBytes *= 2
    this.heldBytes += chunkBytes
    const chunk = this.pool.take(chunkBytes)
    this.lent.push(chunk)
    return chunk
  }

  /** What gives the chunks so far back, once. */
  private releaseLater(): () => void {
    let { lent } = this
    this.lent = []
    return () => {
      for (const chunk of lent) this.pool.giveBack(chunk)
      lent = []
    }
  }
}
