import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { shell } from '../support/checker-files.ts'
import { journalEnds, journalPath } from '../support/checker-journal.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets, withAdmin } from '../support/ledger-kafka.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import {
  awaitStop,
  CLEAN,
  caughtUp,
  runAdvice,
  runToTheEnd,
} from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

it('where latest begins is decided once; partitions added later begin at their start', async () => {
  const stack = stackInfo()
  const settings = newSettings('latest', { kafka: { startFrom: 'latest' } })
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.send(0, ['old', 'older'])
  await ledger.send(1, ['oldest'])
  ledger.forget()
  const first = await SinkProcess.start(stack, settings)
  await first.eventually('begun', async () => {
    return (await journalEnds(stack, settings, 2)).join() === '2,1'
  })
  first.kill('SIGKILL')
  await first.exit

  await ledger.send(0, ['while', 'no sink'])
  await ledger.addPartitions(1)
  const second = new SinkProcess(stack, settings)
  await second.awaitMessage('starting')
  await ledger.send(2, ['added', 'later'])
  await caughtUp(second, settings)
  expect(await second.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('a group that somebody moved stops its partition, and the command in the log mends it', async () => {
  const stack = stackInfo()
  const settings = newSettings('moved')
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.produce(2_000)
  await runToTheEnd(settings)
  const { group, topic } = settings
  await withAdmin(stack, (admin) =>
    admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '7' }] }),
  )
  await ledger.produce(2_000)

  const stopped = await SinkProcess.start(stack, settings)
  const stop = await awaitStop(stopped, 1, 'group-moved')
  await stopped.eventually('written elsewhere', async () => {
    return (await journalEnds(stack, settings, 2)).join() === '2000,1000'
  })
  expect(await stopped.stop()).toEqual(CLEAN)
  expect(await committedOffsets(stack, group, topic)).toEqual([2000, 7])

  await runAdvice(stop, settings)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('a journal that was deleted stops its partition, and the command in the log mends it', async () => {
  const stack = stackInfo()
  const settings = newSettings('lost')
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.produce(2_000)
  await runToTheEnd(settings)
  const journal = journalPath(settings, 0)
  await shell(stack, '-rm', '-r', '-skipTrash', journal)
  await ledger.produce(2_000)

  const stopped = await SinkProcess.start(stack, settings)
  const stop = await awaitStop(stopped, 0, 'journal-lost')
  expect(stop.msg).toContain(`no journal at ${journal}`)
  expect(await stopped.stop()).toEqual(CLEAN)
  expect(await journalEnds(stack, settings, 1)).toEqual([undefined])

  await runAdvice(stop, settings)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('a journal that is deleted under a running sink stops its partition, and no other', async () => {
  const stack = stackInfo()
  const settings = newSettings('gone', { flush: { records: 1_000, intervalMs: 500 } })
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.produce(200)
  const sink = await SinkProcess.start(stack, settings)
  await caughtUp(sink, settings)
  const journal = journalPath(settings, 0)
  await shell(stack, '-rm', '-r', '-skipTrash', journal)
  await ledger.produce(200)
  const stop = await awaitStop(sink, 0, 'journal-gone')
  expect(stop.msg).toContain(`The journal at ${journal} was deleted`)
  await sink.eventually('written elsewhere', async () => {
    return (await journalEnds(stack, settings, 2)).join() === ',200'
  })
  expect(await sink.stop()).toEqual(CLEAN)
})

it('a path that is taken stops its partition by name, and no other', async () => {
  const stack = stackInfo()
  const settings = newSettings('taken', { flush: { records: 10, intervalMs: 500 } })
  const { root, topic } = settings
  const name = (n: number) => String(n).padStart(20, '0')
  const taken = `${root}/${topic}/0/${name(10)}-${name(19)}.txt`
  await shell(stack, '-mkdir', '-p', taken)
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.send(0, Array.from({ length: 20 }, String))
  const sink = await SinkProcess.start(stack, settings)
  const stop = await awaitStop(sink, 0, 'path-taken')
  expect(stop.msg).toContain(`stands at ${taken}. Change hdfs.path`)
  await ledger.send(1, ['other'])
  await sink.awaitLog('flushed', ({ msg, partition }) => msg === 'flushed' && partition === 1)
  expect(await sink.stop()).toEqual(CLEAN)

  await shell(stack, '-rmdir', taken)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})
