import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NO_OBSERVER } from '../simulation/sim-process.ts'
import { fakeTimers, type OneProcess, oneProcess } from './one-process.ts'

/*
 * Files that go to HDFS in segments, by the real worker on simulated servers.
 */

beforeEach(fakeTimers)
afterEach(() => void vi.useRealTimers())

const FILE = '/data/t-0-00000000000000000000.txt'
const RECORDS = Array.from({ length: 6 }, (_, offset) => `0:${offset}`)

/** Every fetch is a segment; six records are a file. */
async function started(): Promise<OneProcess> {
  const sink = oneProcess({ segmentBytes: 1, rotation: { records: 6 } })
  await sink.assign()
  sink.kafka.produce(0, 6)
  return sink
}

async function fetchAll(sink: OneProcess): Promise<void> {
  for (let fetches = 0; fetches < 4; fetches++) {
    await sink.fetch(2)
    await sink.pass()
  }
}

async function recover(sink: OneProcess): Promise<void> {
  sink.kafka.heartbeats()
  await sink.pass()
  await fetchAll(sink)
  await sink.pass(200)
}

describe('a file in segments', () => {
  it('is one file, and holds no memory on its way', async () => {
    const sink = await started()
    await sink.fetch(2)
    await sink.pass()
    expect(sink.budget.heldBytes).toBe(0)
    await fetchAll(sink)
    expect(sink.files()).toEqual({ [FILE]: RECORDS })
    expect(sink.schedule.count('CREATE')).toBe(3)
    expect(sink.schedule.count('CONCAT')).toBe(1)
    expect(sink.flushed).toMatchObject([{ records: 6, files: [{ path: FILE, byteLength: 24 }] }])
  })

  it('is read again when it is not known whether its segments were joined', async () => {
    const sink = await started()
    sink.schedule.fates.set('CONCAT', ['reply-lost'])
    await fetchAll(sink)
    expect(sink.files()).toEqual({})
    await recover(sink)
    expect(sink.files()).toEqual({ [FILE]: RECORDS })
    expect(sink.schedule.count('CREATE')).toBe(6)
  })

  it('is read again, and written as one, when HDFS refuses to join', async () => {
    const sink = await started()
    sink.hdfs.refusesToJoin = true
    await fetchAll(sink)
    await recover(sink)
    expect(sink.files()).toEqual({ [FILE]: RECORDS })
    expect(sink.schedule.count('CREATE')).toBe(4)
    expect(sink.schedule.count('CONCAT')).toBe(1)
  })

  it('is read again when a segment was taken away', async () => {
    const sink = await started()
    await sink.fetch(2)
    await sink.pass()
    const [journal] = sink.hdfs.list('/_sink/sim-group/t') ?? []
    for (const { name } of sink.hdfs.list(`/_sink/sim-group/t/${journal?.name}`) ?? []) {
      if (name.endsWith('.tmp')) sink.hdfs.delete(`/_sink/sim-group/t/0/${name}`, false)
    }
    await fetchAll(sink)
    await recover(sink)
    expect(sink.files()).toEqual({ [FILE]: RECORDS })
  })

  it('tells once that its partition had to begin again', async () => {
    const recovered = vi.fn()
    const sink = oneProcess({
      ...{ segmentBytes: 1, rotation: { records: 6 } },
      observer: { ...NO_OBSERVER, recovered },
    })
    await sink.assign()
    sink.kafka.produce(0, 6)
    sink.schedule.fates.set('CONCAT', ['reply-lost'])
    await fetchAll(sink)
    expect(recovered).toHaveBeenCalledExactlyOnceWith({ topic: 't', partition: 0 }, 'surprise')
  })
})
