/** A step of the protocol at which something can happen to a sink. */
export const STEPS = [
  'find',
  'genesis',
  'claim',
  'settle',
  'upload',
  'join',
  'stamp',
  'prepare',
  'commit',
  'publish',
  'tell-kafka',
] as const

export type Step = (typeof STEPS)[number]
export type Moment = 'before' | 'after'
export const MOMENTS: readonly Moment[] = ['before', 'after']
export type Action = 'kill' | 'exit' | 'stop' | 'term'

export interface Failpoint {
  readonly step: Step
  readonly when: Moment
  readonly action: Action
  /** From 1. */
  readonly pass: number
  /** How many threads of a process it may strike. */
  readonly times: number
}

/** In place of a failpoint: nothing happens, and each step is logged when a thread comes to it first. */
export const NOTE_ALL = 'note'

/** The line that a sink logs when it is there. */
export const FAILPOINT_REACHED = 'failpoint reached'

const TEXT = /^([a-z-]+):(before|after)=(kill|exit|stop|term)(?:@(\d+))?(?:x(\d+))?$/

export function parseFailpoint(text: string): Failpoint {
  const [, step, when, action, pass = '1', times = '1'] = TEXT.exec(text) ?? []
  const known = STEPS.find((one) => one === step)
  if (known === undefined) {
    throw new Error(`expected a failpoint such as commit:after=kill@2, found "${text}"`)
  }
  return {
    step: known,
    when: when as Moment,
    action: action as Action,
    pass: Number(pass),
    times: Number(times),
  }
}

export function formatFailpoint({ step, when, action, pass, times }: Failpoint): string {
  return `${step}:${when}=${action}@${pass}x${times}`
}
