import type { SeenRequest, Step } from './fault-proxy-requests.ts'

/** Which requests a fault is for: all of this operation, or of this step of the protocol. */
export interface Match {
  readonly op: string
  readonly step?: Step
}

/** How much of an upload gets through: a number of bytes, half of them, or all but the last one. */
export type UploadPart = number | 'half' | 'last'

/** What happens to a request that fits. */
export type Deed =
  | { readonly do: 'notice' }
  | { readonly do: 'drop-request' }
  | { readonly do: 'drop-reply' }
  | { readonly do: 'reset-upload'; readonly at: UploadPart }
  | { readonly do: 'hold'; readonly at?: UploadPart }

/** A fault that waits for its requests. */
export interface Strike {
  /** How often it has struck. */
  readonly struck: number
  /** The server's HTTP status for each request that was executed all the same, by order. */
  readonly statuses: readonly number[]
  /** Resolves when it has struck as often as it was to. */
  readonly done: Promise<void>
  /** It strikes no more. */
  remove(): void
}

/** Requests that are kept back. */
export interface Hold extends Strike {
  /** Resolves when it holds as many as it was to, and their senders have all given up waiting. */
  readonly abandoned: Promise<void>
  /** Sends what is held on to the server; resolves with the statuses when all of it is answered. */
  deliver(): Promise<readonly number[]>
}

/** A request that is kept back by the proxy. */
export interface HeldRequest {
  /** Resolves when its sender gave up. */
  readonly abandoned: Promise<void>
  /** Sends it on; resolves when it is answered, with the HTTP status where there is one. */
  deliver(): Promise<number | undefined>
  discard(): void
}

export class Rule implements Hold {
  readonly deed: Deed
  readonly done: Promise<void>
  readonly abandoned: Promise<void>
  readonly statuses: number[] = []
  struck = 0
  readonly #match: Match
  readonly #times: number
  readonly #held: HeldRequest[] = []
  readonly #isDone = Promise.withResolvers<void>()
  /** Requests that it may still take. */
  #left: number
  #removed = false

  constructor(match: Match, deed: Deed, times: number) {
    this.#match = match
    this.deed = deed
    this.#times = times
    this.#left = times
    this.done = this.#isDone.promise
    this.abandoned = this.done.then(async () => {
      await Promise.all(this.#held.map(({ abandoned }) => abandoned))
    })
  }

  /** Whether this request is its own. */
  takes({ op, step }: SeenRequest): boolean {
    const { op: wantedOp, step: wantedStep } = this.#match
    if (this.#left === 0 || op !== wantedOp) return false
    if (wantedStep !== undefined && step !== wantedStep) return false
    this.#left -= 1
    return true
  }

  /** What it was to do to a request is done. */
  strike(status?: number): void {
    this.struck += 1
    if (status !== undefined) this.statuses.push(status)
    if (this.struck === this.#times) this.#isDone.resolve()
  }

  /** It came to nothing: the server could not be reached. */
  giveBack(): void {
    if (!this.#removed) this.#left += 1
  }

  keep(held: HeldRequest): void {
    this.#held.push(held)
    this.strike()
  }

  async deliver(): Promise<readonly number[]> {
    const statuses = await Promise.all(this.#held.splice(0).map((held) => held.deliver()))
    this.statuses.push(...statuses.filter((status) => status !== undefined))
    return this.statuses
  }

  remove(): void {
    this.#removed = true
    this.#left = 0
    for (const held of this.#held.splice(0)) held.discard()
  }
}

/** The faults that wait, in the order in which they were asked for. */
export class Rules {
  readonly #rules = new Set<Rule>()

  add(match: Match, deed: Deed, times: number): Rule {
    const rule = new Rule(match, deed, times)
    this.#rules.add(rule)
    return rule
  }

  /** The first that wants this request. */
  take(request: SeenRequest): Rule | undefined {
    return [...this.#rules].find((rule) => rule.takes(request))
  }

  clear(): void {
    for (const rule of this.#rules) rule.remove()
    this.#rules.clear()
  }
}
