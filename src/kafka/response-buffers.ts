import { freeMemory } from '../core/free-memory.ts'

/** Smaller responses are of no consequence, and many are kept for long. */
const SMALLEST_BYTES = 64 * 1024
/** What a broker answers one fetch with is below this, unless a single batch is larger. */
const LARGEST_BYTES = 32 * 1024 * 1024

const MIB = 1024 * 1024

const leases = new WeakMap<ArrayBufferLike, Lease>()

/**
 * Memory for large responses. A fetch brings megabytes, and fresh memory for each of them costs more
 * (page faults, collections) than reading them: so it is lent, and given back when all that the
 * response holds was handed on. What is never given back is simply left to the collector.
 */
export class ResponseBuffers {
  /** How often fresh memory had to be taken. */
  allocations = 0
  private readonly keepBytes: number
  private readonly free: Buffer[] = []
  private freeBytes = 0

  /** `keepBytes` is the most that is kept while it is not lent. */
  constructor(keepBytes: number) {
    this.keepBytes = keepBytes
  }

  /** At least as many bytes, of any content. */
  take(byteLength: number): Buffer {
    if (byteLength < SMALLEST_BYTES || byteLength > LARGEST_BYTES) {
      return Buffer.allocUnsafeSlow(byteLength)
    }
    const buffer = this.takeFree(byteLength) ?? this.allocate(roundedUp(byteLength))
    leases.set(buffer.buffer, new Lease(() => this.giveBack(buffer)))
    return buffer
  }

  private takeFree(byteLength: number): Buffer | undefined {
    const found = this.free.findIndex((buffer) => buffer.length >= byteLength)
    if (found < 0) return undefined
    const [buffer] = this.free.splice(found, 1)
    this.freeBytes -= buffer!.length
    return buffer
  }

  private allocate(byteLength: number): Buffer {
    this.allocations += 1
    return Buffer.allocUnsafeSlow(byteLength)
  }

  private giveBack(buffer: Buffer): void {
    leases.delete(buffer.buffer)
    this.free.push(buffer)
    this.freeBytes += buffer.length
    // The one that was not wanted for the longest time goes first.
    while (this.freeBytes > this.keepBytes) {
      const unwanted = this.free.shift()!
      this.freeBytes -= unwanted.length
      freeMemory(unwanted)
    }
  }
}

/**
 * So that the next response fits too, and not so much that what serves the largest is too much to be
 * kept.
 */
function roundedUp(byteLength: number): number {
  if (byteLength > MIB) return Math.ceil(byteLength / MIB) * MIB
  return 2 ** Math.ceil(Math.log2(byteLength))
}

/** Lent memory of one response, held by those of its parts that are still to be read. */
export class Lease {
  private readonly giveBack: () => void
  private holders = 0

  constructor(giveBack: () => void) {
    this.giveBack = giveBack
  }

  /**
   * One more part. Returns what to call, once or more, when it was read. All parts must be known
   * before the first of them is let go.
   */
  hold(): () => void {
    this.holders += 1
    let held = true
    return () => {
      if (!held) return
      held = false
      this.holders -= 1
      if (this.holders === 0) this.giveBack()
    }
  }
}

/** Of the response that these bytes are a part of, while it is lent. */
export function leaseOf(bytes: Uint8Array): Lease | undefined {
  return leases.get(bytes.buffer)
}
