/** How `memory.budgetBytes` is divided. */
export interface MemoryShares {
  /** For records that are encoded, in open files or on their way to HDFS. */
  readonly recordsBytes: number
  /** Of each worker: for what one fetch brings, and as much again kept for the next fetches. */
  readonly fetchBytes: number
}

/** Records get three quarters: the rest is never held for long. */
export function memoryShares(budgetBytes: number, workers: number): MemoryShares {
  const eighth = Math.floor(budgetBytes / 8)
  return { recordsBytes: budgetBytes - 2 * eighth, fetchBytes: Math.floor(eighth / workers) }
}
