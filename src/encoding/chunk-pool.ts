/**
 * Memory for the bytes of files, in pieces of a few sizes. A file's chunks come from here and come
 * back when its upload is over, so that a steady flow of files takes no fresh memory: that costs
 * page faults for every byte, and collections. What is never given back is left to the collector.
 */
export interface ChunkPool {
  /** So many bytes exactly, of any content; never part of a larger buffer. */
  take(byteLength: number): Buffer
  /** Nothing reads or writes it any more. */
  giveBack(chunk: Buffer): void
}

/** Keeps nothing. */
export const NO_POOL: ChunkPool = {
  take: (byteLength) => Buffer.allocUnsafeSlow(byteLength),
  giveBack: () => undefined,
}

/** One for each worker thread. */
export class BoundedChunkPool implements ChunkPool {
  /** How often fresh memory had to be taken. */
  allocations = 0
  private readonly keepBytes: number
  private readonly free = new Map<number, Buffer[]>()
  private freeBytes = 0

  /** `keepBytes` is the most that is kept for later; chunks that are in use do not count. */
  constructor(keepBytes: number) {
    this.keepBytes = keepBytes
  }

  take(byteLength: number): Buffer {
    const chunk = this.free.get(byteLength)?.pop()
    if (chunk === undefined) {
      this.allocations += 1
      return Buffer.allocUnsafeSlow(byteLength)
    }
    this.freeBytes -= byteLength
    return chunk
  }

  giveBack(chunk: Buffer): void {
    const { length } = chunk
    if (this.freeBytes + length > this.keepBytes) return
    this.freeBytes += length
    const same = this.free.get(length)
    if (same === undefined) this.free.set(length, [chunk])
    else same.push(chunk)
  }
}
