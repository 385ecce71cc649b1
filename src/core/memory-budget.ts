/**
 * One number of bytes for the whole process, shared by its worker threads: each has a slot in a
 * shared array and adds up all slots to see what is used. A worker that died is forgotten by
 * clearing its slot.
 */
export class MemoryBudget {
  readonly limitBytes: number
  private readonly slots: BigInt64Array
  private readonly slot: number

  /** `shared` comes from MemoryBudget.share(); `slot` is the worker's number, from 0. */
  constructor(limitBytes: number, shared: SharedArrayBuffer, slot: number) {
    this.limitBytes = limitBytes
    this.slots = new BigInt64Array(shared)
    this.slot = slot
    if (slot >= this.slots.length) {
      throw new RangeError(`slot ${slot} of a budget for ${this.slots.length} workers`)
    }
  }

  static share(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(workers * BigInt64Array.BYTES_PER_ELEMENT)
  }

  /** Of `share()`: the number of workers. */
  static slotsOf(shared: SharedArrayBuffer): number {
    return shared.byteLength / BigInt64Array.BYTES_PER_ELEMENT
  }

  /** Counts bytes as held (positive) or given back (negative). */
  add(bytes: number): void {
    Atomics.add(this.slots, this.slot, BigInt(bytes))
  }

  /** Forgets what this worker held. */
  clear(): void {
    Atomics.store(this.slots, this.slot, 0n)
  }

  get heldBytes(): number {
    return Number(Atomics.load(this.slots, this.slot))
  }

  get usedBytes(): number {
    let used = 0n
    for (let i = 0; i < this.slots.length; i++) used += Atomics.load(this.slots, i)
    return Number(used)
  }

  /** What this worker may hold and keep for later: its share always, and more where others leave it. */
  get keepBytes(): number {
    return Math.max(this.workerShareBytes, this.limitBytes - (this.usedBytes - this.heldBytes))
  }

  /** What each worker may hold when all of them are busy. */
  get workerShareBytes(): number {
    return this.limitBytes / this.slots.length
  }

  get exhausted(): boolean {
    return this.usedBytes >= this.limitBytes
  }

  /** Enough was given back to read on: below the limit by a margin, so that pauses do not flutter. */
  get relieved(): boolean {
    return this.usedBytes < this.limitBytes * 0.8
  }
}
