import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OutputFormat } from '../../src/encoding/output-format.ts'
import { HeldFlushes } from '../../src/sink/held-flushes.ts'
import { OpenFiles } from '../../src/sink/open-files.ts'
import type { TempFiles } from '../../src/sink/temp-files.ts'
import { UploadTurns } from '../../src/sink/upload-turns.ts'
import { recordBatch } from '../support/records.ts'
import { fakeTimers, oneProcess } from './one-process.ts'
import { refuseUploads } from './refusals.ts'

const AT = { topic: 't', partition: 0 }

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** One flush, and the ends of its uploads: each is under way until its end is called. */
function oneFlush(uploadsAtOnce = 4) {
  const context = { ...oneProcess().context, uploads: new UploadTurns(uploadsAtOnce) }
  let released = 0
  const files = new OpenFiles(
    AT,
    releasing(context.format, () => {
      released += 1
    }),
    context.template,
  )
  context.cursor.reset(recordBatch([{ offset: 0, value: 'a' }]))
  context.cursor.next()
  files.append(context.cursor)
  const ends: (() => void)[] = []
  const begun: string[] = []
  const upload: TempFiles['upload'] = (_base, flush, _chunks, _next, _call, inTurn) =>
    inTurn!(() => {
      begun.push(flush)
      return new Promise((resolve) => ends.push(() => resolve(`${flush}.0.tmp`)))
    })
  const temps = { upload, stamp: async () => {} } as unknown as TempFiles
  const held = new HeldFlushes(AT, context, temps)
  held.seal(1, 0, files)
  const begin = (flush: string, { signal } = new AbortController()) =>
    held.upload({ do: 'upload', key: 1, flush, base: '/b' }, signal)
  return { context, files, held, ends, begun, begin, released: () => released }
}

function releasing(format: OutputFormat, release: () => void): OutputFormat {
  return {
    ...format,
    open(at) {
      const encoder = format.open(at)
      const finish = encoder.finish.bind(encoder)
      return Object.assign(encoder, { finish: () => ({ ...finish(), release }) })
    },
  }
}

const FINISH = { do: 'finish', key: 1, end: 1, trigger: 'records' } as const

it('an upload that ends after it was cancelled does not take the place of the present one', async () => {
  const { held, ends, begin } = oneFlush()
  const first = new AbortController()
  const old = begin('old', first)
  const present = begin('new')
  await vi.waitFor(() => expect(ends).toHaveLength(2))
  ends[1]?.()
  expect(await present).toBe(true)
  ends[0]?.()
  first.abort()
  await old.catch(() => false)
  expect(held.get(1).temps).toEqual(['new.0.tmp'])
})

it('a flush that is done gives its memory back', async () => {
  const { held, ends, begin, released } = oneFlush()
  const upload = begin('f')
  await vi.waitFor(() => expect(ends).toHaveLength(1))
  ends[0]?.()
  await upload
  expect(released()).toBe(0)
  held.finish(FINISH)
  expect(released()).toBe(1)
})

it.each(['finish', 'clear'] as const)(
  'the memory that a cancelled upload may still read is not given back by %s',
  async (way) => {
    const { held, ends, begin, released } = oneFlush()
    const cancelled = new AbortController()
    const old = begin('old', cancelled)
    await vi.waitFor(() => expect(ends).toHaveLength(1))
    cancelled.abort()
    await expect(old).rejects.toThrow()
    if (way === 'finish') held.finish(FINISH)
    else held.clear()
    expect(released()).toBe(0)
  },
)

it('what is older is uploaded first', async () => {
  const { context, files, held, ends, begun, begin } = oneFlush(1)
  vi.setSystemTime(1)
  for (const flush of ['second', 'third']) {
    context.cursor.reset(recordBatch([{ offset: 1, value: 'b' }]))
    context.cursor.next()
    files.append(context.cursor)
    const hooks = { freed: () => undefined, failed: () => undefined }
    held.cut({ do: 'cut', flush, base: '/b' }, files, new AbortController().signal, hooks)
  }
  void begin('first')
  for (let done = 0; done < 3; done++) {
    await vi.waitFor(() => expect(ends).toHaveLength(done + 1))
    ends[done]?.()
  }
  expect(begun).toEqual(['second', 'first', 'third'])
})

it('a partition whose uploads are refused leaves room for others', async () => {
  // The worker uploads four files at a time.
  const sink = oneProcess({ partitions: 2, settings: { maxUploads: 4 } })
  await sink.assign()
  const { base = '' } = sink.worker.partitions[0]?.view.journal ?? {}
  refuseUploads(sink, (path) => path.startsWith(`${base}/`))
  sink.kafka.produce(0, 40)
  await sink.fetch()
  sink.kafka.produce(1, 40)
  await sink.fetch()
  await sink.pass(1_000)
  expect(sink.worker.partitions.map(({ view }) => view.head?.end)).toEqual([0, 40])
})
