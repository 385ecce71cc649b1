import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryBudget } from '../../src/core/memory-budget.ts'
import { fakeTimers, type OneProcess, oneProcess } from './one-process.ts'
import { refuseDirectories, refuseRenames, refuseUploads } from './refusals.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

const AT = { topic: 't', partition: 0 }

const STUCK: [string, (sink: OneProcess) => void][] = [
  ['an upload hangs', (sink) => sink.schedule.block(({ op }) => op === 'CREATE')],
  ['no directory can be made', (sink) => refuseDirectories(sink, (path) => path === '/data')],
]

/** Whether it has ended when so much time is over. */
async function ends(sink: OneProcess, what: Promise<void>, ms: number): Promise<boolean> {
  let ended = false
  void what.then(() => {
    ended = true
  })
  await sink.pass(ms)
  return ended
}

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('revocation', () => {
  it('flushes, publishes and tells Kafka before the member joins again', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    let revoked = false
    void sink.worker.revoking().then(() => {
      revoked = true
    })
    await sink.pass()
    expect(revoked).toBe(true)
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2']])
    expect(sink.kafka.committed.get(0)?.offset).toBe(3)
    expect(sink.budget.heldBytes).toBe(0)
  })

  it('gives up what is told of a partition at once, however long its last flush takes', async () => {
    const released: number[] = []
    const observer = {
      released: ({ partition }: { partition: number }) => void released.push(partition),
    }
    const sink = oneProcess({ observer })
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.schedule.block(({ op }) => op === 'CREATE')
    void sink.worker.revoking()
    await sink.pass(20_000)
    expect(released).toEqual([0])
    sink.schedule.unblock()
    await sink.pass()
    // What the last flush told meanwhile goes too.
    expect(released).toEqual([0, 0])
  })

  it('goes on in the background; the same partition begins anew when that has ended', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.schedule.block(({ op }) => op === 'CREATE')
    await sink.assign()
    expect(sink.worker.partitions).toEqual([])
    sink.schedule.unblock()
    await sink.pass()
    expect(sink.worker.partitions).toHaveLength(1)
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2']])
    sink.kafka.produce(0, 5)
    await sink.fetch()
    await sink.pass(500)
    expect(sink.kafka.committed.get(0)?.offset).toBe(8)
  })

  it('is not waited for longer than ten seconds: who comes then claims, and the last one gives up', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.schedule.block(({ op }) => op === 'CREATE')
    await sink.assign()
    expect(sink.budget.heldBytes).toBeGreaterThan(0)
    await sink.pass(10_000)
    expect(sink.worker.partitions).toHaveLength(1)
    expect(sink.budget.heldBytes).toBe(0)
    sink.schedule.unblock()
    await sink.pass()
    expect(sink.files()).toEqual({})
    expect(sink.budget.heldBytes).toBe(0)
    await sink.fetch()
    await sink.pass(1_000)
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2']])
  })

  it.each(STUCK)(
    'that cannot end since %s holds memory once, however many follow',
    async (_, stick) => {
      const sink = oneProcess()
      await sink.assign()
      stick(sink)
      sink.kafka.produce(0, 3)
      await sink.fetch()
      const once = sink.budget.heldBytes
      expect(once).toBeGreaterThan(0)
      for (let i = 0; i < 5; i++) {
        await sink.assign()
        await sink.pass(10_000)
        await sink.fetch()
        expect(sink.budget.heldBytes).toBe(once)
      }
      expect(await ends(sink, sink.worker.revoking(), 30_000)).toBe(true)
      expect(sink.budget.heldBytes).toBe(0)
    },
  )

  it.each(STUCK)('whose partitions went elsewhere is over in time though %s', async (_, stick) => {
    const sink = oneProcess()
    await sink.assign()
    stick(sink)
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.worker.assigned(2, [])
    expect(sink.budget.heldBytes).toBeGreaterThan(0)
    // There is nothing of its own to wait for.
    expect(await ends(sink, sink.worker.revoking(), 0)).toBe(true)
    expect(await ends(sink, sink.worker.drain(), 30_000)).toBe(true)
    expect(sink.budget.heldBytes).toBe(0)
    expect(sink.files()).toEqual({})
  })

  it('of a partition that then has to stop does not hold its next assignment', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.hdfs.makeDirectory('/data')
    sink.hdfs.create('/data/t-0-00000000000000000000.txt', Buffer.from('foreign\n'))
    await sink.assign()
    expect(sink.stops).toEqual([])
    expect(sink.member.readable).toEqual([0])
  })
})

describe('shutdown', () => {
  it('publishes all that was read, and leaves nothing in memory', async () => {
    const sink = oneProcess({ partitions: 3 })
    await sink.assign()
    for (const partition of [0, 1, 2]) sink.kafka.produce(partition, 2)
    await sink.fetch()
    const drained = sink.worker.drain()
    await sink.pass()
    await expect(drained).resolves.toBeUndefined()
    expect(Object.values(sink.files()).flat().toSorted()).toEqual(
      [0, 1, 2].flatMap((partition) => [`${partition}:0`, `${partition}:1`]),
    )
    expect(sink.budget.heldBytes).toBe(0)
    expect(sink.member.readable).toEqual([])
  })

  it('claims again, after a heartbeat, to save what it holds', async () => {
    const sink = oneProcess()
    await sink.assign()
    sink.kafka.produce(0, 3)
    await sink.fetch()
    sink.schedule.fates.set('RENAME', ['not-done'])
    const drained = sink.worker.drain()
    await sink.pass()
    sink.kafka.heartbeats()
    await sink.pass()
    await drained
    expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2']])
  })

  it('opens nothing that is assigned meanwhile', async () => {
    const sink = oneProcess()
    const drained = sink.worker.drain()
    await sink.assign()
    await drained
    expect(sink.worker.partitions).toEqual([])
  })
})

describe('memory', () => {
  it('that is used up pauses everything, and the largest buffer goes to HDFS', async () => {
    const sink = oneProcess({ partitions: 2, budgetBytes: 100, rotation: { records: 1e6 } })
    await sink.assign()
    sink.kafka.produce(0, 4)
    sink.schedule.block(({ op }) => op === 'CREATE')
    await sink.fetch()
    expect(sink.budget.exhausted).toBe(true)
    expect(sink.member.readable).toEqual([])
    expect(sink.worker.partitions.map(({ flushingBytes }) => flushingBytes > 0)).toEqual([
      true,
      false,
    ])
    sink.schedule.unblock()
    await sink.pass(50)
    expect(sink.budget.heldBytes).toBe(0)
    expect(sink.member.readable).toEqual([0, 1])
    expect(sink.flushed).toEqual([])
    await sink.pass(1_000)
    expect(sink.flushed).toMatchObject([{ trigger: 'interval', records: 4 }])
  })

  it('is less for records with more partitions', async () => {
    const budget = new MemoryBudget(10_000_000, MemoryBudget.share(1), 0)
    const sink = oneProcess({ budget, partitions: 3 })
    await sink.assign()
    expect(budget.roomBytes).toBe(10_000_000 - 3 * 48 * 1024)
  })

  it('is given back by idle partitions too, for the sake of other workers', async () => {
    const shared = MemoryBudget.share(2)
    const budget = new MemoryBudget(10_000_000, shared, 0)
    const sink = oneProcess({ budget, rotation: { records: 1e6, intervalMs: 1e6 } })
    await sink.assign()
    sink.kafka.produce(0, 4)
    await sink.fetch()
    const other = new MemoryBudget(10_000_000, shared, 1)
    other.add(10_000_000)
    sink.kafka.heartbeats()
    await sink.pass()
    expect(budget.heldBytes).toBe(0)
    other.add(-10_000_000)
    await sink.pass(50)
    expect(sink.context.flow.isPaused(AT)).toBe(false)
  })

  describe('is given back by the others where one partition', () => {
    // Each open file takes 4 KiB at least, and the partitions themselves half of it all.
    const OPTIONS = {
      partitions: 3,
      budgetBytes: 48_000,
      rotation: { records: 1_000, intervalMs: 1e9 },
    }

    async function produceAndRead(sink: OneProcess): Promise<void> {
      for (let i = 0; i < 10; i++) {
        for (const partition of [0, 1, 2]) sink.kafka.produce(partition, 90)
        sink.kafka.heartbeats()
        await sink.fetch(900)
        await sink.pass(2_000)
      }
      const positions = sink.worker.partitions.map(({ view }) => view.position)
      expect(positions.slice(1)).toEqual([900, 900])
      void sink.worker.revoking()
      await sink.pass()
      const written = Object.values(sink.files()).flat()
      expect(written.filter((line) => !line.startsWith('0:'))).toHaveLength(1_800)
    }

    it('cannot publish what it holds', async () => {
      const sink = oneProcess(OPTIONS)
      refuseRenames(sink, (to) => to.startsWith('/data/t-0-'))
      await sink.assign()
      sink.kafka.produce(0, 1_000)
      await sink.fetch(1_000)
      expect(sink.worker.partitions[0]?.flushingBytes).toBeGreaterThan(0)
      await produceAndRead(sink)
    })

    it('holds more than leaves room for a margin', async () => {
      const sink = oneProcess({ ...OPTIONS, partitions: 2, budgetBytes: 29_000 })
      refuseRenames(sink, (to) => to.startsWith('/data/t-0-'))
      await sink.assign()
      sink.kafka.produce(0, 1_000)
      await sink.fetch(1_000)
      expect(sink.budget.heldBytes).toBeGreaterThan(0.8 * 14_500)
      expect(sink.budget.exhausted).toBe(false)
      for (let i = 0; i < 10; i++) {
        sink.kafka.produce(1, 90)
        sink.kafka.heartbeats()
        await sink.fetch(90)
        await sink.pass(2_000)
      }
      expect(sink.worker.partitions[1]?.view.position).toBe(900)
    })

    it('has much to read, and cannot upload its segments', async () => {
      const rotation = { records: 1e6, intervalMs: 1e9 }
      const sink = oneProcess({ ...OPTIONS, segmentBytes: 4_096, rotation })
      await sink.assign()
      const { base = '' } = sink.worker.partitions[0]?.view.journal ?? {}
      refuseUploads(sink, (path) => path.startsWith(`${base}/`))
      sink.kafka.produce(0, 20_000)
      for (let i = 0; i < 20; i++) await sink.fetch(200)
      expect(sink.budget.exhausted).toBe(false)
      await produceAndRead(sink)
    })

    it('cannot upload its segments', async () => {
      const shared = MemoryBudget.share(2)
      const budget = new MemoryBudget(60_000, shared, 0)
      const sink = oneProcess({ ...OPTIONS, budget, rotation: { records: 1e6, intervalMs: 1e9 } })
      await sink.assign()
      const { base = '' } = sink.worker.partitions[0]?.view.journal ?? {}
      refuseUploads(sink, (path) => path.startsWith(`${base}/`))
      sink.kafka.produce(0, 90)
      await sink.fetch()
      const other = new MemoryBudget(60_000, shared, 1)
      other.add(60_000)
      sink.kafka.heartbeats()
      other.add(-60_000)
      await sink.pass(10_000)
      sink.kafka.produce(0, 900 * 10)
      await produceAndRead(sink)
    })
  })
})

it('a crash of the member ends the worker', () => {
  const sink = oneProcess()
  const error = new Error('no broker')
  sink.worker.crashed(error)
  expect(sink.fatal).toEqual([error])
})
