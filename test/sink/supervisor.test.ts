import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FakeThread, Supervised } from './supervised.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

const STATUS = { joined: true, assigned: 1, stopped: [], hdfsProblem: undefined }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Lets the newest worker die, and measures how long its replacement takes. */
async function pauseAfterDeath(of: Supervised): Promise<number> {
  const before = of.threads.length
  of.last.exit('error')
  let waitedMs = 0
  for (; of.threads.length === before && waitedMs < 60_000; waitedMs += 250) await pass(250)
  return waitedMs
}

describe('a worker that dies', () => {
  let one: Supervised

  beforeEach(() => {
    one = new Supervised(1)
  })

  it('leaves the group before its replacement comes', async () => {
    one.last.message({ type: 'member', memberId: 'm-1' })
    let left = (): void => {}
    one.leaving = () =>
      new Promise((resolve) => {
        left = resolve
      })
    one.last.exit('error')
    await pass(4_000)
    expect(one.deeds).toEqual(['spawn 0', 'bury 0: error', 'leave m-1'])
    left()
    await pass(500)
    expect(one.deeds.at(-1)).toBe('spawn 0')
  })

  it.each([
    ['never answers', () => new Promise<void>(() => {})],
    ['refuses', () => Promise.reject(new Error('not the coordinator'))],
  ])('is replaced all the same when the coordinator %s', async (_, answer) => {
    one.last.message({ type: 'member', memberId: 'm-1' })
    one.leaving = answer
    one.last.exit('error')
    await pass(6_000)
    expect(one.deeds.at(-1)).toBe('spawn 0')
  })

  it('leaves for itself only, not for the one before it', async () => {
    one.last.message({ type: 'member', memberId: 'm-1' })
    await pauseAfterDeath(one)
    await pauseAfterDeath(one)
    expect(one.deeds.filter((deed) => deed.startsWith('leave'))).toEqual(['leave m-1'])
  })

  it('is spoken of with what it said last, else with how it ended', async () => {
    one.last.message({ type: 'failed', text: 'out of luck', stopProcess: false })
    await pauseAfterDeath(one)
    await pauseAfterDeath(one)
    expect(one.errors).toEqual([
      expect.stringContaining('"reason":"out of luck"'),
      expect.stringContaining('"reason":"error"'),
    ])
  })

  it('waits longer each time for its replacement, up to half a minute', async () => {
    const pauses: number[] = []
    for (let death = 0; death < 9; death++) pauses.push(await pauseAfterDeath(one))
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('waits half of that at least, and the rest by chance', async () => {
    one.chance = 0
    const pauses = [await pauseAfterDeath(one), await pauseAfterDeath(one)]
    one.chance = 0.5
    pauses.push(await pauseAfterDeath(one))
    expect(pauses).toEqual([250, 500, 1_500])
  })

  it('has the shortest pause again when it was sound for a minute, and not sooner', async () => {
    for (let death = 0; death < 3; death++) await pauseAfterDeath(one)
    await pass(59_999)
    expect(await pauseAfterDeath(one)).toBe(4_000)
    await pass(60_000)
    expect(await pauseAfterDeath(one)).toBe(500)
    expect(await pauseAfterDeath(one)).toBe(1_000)
  })

  it('does not disturb the others, nor make them wait longer', async () => {
    const { threads, deeds } = new Supervised(2)
    const [first, second] = threads
    first?.exit('error')
    await pass(500)
    expect(threads).toHaveLength(3)
    expect(second?.received).toEqual([])
    expect(second?.terminated).toBe(false)
    expect(deeds).not.toContain('bury 1: error')
    second?.exit('error')
    await pass(500)
    expect(threads).toHaveLength(4)
  })

  it('may end all: what no worker can do better is passed on', () => {
    one.last.message({ type: 'failed', text: 'a defect', stopProcess: false })
    expect(one.deeds).toEqual(['spawn 0'])
    one.last.message({ type: 'failed', text: 'no permission', stopProcess: true })
    expect(one.deeds).toEqual(['spawn 0', 'fatal: no permission'])
  })
})

describe('renewing', () => {
  it('replaces each worker without a pause, and its member has left by itself', async () => {
    const one = new Supervised(1)
    one.last.message({ type: 'member', memberId: 'm-1' })
    one.supervisor.renew()
    expect(one.last.received).toEqual([{ type: 'drain' }])
    one.last.endWell()
    await pass(0)
    expect(one.happened).toEqual(['spawn 0', 'bury 0: ended well', 'spawn 0'])
  })

  it('ends a worker that does not flush in time, and its member leaves', async () => {
    const one = new Supervised(1)
    const stuck = one.last
    stuck.message({ type: 'member', memberId: 'm-1' })
    one.supervisor.renew()
    await pass(29_999)
    expect(stuck.terminated).toBe(false)
    await pass(1)
    expect(stuck.terminated).toBe(true)
    stuck.exit('exit')
    await pass(500)
    expect(one.deeds).toEqual(['spawn 0', 'bury 0: exit', 'leave m-1', 'spawn 0'])
    await pass(60_000)
    expect(one.last.terminated).toBe(false)
  })

  it('excuses only the worker that was renewed: the next one that dies is waited for', async () => {
    const one = new Supervised(1)
    one.supervisor.renew()
    one.last.endWell()
    await pass(0)
    expect(await pauseAfterDeath(one)).toBe(500)
  })
})

describe('collecting metrics', () => {
  let one: Supervised

  beforeEach(() => {
    one = new Supervised(1)
  })

  const asked = (thread: FakeThread): number =>
    thread.received.flatMap((message) => (message.type === 'report' ? message.id : [])).at(-1) ?? -1

  it('asks every worker, and waits for its answer', async () => {
    let collected = false
    const collecting = one.supervisor.collect().then(() => {
      collected = true
    })
    await pass(500)
    expect(collected).toBe(false)
    one.last.message({ type: 'report', id: asked(one.last), metrics: 'm', status: STATUS })
    await collecting
    expect(one.deeds).toContain('metrics 0: m')
    expect(one.supervisor.statuses).toEqual([STATUS])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends after a second although a worker does not answer', async () => {
    let collected = false
    void one.supervisor.collect().then(() => {
      collected = true
    })
    await pass(999)
    expect(collected).toBe(false)
    await pass(1)
    expect(collected).toBe(true)
  })

  it('takes what comes unasked', () => {
    one.last.message({ type: 'report', id: undefined, metrics: 'm', status: STATUS })
    expect(one.deeds).toContain('metrics 0: m')
  })

  it('forgets the status of a worker that died', () => {
    one.last.message({ type: 'report', id: undefined, metrics: 'm', status: STATUS })
    one.last.exit('error')
    expect(one.supervisor.statuses).toEqual([undefined])
  })
})
