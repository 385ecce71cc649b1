import { FileSystemError, SinkError } from '../core/errors.ts'

/** One thing that was looked at. */
export interface Step {
  readonly name: string
  /** What was asked or used: a host, a topic, a path. */
  readonly about: string
  /** `warned`: the sink works without it. `skipped`: something before it has to work first. */
  readonly outcome: 'ok' | 'warned' | 'failed' | 'skipped'
  /** What was found. */
  readonly found: string
  /** What to do; null where nothing has to be done. */
  readonly help: string | null
}

/** What was found is not what the sink needs. */
export class UnmetError extends Error {
  readonly help: string
  constructor(found: string, help: string) {
    super(found)
    this.help = help
  }
}

/** What to look at. */
export interface Check {
  readonly name: string
  readonly about: string
  /** What to do where the error does not say it. */
  readonly otherwise: string
  /** The sink works without it. */
  readonly optional?: true
  /** Resolves with what was found. */
  readonly look: () => Promise<string>
}

/** Runs checks one after the other, reports each when it is done, and never throws. */
export class Checklist {
  readonly steps: Step[] = []
  readonly #report: (step: Step) => void
  readonly #signal: AbortSignal

  /** When the signal aborts, what has not begun yet is skipped. */
  constructor(report: (step: Step) => void, signal: AbortSignal) {
    this.#report = report
    this.#signal = signal
  }

  get ok(): boolean {
    return this.steps.every(({ outcome }) => outcome === 'ok' || outcome === 'warned')
  }

  /** Whether it is as it should be. */
  async check(check: Check): Promise<boolean> {
    if (!this.#signal.aborted) return this.always(check)
    this.skip(check.name, check.about, 'cancelled')
    return false
  }

  /** Also when it was cancelled: for what cleans up. */
  async always({ name, about, otherwise, optional, look }: Check): Promise<boolean> {
    try {
      this.#add({ name, about, outcome: 'ok', found: await look(), help: null })
      return true
    } catch (error) {
      const outcome = optional === true ? 'warned' : 'failed'
      this.#add({ name, about, outcome, ...explain(error, otherwise) })
      return false
    }
  }

  skip(name: string, about: string, why: string): void {
    this.#add({ name, about, outcome: 'skipped', found: why, help: null })
  }

  #add(step: Step): void {
    this.steps.push(step)
    this.#report(step)
  }
}

function explain(error: unknown, otherwise: string): Pick<Step, 'found' | 'help'> {
  if (error instanceof UnmetError) return { found: error.message, help: error.help }
  if (error instanceof FileSystemError) {
    const { op, path, nameNode, detail, exception, hint } = error
    const from = nameNode === undefined ? '' : ` at ${nameNode}`
    const found = `${op} ${path}${from}: ${detail}${exception === undefined ? '' : ` (${exception})`}`
    const own = withoutRepeating(hint)
    return { found, help: own === '' ? otherwise : own }
  }
  // Its message ends with what to do.
  if (error instanceof SinkError) return { found: error.message, help: otherwise }
  return { found: error instanceof Error ? error.message : String(error), help: otherwise }
}

/** What a running sink would go on doing says nothing here. */
function withoutRepeating(hint: string): string {
  return hint.replace(/ ?(It is tried again|Nothing to do[^.]*)\./g, '').trim()
}
