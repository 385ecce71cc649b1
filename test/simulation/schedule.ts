/*
 * The seam through which the fakes of HDFS and Kafka ask when a call goes on, and what becomes of it.
 * Whoever implements Schedule owns all of the order and all of the faults of a run.
 */

/** One call through a port. */
export interface PortCall {
  /** The process or worker that makes it. */
  readonly who: string
  readonly port: 'hdfs' | 'kafka'
  readonly op: string
  readonly subject: string
  /** false for what only reads. */
  readonly changes: boolean
}

/**
 * - `done`: executed and answered
 * - `not-done`: never executed, and the caller hears of a lost connection
 * - `reply-lost`: executed, and the caller hears of a lost connection
 * - `late`: the caller hears of a timeout; executed some time later, whatever the caller does then
 * - `cut`: an upload that leaves a closed file with half of its bytes, and a lost connection
 */
export type Fate = 'done' | 'not-done' | 'reply-lost' | 'late' | 'cut'

export interface Schedule {
  /** Resolves when the call reaches its server. */
  arrive(call: PortCall): Promise<Fate>
  /** Resolves when the answer reaches the caller. */
  reply(call: PortCall): Promise<void>
}

/** Everything works, at once. */
export const immediately: Schedule = {
  arrive: async () => 'done',
  reply: async () => {},
}

export interface SeamOptions {
  readonly schedule: Schedule
  readonly call: PortCall
  readonly signal?: AbortSignal | undefined
  /** What a caller gets that does not learn the outcome. */
  readonly lost: (kind: 'connection' | 'timeout' | 'aborted') => Error
  /** What a `cut` leaves behind. */
  readonly cut?: () => void
}

/** Sends a call through the seam: `effect` is what the server does, in one step. */
export async function throughSeam<T>(effect: () => T, options: SeamOptions): Promise<T> {
  const { signal, lost } = options
  if (signal?.aborted) throw lost('aborted')
  const answer = cross(effect, options)
  if (signal === undefined) return answer
  // A caller that gives up does not call back what it has sent.
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(lost('aborted'))
  signal.addEventListener('abort', onAbort, { once: true })
  answer.catch(() => undefined)
  try {
    return await Promise.race([answer, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function cross<T>(effect: () => T, options: SeamOptions): Promise<T> {
  const { schedule, call, lost, cut } = options
  const fate = await schedule.arrive(call)
  if (fate === 'late') {
    void executeLate(effect, options)
    throw lost('timeout')
  }
  if (fate === 'not-done') throw lost('connection')
  if (fate === 'cut') {
    cut?.()
    throw lost('connection')
  }
  const outcome = attempt(effect)
  await schedule.reply(call)
  if (fate === 'reply-lost') throw lost('connection')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

async function executeLate(effect: () => unknown, options: SeamOptions): Promise<void> {
  // Nobody is there any more to hear of a second misfortune.
  await options.schedule.arrive(options.call)
  attempt(effect)
}

function attempt<T>(effect: () => T): { value: T } | { error: unknown } {
  try {
    return { value: effect() }
  } catch (error) {
    return { error }
  }
}
