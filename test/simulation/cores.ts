import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type Job, type JobResult, runJob } from './jobs.ts'

/*
 * Work on all cores: as many threads as there are cores, each asks for its next job. This file is the
 * entry of those threads as well.
 */

/** What the dead had sent is never answered, and holds its world for as long as the thread lives. */
const JOBS_PER_THREAD = 25

/** Runs all jobs; what `finished` is given comes in any order. */
export async function runOnAllCores(
  jobs: readonly Job[],
  finished: (result: JobResult, index: number) => void,
): Promise<void> {
  let next = 0
  const threads = Math.min(availableParallelism(), jobs.length)
  await Promise.all(
    Array.from({ length: threads }, async () => {
      while (next < jobs.length) {
        const worker = new Worker(new URL(import.meta.url))
        try {
          for (let left = JOBS_PER_THREAD; left > 0 && next < jobs.length; left--) {
            const index = next++
            finished(await ask(worker, jobs[index] as Job), index)
          }
        } finally {
          await worker.terminate()
        }
      }
    }),
  )
}

function ask(worker: Worker, job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    worker.once('message', (result: JobResult) => {
      worker.removeListener('error', reject)
      resolve(result)
    })
    worker.once('error', reject)
    worker.postMessage(job)
  })
}

if (!isMainThread) {
  parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await runJob(job)))
}
