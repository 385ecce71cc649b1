import { expect, it, vi } from 'vitest'
import { JournalStore, type Repeat } from '../../src/sink/journal-store.ts'
import { retryUntilDone } from '../../src/sink/retry.ts'
import { TempFiles } from '../../src/sink/temp-files.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'
import { counter, file, IDENTITY } from './journals.ts'

/*
 * Calls that are cancelled amid their work, as a surprise or a revocation does it.
 */

/** A call of this kind is cancelled on its way, and does not arrive. */
function cancelledAt(op: 'CREATE' | 'RENAME') {
  const hdfs = new SimHdfs()
  const schedule = new ScriptedSchedule()
  const cancelled = new AbortController()
  schedule.rule = (call) => {
    if (call.op !== op) return undefined
    cancelled.abort()
    return 'not-done'
  }
  const fs = new SimFileSystem(hdfs, 'a', schedule)
  const repeatUntil =
    (signal: AbortSignal): Repeat =>
    (name, call, own = signal) =>
      retryUntilDone('hdfs', name, call, { log: NO_LOG, observer: NO_OBSERVER }, own)
  const store = (signal: AbortSignal) =>
    new JournalStore({
      fs,
      root: '/out',
      identity: IDENTITY,
      at: { topic: 't', partition: 0 },
      repeat: repeatUntil(signal),
      signal,
    })
  const temps = (signal: AbortSignal) =>
    new TempFiles({ fs, directory: '/j', repeat: repeatUntil(signal) })
  return { hdfs, schedule, cancelled: cancelled.signal, store, temps }
}

it('an upload that was cancelled is not tried again, though its partition goes on', async () => {
  const { cancelled, schedule, temps } = cancelledAt('CREATE')
  const partition = new AbortController()
  const call = { signal: cancelled }
  const { chunks } = file('/out/x')
  const uploading = temps(partition.signal).upload('/j', 'f-0', chunks, counter(), call)
  await expect(uploading).rejects.toThrow()
  expect(schedule.count('CREATE')).toBe(1)
})

it('a journal whose making was cancelled leaves nothing behind', async () => {
  const { hdfs, cancelled, store } = cancelledAt('RENAME')
  await expect(
    store(cancelled).create({ start: 0, writer: 'a-0', topicId: undefined }, 'id'),
  ).rejects.toThrow()
  await vi.waitFor(() => expect(hdfs.list('/out/_sink/g/t')).toEqual([]))
})
