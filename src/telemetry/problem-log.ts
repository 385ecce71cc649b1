import { redactText } from './redact-text.ts'

export type ProblemLevel = 'warn' | 'error' | 'fatal'

/** What was logged as a warning or worse; alike ones are one, counted. */
export interface Problem {
  readonly level: ProblemLevel
  readonly text: string
  /** Message of the error that came with the last of them. */
  readonly detail: string | null
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

const MOST_PROBLEMS = 50
const MOST_CHARACTERS = 1_500

/** The last problems, of which at most 50 are kept; their texts are short and hold no secrets. */
export class ProblemLog {
  readonly #secrets: readonly string[]
  /** By what makes two alike; the one that came last is last. */
  readonly #problems = new Map<string, Problem>()

  /** @param secrets values that may be shown to nobody */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = secrets
  }

  /** `data` is what was logged beside the text; of it an `err` and a `reason` are kept. */
  note(level: ProblemLevel, data: unknown, text: string, nowMs: number): void {
    const detail = detailOf(data)
    this.#add({
      level,
      text: this.#clean(text),
      detail: detail === null ? null : this.#clean(detail),
      firstMs: nowMs,
      lastMs: nowMs,
      count: 1,
    })
  }

  /** Those of another thread. */
  merge(problems: readonly Problem[]): void {
    for (const problem of problems) this.#add(problem)
  }

  /** The newest first. */
  get recent(): readonly Problem[] {
    return [...this.#problems.values()].reverse()
  }

  /** What there is, the oldest first; there is nothing then. */
  take(): readonly Problem[] {
    const taken = [...this.#problems.values()]
    this.#problems.clear()
    return taken
  }

  #add(problem: Problem): void {
    const key = `${problem.level} ${problem.text}`
    const earlier = this.#problems.get(key)
    this.#problems.delete(key)
    this.#problems.set(key, earlier === undefined ? problem : alike(earlier, problem))
    const [oldest] = this.#problems.keys()
    if (this.#problems.size > MOST_PROBLEMS && oldest !== undefined) this.#problems.delete(oldest)
  }

  #clean(text: string): string {
    // Hidden first: half of a secret would not be known for one.
    const clean = redactText(text, this.#secrets)
    return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS)} ...` : clean
  }
}

function alike(earlier: Problem, later: Problem): Problem {
  return { ...later, firstMs: earlier.firstMs, count: earlier.count + later.count }
}

function detailOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null
  if ('err' in data) return data.err instanceof Error ? data.err.message : String(data.err)
  return 'reason' in data ? String(data.reason) : null
}
