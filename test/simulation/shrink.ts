import { type Failure, type Outcome, replay } from './run.ts'

type Steps = Failure['choices']

export interface Shrunk {
  readonly failure: Failure
  readonly outcome: Outcome
  readonly runs: number
}

/**
 * Of a schedule that a seed made: looks for a shorter schedule that fails in the same way: leaves out steps, in chunks that get
 * smaller, then sets what is left to the plainest choice, as long as there are runs left to try.
 */
export async function shrink(outcome: Outcome, mostRuns = 600): Promise<Shrunk | undefined> {
  const { failure, origin } = outcome
  if (failure === undefined || !('seed' in origin)) return undefined
  let best: Shrunk = { failure, outcome, runs: 0 }
  let runs = 0
  const fails = async (steps: Steps): Promise<boolean> => {
    if (runs >= mostRuns) return false
    runs += 1
    const again = await replay(origin.seed, steps)
    if (again.failure?.problem !== failure.problem) return false
    best = { failure: again.failure, outcome: again, runs }
    return true
  }
  let steps = failure.choices
  for (let before = -1; before !== weight(steps) && runs < mostRuns; ) {
    before = weight(steps)
    steps = await withoutChunks(steps, fails)
    steps = await plainer(steps, fails)
  }
  return { ...best, runs }
}

function weight(steps: Steps): number {
  return steps.reduce((sum, step) => sum + 1 + step.filter((choice) => choice !== 0).length, 0)
}

async function withoutChunks(
  all: Steps,
  fails: (steps: Steps) => Promise<boolean>,
): Promise<Steps> {
  let steps = all
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    // From the end: what comes late depends on what came before.
    for (let from = steps.length - size; from > 0; from -= size) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)]
      if (await fails(fewer)) steps = fewer
    }
  }
  return steps
}

async function plainer(all: Steps, fails: (steps: Steps) => Promise<boolean>): Promise<Steps> {
  let steps = all
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i] ?? []
    if (step.every((choice) => choice === 0)) continue
    for (const simpler of [[], step.map((choice, n) => (n === 0 ? choice : 0))]) {
      if (simpler.length === step.length && simpler.every((choice, n) => choice === step[n]))
        continue
      const changed = steps.with(i, simpler)
      if (!(await fails(changed))) continue
      steps = changed
      break
    }
  }
  return steps
}
