/** How `memory.budgetBytes` is divided. The last two are for each worker. */
export interface MemoryShares {
  /** For records that are encoded, in open files or on their way to HDFS. */
  readonly recordsBytes: number
  /** For what one fetch brings, and for memory that is kept for the next fetches. */
  readonly fetchBytes: number
  /** For memory that is kept for the next files. */
  readonly filesBytes: number
}

/** Records get three quarters: the rest is never held for long. */
export function memoryShares(budgetBytes: number, workers: number): MemoryShares {
  const eighth = Math.floor(budgetBytes / 8)
  const each = Math.floor(eighth / workers)
  return { recordsBytes: budgetBytes - 2 * eighth, fetchBytes: each, filesBytes: each }
}
