import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { HeldFlushes } from '../../src/sink/held-flushes.ts'
import { OpenFiles } from '../../src/sink/open-files.ts'
import type { TempFiles } from '../../src/sink/temp-files.ts'
import { recordBatch } from '../support/records.ts'
import { fakeTimers, oneProcess } from './one-process.ts'

const AT = { topic: 't', partition: 0 }

beforeEach(fakeTimers)
afterEach(() => void vi.useRealTimers())

it('an upload that ends after it was cancelled does not take the place of the present one', async () => {
  const { context } = oneProcess()
  const files = new OpenFiles(AT, context.format, context.template)
  context.cursor.reset(recordBatch([{ offset: 0, value: 'a' }]))
  context.cursor.next()
  files.append(context.cursor)
  const ends: (() => void)[] = []
  const upload: TempFiles['upload'] = (_, flush) =>
    new Promise((resolve) => ends.push(() => resolve(`${flush}.0.tmp`)))
  const temps = { upload, stamp: async () => {} } as unknown as TempFiles
  const held = new HeldFlushes(AT, context, temps)
  held.seal(1, 0, files)

  const first = new AbortController()
  const old = held.upload({ do: 'upload', key: 1, flush: 'old', base: '/b' }, first.signal)
  const present = held.upload(
    { do: 'upload', key: 1, flush: 'new', base: '/b' },
    new AbortController().signal,
  )
  await vi.waitFor(() => expect(ends).toHaveLength(2))
  ends[1]?.()
  expect(await present).toBe(true)
  ends[0]?.()
  first.abort()
  await old.catch(() => false)
  expect(held.get(1).temps).toEqual(['new.0.tmp'])
})
