import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type FakeThread, Supervised } from './supervised.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

let two: Supervised
let first: FakeThread
let second: FakeThread
/** undefined until it has ended. */
let result: boolean | undefined

beforeEach(() => {
  vi.useFakeTimers()
  result = undefined
  two = new Supervised(2)
  ;[first, second] = two.threads as [FakeThread, FakeThread]
})
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function drain(of = two): Promise<void> {
  void of.supervisor.drain(30_000).then((good) => {
    result = good
  })
  await pass(0)
}

it('a drain is good when all workers have drained, and not over before', async () => {
  await drain()
  expect([first.received, second.received]).toEqual([[{ type: 'drain' }], [{ type: 'drain' }]])
  expect(two.supervisor.isDraining).toBe(true)
  first.endWell()
  await pass(29_000)
  expect(result).toBeUndefined()
  second.endWell()
  await pass(0)
  expect(result).toBe(true)
})

it('after it nobody is started, and no timer is left that keeps the process alive', async () => {
  await drain()
  first.endWell()
  second.endWell()
  await pass(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(two.threads).toHaveLength(2)
})

it('at the deadline it is given up: what still runs is ended', async () => {
  await drain()
  first.endWell()
  await pass(29_999)
  expect([result, second.terminated]).toEqual([undefined, false])
  await pass(1)
  expect([result, first.terminated, second.terminated]).toEqual([false, false, true])
})

it('what is ended at the deadline leaves the group, which need not wait for its session', async () => {
  second.message({ type: 'member', memberId: 'second' })
  await drain()
  first.endWell()
  await pass(30_000)
  expect([two.deeds.at(-1), result]).toEqual(['leave second', false])
})

it('a worker that has drained but does not end is not taken for ended', async () => {
  await drain()
  first.endWell()
  second.message({ type: 'drained' })
  await pass(30_000)
  expect([result, second.terminated]).toEqual([false, true])
})

it('it is bad when one dies meanwhile, which is not replaced', async () => {
  await drain()
  first.exit('error')
  second.endWell()
  await pass(60_000)
  expect(result).toBe(false)
  expect(two.threads).toHaveLength(2)
  expect(two.errors).toEqual([])
})

it('a worker that waits to be replaced does not spoil it, and is not replaced any more', async () => {
  first.exit('error')
  await pass(100)
  await drain()
  expect(result).toBeUndefined()
  second.endWell()
  await pass(0)
  expect(result).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
  expect(two.threads).toHaveLength(2)
})

it('it is over at once where all of them wait to be replaced', async () => {
  first.exit('error')
  second.exit('error')
  await drain()
  expect(result).toBe(true)
})

it('a worker that ends before it learns of it counts when it had drained', async () => {
  two.supervisor.renew()
  first.message({ type: 'drained' })
  await drain()
  first.exit('exit')
  second.endWell()
  await pass(0)
  expect(result).toBe(true)
  expect(two.threads).toHaveLength(2)
})
