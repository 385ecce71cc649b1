import { beforeEach, describe, expect, it } from 'vitest'
import type { FlushReport } from '../../src/core/observer.ts'
import type { WriterState } from '../../src/core/writer-state.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createMetricsObserver } from '../../src/telemetry/metrics-observer.ts'
import { WorkerLog } from '../../src/telemetry/worker-activity.ts'
import { WriterDriver } from '../core/writer-driver.ts'

const at = { topic: 'colors', partition: 2 }
const FLUSH: FlushReport = {
  ...{ ...at, trigger: 'records', startOffset: 10, endOffset: 30, records: 20, durationMs: 5 },
  files: [
    { path: '/a', byteLength: 100 },
    { path: '/b', byteLength: 50 },
  ],
  oldestTimestampMs: undefined,
}
const FIRST: WriterState = new WriterDriver().state

/** A writer that has written up to `end`, and holds the rest. */
function writing(end: number, more: Partial<WriterState> = {}): WriterState {
  const head = { seq: 1, end, flush: 'f', writer: 'w' }
  return { ...FIRST, phase: { kind: 'writing', step: 'idle' }, head, position: end, ...more }
}

function buffer(offset: number, sinceMs: number | undefined): Partial<WriterState> {
  return { bufferStart: offset, buffer: { records: 1, bytes: 1, openFiles: 1, sinceMs } }
}

let nowMs: number
let log: WorkerLog

beforeEach(() => {
  nowMs = 1_000
  log = new WorkerLog(() => nowMs)
})

function look(view: WriterState, more: { paused?: boolean; heldBytes?: number } = {}) {
  const [progress] = log.progress([{ at, view, paused: false, heldBytes: 0, ...more }])
  return progress
}

function observer() {
  return log.follow(createMetricsObserver(createMetrics(), () => nowMs))
}

describe('where a partition stands', () => {
  it('is its writer, what the log holds more, and what that takes', () => {
    observer().highWatermark(at, 500)
    const view = writing(100, { position: 140, ...buffer(100, 700) })
    expect(look(view, { heldBytes: 9 })).toEqual({
      ...{ ...at, state: 'writing', position: 140, committed: 100, logEnd: 500, lagRecords: 400 },
      ...{ bufferedRecords: 40, bufferedBytes: 9, oldestMs: 700 },
    })
  })

  it('has its age by the clock of the world, whatever clock writers go by', () => {
    const view = writing(100, { position: 140, ...buffer(100, 700) })
    const looks = [{ at, view, paused: false, heldBytes: 0 }]
    expect(log.progress(looks, 5_000)).toMatchObject([{ oldestMs: 5_700 }])
    expect(log.progress(looks, 6_000)).toMatchObject([{ oldestMs: 6_700 }])
  })

  it('is unknown before its journal is', () => {
    expect(look(FIRST)).toMatchObject({
      ...{ state: 'starting', position: null, committed: null, logEnd: null, lagRecords: null },
      ...{ bufferedRecords: 0, oldestMs: null },
    })
  })

  it('is one word, of which a stop is the strongest', () => {
    const stop = { reason: 'journal-gone' } as const
    expect(look(writing(1), { paused: true })?.state).toBe('paused')
    expect(look({ ...writing(1), phase: { kind: 'surprised' } })?.state).toBe('recovering')
    expect(look({ ...writing(1), phase: { kind: 'stopped', stop } }, { paused: true })?.state).toBe(
      'stopped',
    )
  })

  it('is as old as the oldest flush that is not written, not as the file that is open', () => {
    look(writing(0, { position: 10, ...buffer(0, 100) }))
    const key = { key: 1, start: 0, end: 10, files: 1, trigger: 'records', id: 'f' } as const
    const flushes = [{ ...key, isCut: false, upload: 'waiting' } as const]
    expect(look(writing(0, { position: 20, flushes, ...buffer(10, 200) }))?.oldestMs).toBe(100)
    expect(look(writing(0, { position: 20, flushes, ...buffer(20, undefined) }))?.oldestMs).toBe(
      100,
    )
    expect(look(writing(10, { position: 20, ...buffer(10, 200) }))?.oldestMs).toBe(200)
    expect(look(writing(20, buffer(20, undefined)))?.oldestMs).toBeNull()
  })

  it('is forgotten with its release', () => {
    const following = observer()
    following.highWatermark(at, 500)
    following.released(at)
    expect(look(writing(100))?.logEnd).toBeNull()
  })
})

describe('what a worker did', () => {
  it('is told once: files of a flush, records and bytes', () => {
    const following = observer()
    following.recordsRead('colors', 30, 1)
    following.flushed(FLUSH)
    const taken = log.take()
    expect(taken.done).toEqual({ readRecords: 30, writtenRecords: 20, writtenBytes: 150 })
    expect(taken.files.map(({ path, bytes, filesOfFlush }) => [path, bytes, filesOfFlush])).toEqual(
      [
        ['/a', 100, 2],
        ['/b', 50, 2],
      ],
    )
    expect(log.take()).toEqual({
      ...{ files: [], problems: [] },
      done: { readRecords: 0, writtenRecords: 0, writtenBytes: 0 },
    })
  })

  it('is 50 files at most, the last ones, though all are counted', () => {
    const following = observer()
    const [file] = FLUSH.files
    if (file === undefined) throw new Error('the flush has no file')
    for (let index = 0; index < 200; index++) {
      following.flushed({ ...FLUSH, files: [{ ...file, path: `/${index}` }] })
    }
    const { files, done } = log.take()
    expect([files.length, files.at(-1)?.path, done.writtenBytes]).toEqual([50, '/199', 20_000])
  })

  it('is passed on', async () => {
    const metrics = createMetrics()
    log.follow(createMetricsObserver(metrics, () => nowMs)).flushed(FLUSH)
    expect(await metrics.registry.metrics()).toContain('records_committed_total{topic="colors"} 20')
  })
})
