import { createHash } from 'node:crypto'

/** What happened in a run, line by line, as a hash and as far as somebody wants to read it. */
export class Trace {
  readonly lines: string[] = []
  /** How often each kind of thing happened. */
  readonly counts: Record<string, number> = {}
  private readonly hasher = createHash('sha256')

  readonly say = (line: string): void => {
    this.lines.push(line)
  }

  count(what: string, times = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + times
  }

  /** Equal for equal runs. */
  get hash(): string {
    return this.hasher.copy().update(this.lines.join('\n')).digest('hex').slice(0, 16)
  }
}
