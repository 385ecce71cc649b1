/**
 * What a partition takes beside its records: objects of the heap, metrics, what the C library keeps for
 * them. With 1,000 partitions a process took 60 MiB more than with three, at the same records held.
 */
const PARTITION_BYTES = 48 * 1024

/**
 * One number of bytes for the whole process, shared by its worker threads: each has a slot in a
 * shared array and adds up all slots to see what is used, and one more for what its partitions take by
 * themselves, which is not there for records. A worker that died is forgotten by clearing its slots.
 */
export class MemoryBudget {
  readonly limitBytes: number
  private readonly held: BigInt64Array
  private readonly reserved: BigInt64Array
  private readonly slot: number

  /** `shared` comes from MemoryBudget.share(); `slot` is the worker's number, from 0. */
  constructor(limitBytes: number, shared: SharedArrayBuffer, slot: number) {
    this.limitBytes = limitBytes
    const workers = MemoryBudget.slotsOf(shared)
    this.held = new BigInt64Array(shared, 0, workers)
    this.reserved = new BigInt64Array(shared, shared.byteLength / 2, workers)
    this.slot = slot
    if (slot >= workers) throw new RangeError(`slot ${slot} of a budget for ${workers} workers`)
  }

  static share(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * workers * BigInt64Array.BYTES_PER_ELEMENT)
  }

  /** Of `share()`: the number of workers. */
  static slotsOf(shared: SharedArrayBuffer): number {
    return shared.byteLength / 2 / BigInt64Array.BYTES_PER_ELEMENT
  }

  /** Counts bytes as held (positive) or given back (negative). */
  add(bytes: number): void {
    Atomics.add(this.held, this.slot, BigInt(bytes))
  }

  /** This worker has so many partitions now. At least half of its share stays for their records. */
  reserveFor(partitions: number): void {
    const most = Math.floor(this.limitBytes / this.held.length / 2)
    Atomics.store(this.reserved, this.slot, BigInt(Math.min(partitions * PARTITION_BYTES, most)))
  }

  /** Forgets what this worker held. */
  clear(): void {
    Atomics.store(this.held, this.slot, 0n)
    Atomics.store(this.reserved, this.slot, 0n)
  }

  get heldBytes(): number {
    return Number(Atomics.load(this.held, this.slot))
  }

  get usedBytes(): number {
    return sumOf(this.held)
  }

  /** What there is for the records of all workers. */
  get roomBytes(): number {
    return this.limitBytes - sumOf(this.reserved)
  }

  /** What this worker may hold and keep for later: its share always, and more where others leave it. */
  get keepBytes(): number {
    return Math.max(this.workerShareBytes, this.roomBytes - (this.usedBytes - this.heldBytes))
  }

  /** What each worker may hold when all of them are busy. */
  get workerShareBytes(): number {
    return this.roomBytes / this.held.length
  }

  get exhausted(): boolean {
    return this.usedBytes >= this.roomBytes
  }

  /** Enough was given back to read on: below the limit by a margin, so that pauses do not flutter. */
  get relieved(): boolean {
    return this.usedBytes < this.roomBytes * 0.8
  }
}

function sumOf(slots: BigInt64Array): number {
  let sum = 0n
  for (let i = 0; i < slots.length; i++) sum += Atomics.load(slots, i)
  return Number(sum)
}
