import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fakeTimers, oneProcess } from '../sink/one-process.ts'
import { ScriptedSchedule } from './scripted-schedule.ts'
import { createProcess } from './sim-process.ts'

beforeEach(fakeTimers)
afterEach(() => void vi.useRealTimers())

/*
 * Too rare to be met by chance: a zombie that wakes writes a part of what its successor holds, which
 * is about to stop at a record that it refuses.
 */
it('a partition does not stop at a record before all that precedes it is written', async () => {
  const advice: string[] = []
  const observer = { stopped: (_at: object, _: string, text: string) => void advice.push(text) }
  const sink = oneProcess({ observer })
  const { hdfs, kafka, pass } = sink
  const schedule = new ScriptedSchedule()
  const zombie = createProcess({ who: 'z', hdfs, kafka, schedule })
  const giveTo = async (member: typeof sink.member): Promise<void> => {
    kafka.beginRebalance([member])
    kafka.completeRebalance()
    await pass()
  }

  await giveTo(zombie.member)
  kafka.produce(0, 3)
  zombie.member.fetch(0, 3)
  schedule.fates.set('RENAME', ['not-done'])
  await pass(1_000)
  schedule.block(({ op }) => op === 'LISTSTATUS')
  kafka.heartbeats()
  await pass()

  await giveTo(sink.member)
  kafka.produce(0, 1)
  kafka.produceRefused(0)
  sink.schedule.block(({ op }) => op === 'RENAME')
  await sink.fetch()

  schedule.unblock()
  await pass()
  expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2']])
  sink.schedule.unblock()
  await pass()
  kafka.heartbeats()
  await pass()
  expect(advice).toEqual([])
  await sink.fetch()
  expect(Object.values(sink.files())).toEqual([['0:0', '0:1', '0:2'], ['0:3']])
  expect(advice).toEqual([expect.stringContaining('--to 5 ')])
})
