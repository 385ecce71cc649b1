/** A place in the order in which files are looked at. */
export interface Key {
  readonly partition: number
  readonly startOffset: number
  readonly path: string
}

/**
 * The first `limit` of any number of entries that come in any order, beginning after a key. So a
 * topic's files are gone through in the order of their offsets in a bounded memory: as many times
 * as it takes, each time a window further.
 */
export class OffsetWindow<Entry extends Key> {
  readonly #limit: number
  readonly #after: Key | undefined
  #entries: Entry[] = []
  /** The last that is in: what comes after it is left for later windows. */
  #bound: Key | undefined

  constructor(limit: number, after: Key | undefined) {
    this.#limit = limit
    this.#after = after
  }

  /** Entries that are held now, at most twice the limit. */
  get size(): number {
    return this.#entries.length
  }

  /** Whether files of this partition may still get in. */
  mayTake(partition: number): boolean {
    if (this.#after !== undefined && partition < this.#after.partition) return false
    return this.#bound === undefined || partition <= this.#bound.partition
  }

  offer(entry: Entry): void {
    if (this.#after !== undefined && compare(entry, this.#after) <= 0) return
    if (this.#bound !== undefined && compare(entry, this.#bound) > 0) return
    this.#entries.push(entry)
    if (this.#entries.length >= 2 * this.#limit) this.#cut()
  }

  /** In order. `isLast`: nothing was left out. */
  close(): { readonly entries: readonly Entry[]; readonly isLast: boolean } {
    this.#cut()
    return { entries: this.#entries, isLast: this.#bound === undefined }
  }

  #cut(): void {
    this.#entries.sort(compare)
    if (this.#entries.length <= this.#limit) return
    this.#entries.length = this.#limit
    this.#bound = this.#entries.at(-1)
  }
}

function compare(a: Key, b: Key): number {
  if (a.partition !== b.partition) return a.partition - b.partition
  if (a.startOffset !== b.startOffset) return a.startOffset - b.startOffset
  if (a.path === b.path) return 0
  return a.path < b.path ? -1 : 1
}
