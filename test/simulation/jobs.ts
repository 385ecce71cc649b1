import { pairsAfter, runStruck, STRIKES, type Strike, singles } from './exhaustive.ts'
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
  readonly failures: readonly Outcome[]
}

export async function runJob(job: Job): Promise<JobResult> {
  const hashes: string[] = []
  const counts: Record<string, number> = {}
  const failures: Outcome[] = []
  for await (const outcome of outcomesOf(job)) {
    hashes.push(outcome.hash)
    addCounts(counts, outcome.counts)
    if (outcome.failure !== undefined) failures.push(outcome)
  }
  return { runs: hashes.length, hashes, counts, failures }
}

async function* outcomesOf(job: Job): AsyncGenerator<Outcome> {
  if (job.kind === 'pairs') {
    yield* pairsAfter(job.first, STRIKES)
  } else if (job.kind === 'strikes') {
    for (const strikes of job.strikes) yield await runStruck(strikes)
  } else {
    for (let seed = job.from; seed < job.from + job.seeds; seed++) {
      yield await runSeed(seed)
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

/** Every strike at every step, and after it every other at every later step. */
export async function exhaustiveJobs(): Promise<Job[]> {
  const strikes = await singles()
  return [
    { kind: 'strikes', strikes },
    ...strikes.map(([first]): Job => ({ kind: 'pairs', first: first as Strike })),
  ]
}

export function addCounts(
  to: Record<string, number>,
  more: Readonly<Record<string, number>>,
): void {
  for (const [what, count] of Object.entries(more)) to[what] = (to[what] ?? 0) + count
}
