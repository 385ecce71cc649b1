import { CRASHES, pairsAfter, runStruck, STRIKES, type Strike, singles } from './exhaustive.ts'
import { type Outcome, runSeed } from './run.ts'

/** A piece of work for one core. */
export type Job =
  | { readonly kind: 'seeds'; readonly from: number; readonly seeds: number }
  | { readonly kind: 'strikes'; readonly strikes: readonly (readonly Strike[])[] }
  /** Every second strike after this one. */
  | { readonly kind: 'pairs'; readonly first: Strike }

export interface JobResult {
  readonly runs: number
  readonly hashes: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly failures: readonly Failed[]
}

/** A run that failed, and what brings it back. */
export interface Failed {
  readonly outcome: Outcome
  readonly strikes: readonly Strike[] | undefined
}

export async function runJob(job: Job): Promise<JobResult> {
  const hashes: string[] = []
  const counts: Record<string, number> = {}
  const failures: Failed[] = []
  for await (const { outcome, strikes } of outcomesOf(job)) {
    hashes.push(outcome.hash)
    addCounts(counts, outcome.counts)
    if (outcome.failure !== undefined) failures.push({ outcome, strikes })
  }
  return { runs: hashes.length, hashes, counts, failures }
}

async function* outcomesOf(job: Job): AsyncGenerator<Failed> {
  if (job.kind === 'pairs') {
    yield* pairsAfter(job.first, STRIKES)
  } else if (job.kind === 'strikes') {
    for (const strikes of job.strikes) yield { strikes, outcome: await runStruck(strikes) }
  } else {
    for (let seed = job.from; seed < job.from + job.seeds; seed++) {
      yield { strikes: undefined, outcome: await runSeed(seed) }
    }
  }
}

const SEEDS_PER_JOB = 100

export function seedJobs(from: number, seeds: number): Job[] {
  const jobs: Job[] = []
  for (let done = 0; done < seeds; done += SEEDS_PER_JOB) {
    jobs.push({ kind: 'seeds', from: from + done, seeds: Math.min(SEEDS_PER_JOB, seeds - done) })
  }
  return jobs
}

/** Every strike at every step, and after every crash every strike at every later step. */
export async function exhaustiveJobs(): Promise<Job[]> {
  const crashes = await singles(CRASHES)
  return [
    { kind: 'strikes', strikes: await singles() },
    ...crashes.map(([first]): Job => ({ kind: 'pairs', first: first as Strike })),
  ]
}

export function addCounts(
  to: Record<string, number>,
  more: Readonly<Record<string, number>>,
): void {
  for (const [what, count] of Object.entries(more)) to[what] = (to[what] ?? 0) + count
}
