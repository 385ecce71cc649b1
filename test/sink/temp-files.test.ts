import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { retryUntilDone } from '../../src/sink/retry.ts'
import { TempFiles } from '../../src/sink/temp-files.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'
import { fakeTimers, type OneProcess, oneProcess } from './one-process.ts'
import { refuseUploads } from './refusals.ts'

const BASE = '/_sink/j'

beforeEach(fakeTimers)
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function tempFiles() {
  const sink = oneProcess()
  sink.hdfs.makeDirectory(BASE)
  const { fs } = sink.context
  const deps = { observer: NO_OBSERVER, log: NO_LOG }
  const temps = new TempFiles({
    fs,
    directory: BASE,
    repeat: (op, call, signal = new AbortController().signal) =>
      retryUntilDone('hdfs', op, call, deps, signal),
  })
  let numbers = 0
  const upload = (signal = new AbortController().signal) =>
    temps.upload(BASE, 'f', [Buffer.from('x')], () => numbers++, { signal })
  return { sink, upload }
}

const left = (sink: OneProcess): string[] => sink.hdfs.filesBelow(BASE)

it('of tries that fail one leaves its file at most, however many they are', async () => {
  const { sink, upload } = tempFiles()
  let refusals = 20
  refuseUploads(sink, () => refusals-- > 0)
  const most: number[] = []
  const create = sink.hdfs.create.bind(sink.hdfs)
  vi.spyOn(sink.hdfs, 'create').mockImplementation((path, bytes) => {
    create(path, bytes)
    most.push(left(sink).length)
  })
  const name = upload()
  await sink.pass(300_000)
  expect(await name).toBe('f.20.tmp')
  expect(most).toEqual(Array.from({ length: 21 }, () => 1))
  expect(left(sink)).toEqual([`${BASE}/f.20.tmp`])
})

it('what could not be deleted is tried again after the next try', async () => {
  const { sink, upload } = tempFiles()
  let refusals = 3
  refuseUploads(sink, () => refusals-- > 0)
  sink.schedule.fates.set('DELETE', ['not-done', 'not-done'])
  const name = upload()
  await sink.pass(10_000)
  expect(await name).toBe('f.3.tmp')
  expect(left(sink)).toEqual([`${BASE}/f.3.tmp`])
})

it('a delete that hangs holds no try up', async () => {
  const { sink, upload } = tempFiles()
  let refusals = 2
  refuseUploads(sink, () => refusals-- > 0)
  sink.schedule.block(({ op }) => op === 'DELETE')
  const name = upload()
  await sink.pass(10_000)
  expect(await name).toBe('f.2.tmp')
})

it('an upload that is given up deletes nothing any more', async () => {
  const { sink, upload } = tempFiles()
  sink.schedule.block(({ op }) => op === 'CREATE')
  const ended = new AbortController()
  const name = upload(ended.signal)
  const failed = expect(name).rejects.toThrow()
  await sink.pass()
  ended.abort()
  await failed
  expect(sink.schedule.count('DELETE')).toBe(0)
})
