import type { AbortedTransaction } from './raw-fetch.ts'

interface Start {
  readonly producerId: bigint
  readonly firstOffset: number
}

/**
 * Which producers are inside an aborted transaction, while the batches of a fetch are walked in
 * order. The broker names every aborted transaction that overlaps the fetch, each by its producer
 * and first offset, in no order; a transaction ends at its producer's abort marker.
 */
export class AbortedProducers {
  /** The next one to begin stands last. */
  private readonly ahead: Start[]
  private readonly inside = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.ahead = transactions
      .map(({ producerId, firstOffset }) => ({
        producerId: BigInt(producerId),
        firstOffset: Number(firstOffset),
      }))
      .sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Several may begin before the end of one batch, or before the fetch: all of them count. */
  advanceTo(lastOffset: number): void {
    while (this.ahead.length > 0 && this.ahead.at(-1)!.firstOffset <= lastOffset) {
      this.inside.add(this.ahead.pop()!.producerId)
    }
  }

  has(producerId: bigint): boolean {
    return this.inside.has(producerId)
  }

  ended(producerId: bigint): void {
    this.inside.delete(producerId)
  }
}
