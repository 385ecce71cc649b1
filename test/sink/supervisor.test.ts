import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Supervisor } from '../../src/sink/supervisor.ts'
import type { FromWorker, ToWorker } from '../../src/sink/worker-protocol.ts'
import { NO_LOG } from '../simulation/sim-process.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

class FakeThread {
  readonly received: ToWorker[] = []
  terminated = false
  message: (message: FromWorker<string>) => void = () => {}
  exit: (reason: string) => void = () => {}

  send(message: ToWorker): void {
    this.received.push(message)
  }
  onMessage(listener: (message: FromWorker<string>) => void): void {
    this.message = listener
  }
  onExit(listener: (reason: string) => void): void {
    this.exit = listener
  }
  terminate(): void {
    this.terminated = true
  }

  /** As a worker that has flushed and committed everything. */
  endWell(): void {
    this.message({ type: 'drained' })
    this.exit('exit')
  }
}

const STATUS = { joined: true, assigned: 1, stopped: [], hdfsProblem: undefined }

describe('the supervisor', () => {
  let threads: FakeThread[]
  let happened: string[]
  let leaving: () => Promise<void>
  let supervisor: Supervisor<string>

  beforeEach(() => {
    vi.useFakeTimers()
    threads = []
    happened = []
    leaving = async () => {}
    supervisor = create(1)
    supervisor.start()
  })
  afterEach(() => void vi.useRealTimers())

  function create(workers: number): Supervisor<string> {
    return new Supervisor<string>({
      workers,
      spawn: (slot) => {
        const thread = new FakeThread()
        threads.push(thread)
        happened.push(`spawn ${slot}`)
        return thread
      },
      buried: (slot, reason) => happened.push(`bury ${slot}: ${reason}`),
      leaveGroup: (memberId) => {
        happened.push(`leave ${memberId}`)
        return leaving()
      },
      reported: (slot, metrics) => happened.push(`metrics ${slot}: ${metrics}`),
      fatal: (text) => happened.push(`fatal: ${text}`),
      log: NO_LOG,
      nowMs: Date.now,
      random: () => 1,
    })
  }

  const last = (): FakeThread => threads.at(-1) as FakeThread
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  it('makes the dead member leave before its replacement comes', async () => {
    last().message({ type: 'member', memberId: 'm-1' })
    let left = (): void => {}
    leaving = () =>
      new Promise((resolve) => {
        left = resolve
      })
    last().exit('error')
    await pass(4_000)
    expect(happened).toEqual(['spawn 0', 'bury 0: error', 'leave m-1'])
    left()
    await pass(500)
    expect(happened.at(-1)).toBe('spawn 0')
  })

  it.each([
    ['never answers', () => new Promise<void>(() => {})],
    ['refuses', () => Promise.reject(new Error('not the coordinator'))],
  ])('does not wait for ever when the coordinator %s', async (_, answer) => {
    last().message({ type: 'member', memberId: 'm-1' })
    leaving = answer
    last().exit('error')
    await pass(6_000)
    expect(happened.at(-1)).toBe('spawn 0')
  })

  it('waits longer before each replacement of what keeps dying, up to half a minute', async () => {
    const pauses: number[] = []
    for (let death = 0; death < 9; death++) {
      const before = threads.length
      last().exit('error')
      let waited = 0
      while (threads.length === before) {
        await pass(250)
        waited += 250
      }
      pauses.push(waited)
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('begins again with the shortest pause after a worker that was sound', async () => {
    for (const pauseMs of [500, 1_000, 2_000]) {
      last().exit('error')
      await pass(pauseMs)
    }
    await pass(60_000)
    last().exit('error')
    await pass(500)
    expect(threads).toHaveLength(5)
  })

  it('does not disturb the others', async () => {
    supervisor = create(2)
    supervisor.start()
    const [, first, second] = threads
    first?.exit('error')
    await pass(500)
    expect(second?.received).toEqual([])
    expect(second?.terminated).toBe(false)
  })

  it('replaces workers that were renewed at once, and their member has left by itself', async () => {
    last().message({ type: 'member', memberId: 'm-1' })
    supervisor.renew()
    expect(last().received).toEqual([{ type: 'drain' }])
    last().endWell()
    await pass(0)
    expect(happened).toEqual(['spawn 0', 'bury 0: exit', 'spawn 0'])
  })

  it('tells when no worker can go on', () => {
    last().message({ type: 'failed', text: 'no permission', stopProcess: true })
    expect(happened).toContain('fatal: no permission')
    last().message({ type: 'failed', text: 'a defect', stopProcess: false })
    expect(happened).not.toContain('fatal: a defect')
  })

  it('drains in good order', async () => {
    const drained = supervisor.drain(30_000)
    expect(last().received).toEqual([{ type: 'drain' }])
    expect(supervisor.isDraining).toBe(true)
    last().endWell()
    expect(await drained).toBe(true)
    await pass(60_000)
    expect(threads).toHaveLength(1)
  })

  it('ends what does not drain by the deadline, and says so', async () => {
    const drained = supervisor.drain(30_000)
    await pass(30_000)
    expect(await drained).toBe(false)
    expect(last().terminated).toBe(true)
  })

  it('says so too when a worker dies instead', async () => {
    const drained = supervisor.drain(30_000)
    last().exit('error')
    expect(await drained).toBe(false)
    await pass(60_000)
    expect(threads).toHaveLength(1)
  })

  it('is drained at once before it was started', async () => {
    expect(await create(2).drain(30_000)).toBe(true)
  })

  describe('collects metrics', () => {
    const asked = (thread: FakeThread): number =>
      thread.received.flatMap((message) => (message.type === 'report' ? message.id : [])).at(-1) ??
      -1

    it('of every worker, and waits for them', async () => {
      let collected = false
      const collecting = supervisor.collect().then(() => {
        collected = true
      })
      await pass(500)
      expect(collected).toBe(false)
      last().message({ type: 'report', id: asked(last()), metrics: 'm', status: STATUS })
      await collecting
      expect(happened).toContain('metrics 0: m')
      expect(supervisor.statuses).toEqual([STATUS])
    })

    it('of those that answer within a second', async () => {
      const collecting = supervisor.collect()
      await pass(1_000)
      await expect(collecting).resolves.toBeUndefined()
    })

    it('also when they come unasked', () => {
      last().message({ type: 'report', id: undefined, metrics: 'm', status: STATUS })
      expect(happened).toContain('metrics 0: m')
    })

    it('and forgets the status of a worker that died', () => {
      last().message({ type: 'report', id: undefined, metrics: 'm', status: STATUS })
      last().exit('error')
      expect(supervisor.statuses).toEqual([undefined])
    })
  })
})
