import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FileSystemError } from '../../src/core/errors.ts'
import { UploadTurns } from '../../src/sink/upload-turns.ts'

class NotDoneError extends FileSystemError {
  readonly action = 'retry'
}

const failure = (ambiguous: boolean) =>
  new NotDoneError({
    ...{ op: 'CREATE', path: '/f', nameNode: undefined, status: undefined, exception: undefined },
    ...{ ambiguous, detail: 'no answer', hint: 'It is tried again.' },
  })
const UNANSWERED = failure(true)
const REFUSED = failure(false)

const MOST = 8
const TIMEOUT_MS = 2_000
const turn = () => ({ signal: new AbortController().signal, sinceMs: 0 })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Does its work bit by bit for all at once, also for those that wait no more. */
class SlowServer {
  private readonly working: { leftMs: number; done: () => void }[] = []
  private readonly workMs: number

  constructor(workMs: number) {
    this.workMs = workMs
    setInterval(() => this.work(10), 10)
  }

  upload(): Promise<void> {
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(UNANSWERED), TIMEOUT_MS)
      this.working.push({ leftMs: this.workMs, done: resolve })
    })
  }

  private work(ms: number): void {
    const eachMs = ms / this.working.length
    for (const one of [...this.working]) {
      one.leftMs -= eachMs
      if (one.leftMs > 0) continue
      this.working.splice(this.working.indexOf(one), 1)
      one.done()
    }
  }
}

async function retried(turns: UploadTurns, call: () => Promise<void>): Promise<void> {
  for (;;) {
    const done = await turns.add(call, turn()).then(
      () => true,
      () => false,
    )
    if (done) return
  }
}

it('a server that can answer few at once in time gets done with all', async () => {
  const turns = new UploadTurns(MOST)
  const server = new SlowServer(500)
  let done = 0
  for (let i = 0; i < 100; i++) void retried(turns, () => server.upload()).then(() => done++)
  await vi.advanceTimersByTimeAsync(100 * 500 * 3)
  expect(done).toBe(100)
})

it('when all are answered again there are as many at once as before', async () => {
  const turns = new UploadTurns(MOST)
  const failing = Array.from({ length: 3 }, () =>
    turns.add(() => Promise.reject(UNANSWERED), turn()),
  )
  await Promise.allSettled(failing)
  expect(turns.atOnce).toBe(4)
  for (let i = 0; i < 40; i++) await turns.add(async () => undefined, turn())
  expect(turns.atOnce).toBe(MOST)
})

it('one at a time is the least, and a refusal changes nothing', async () => {
  const turns = new UploadTurns(2)
  await turns.add(() => Promise.reject(REFUSED), turn()).catch(() => undefined)
  expect(turns.atOnce).toBe(2)
  for (let i = 0; i < 5; i++) {
    await turns.add(() => Promise.reject(UNANSWERED), turn()).catch(() => undefined)
  }
  expect(turns.atOnce).toBe(1)
})
