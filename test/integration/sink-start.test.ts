import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { journalEnds } from '../support/checker-journal.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp } from '../support/sink-process-steps.ts'
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

it('ends with what to do where the brokers refuse its session timeout', async () => {
  const stack = stackInfo()
  const beyond = { sessionTimeoutMs: 7_200_000, heartbeatIntervalMs: 3_000 }
  const settings = newSettings('session', { kafka: beyond })
  await Ledger.open(stack, settings.topic, 1)
  const sink = new SinkProcess(stack, settings)
  expect(await sink.exit).toMatchObject({ code: 1 })
  expect(sink.describe()).toMatch(/INVALID_SESSION_TIMEOUT\. Set kafka\.sessionTimeoutMs/)
})
