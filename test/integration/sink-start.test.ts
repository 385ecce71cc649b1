import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { shell } from '../support/checker-files.ts'
import { journalEnds, journalPath } from '../support/checker-journal.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { awaitStop, CLEAN, caughtUp } from '../support/sink-process-steps.ts'
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
