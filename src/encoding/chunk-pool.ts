import { freeMemory } from '../core/free-memory.ts'

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
  /** Memory of all chunks, free or in use, that was neither let go nor collected. */
  private aliveBytes = 0
  private readonly limitBytes: () => number
  private readonly free = new Map<number, Buffer[]>()
  private readonly lost = new FinalizationRegistry<number>((byteLength) => {
    this.aliveBytes -= byteLength
  })

  /**
   * As long as more than `limitBytes` are alive, what comes back is not kept. So what is kept for
   * later never adds to a use of so much.
   */
  constructor(limitBytes: () => number) {
    this.limitBytes = limitBytes
  }

  take(byteLength: number): Buffer {
    return this.free.get(byteLength)?.pop() ?? this.allocate(byteLength)
  }

  giveBack(chunk: Buffer): void {
    if (this.aliveBytes > this.limitBytes()) {
      this.letGo(chunk)
      return
    }
    const same = this.free.get(chunk.length)
    if (same === undefined) this.free.set(chunk.length, [chunk])
    else same.push(chunk)
  }

  /** Lets go of what is kept beyond the limit, which may have become less. */
  trim(): void {
    const limitBytes = this.limitBytes()
    for (const chunks of this.free.values()) {
      while (this.aliveBytes > limitBytes && chunks.length > 0) this.letGo(chunks.pop()!)
    }
  }

  private letGo(chunk: Buffer): void {
    this.aliveBytes -= chunk.length
    this.lost.unregister(chunk.buffer)
    freeMemory(chunk)
  }

  private allocate(byteLength: number): Buffer {
    const chunk = Buffer.allocUnsafeSlow(byteLength)
    this.allocations += 1
    this.aliveBytes += byteLength
    this.lost.register(chunk.buffer, byteLength, chunk.buffer)
    return chunk
  }
}
