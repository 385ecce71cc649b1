import { formatHead, type Head } from '../../src/core/journal.ts'
import type { FoundJournal } from '../../src/core/partition-events.ts'
import { BASE, JOURNAL } from './writer-driver.ts'

/** The offsets [start, end), and how many records are in them. */
export interface Range {
  readonly start: number
  readonly end: number
  readonly records: number
}

export class BrokenRule extends Error {}

export function must(holds: boolean, rule: string): void {
  if (!holds) throw new BrokenRule(`broken: ${rule}`)
}

export function sameHead(a: Head, b: Head | undefined): boolean {
  return b !== undefined && formatHead(a) === formatHead(b)
}

/** A partition's journal as it truly is, whatever anybody believes; complains of what breaks it. */
export class JournalTruth {
  head: Head = { seq: 0, end: 0, flush: undefined, writer: 'founder' }
  private readonly stamped = new Map<string, Range>()
  private readonly published = new Set<string>()
  private others = 0

  listing(): FoundJournal {
    const temps = [...this.stamped.keys()].map((flush) => `${flush}.0.tmp`)
    return { base: BASE, identity: JOURNAL, names: [formatHead(this.head), ...temps] }
  }

  stamp(flush: string, range: Range): void {
    this.stamped.set(flush, range)
  }

  /** Whether the token had this name. */
  rename(from: Head, to: Head): boolean {
    if (!sameHead(from, this.head)) return false
    if (to.end !== from.end || to.flush !== from.flush) this.checkCommit(from, to)
    this.head = to
    return true
  }

  /** `token` is what the caller believes to be the journal's. */
  settle(flush: string | undefined, stale: readonly string[], token: Head | undefined): void {
    // Another owner may have claimed, and settled, in between: then there is nothing left to do.
    const ours = sameHead(this.head, token)
    must(!ours || flush === this.head.flush, 'the carried flush is settled')
    if (flush !== undefined) this.published.add(flush)
    for (const name of stale) {
      must(!name.startsWith(`${this.head.flush}.`), 'the carried flush is not swept')
      this.stamped.delete(name.replace(/\.0\.tmp$/, ''))
    }
  }

  /** Whether there was something to publish for whoever believes in `token`. */
  publish(token: Head | undefined): boolean {
    const { flush } = this.head
    if (flush === undefined || !sameHead(this.head, token)) return false
    this.published.add(flush)
    return true
  }

  /** Somebody else claims the journal, settles it, and perhaps writes on. */
  changeOwner(writes: boolean): void {
    const writer = `other${this.others++}`
    const { seq, end, flush } = this.head
    if (flush !== undefined) this.published.add(flush)
    this.head = { seq: seq + 1, end, flush, writer }
    if (writes) this.head = { seq: seq + 2, end: end + 3, flush: undefined, writer }
  }

  checkTold(offset: number): void {
    const { flush, end } = this.head
    must(offset <= end, 'Kafka is told nothing that is not committed')
    const final = flush === undefined || this.published.has(flush) || offset < end
    must(final, 'Kafka is told nothing that is not published')
  }

  private checkCommit(from: Head, to: Head): void {
    const before = from.flush
    must(before === undefined || this.published.has(before), 'the last flush is published')
    if (to.flush === undefined) return
    const range = this.stamped.get(to.flush)
    must(range !== undefined, 'a flush that is committed is uploaded and was not swept')
    must(range?.start === from.end && range.end === to.end, 'it follows the end of the journal')
  }
}
