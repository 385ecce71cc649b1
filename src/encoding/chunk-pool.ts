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
  /** Memory of all chunks, free or in use, that was neither forgotten nor collected. */
  private aliveBytes = 0
  private readonly limitBytes: number
  private readonly free = new Map<number, Buffer[]>()
  private readonly lost = new FinalizationRegistry<number>((byteLength) => {
    this.aliveBytes -= byteLength
  })

  /**
   * As long as more than `limitBytes` are alive, what comes back is forgotten. So what is kept for
   * later never adds to a use of so much.
   */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  take(byteLength: number): Buffer {
    return this.free.get(byteLength)?.pop() ?? this.allocate(byteLength)
  }

  giveBack(chunk: Buffer): void {
    const { buffer, length } = chunk
    if (this.aliveBytes > this.limitBytes) {
      this.aliveBytes -= length
      this.lost.unregister(buffer)
      return
    }
    const same = this.free.get(length)
    if (same === undefined) this.free.set(length, [chunk])
    else same.push(chunk)
  }

  private allocate(byteLength: number): Buffer {
    const chunk = Buffer.allocUnsafeSlow(byteLength)
    this.allocations += 1
    this.aliveBytes += byteLength
    this.lost.register(chunk.buffer, byteLength, chunk.buffer)
    return chunk
  }
}
