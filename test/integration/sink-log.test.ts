import { expect, it } from 'vitest'
import { problemsOf, problemsOfOutput } from '../support/checker.ts'
import { webHdfsReader } from '../support/checker-files.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets } from '../support/ledger-kafka.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { CLEAN } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

it('records of a transaction that was aborted are never written, and the group passes them', async () => {
  const stack = stackInfo()
  const settings = newSettings('aborted', { flush: { records: 1_000, intervalMs: 500 } })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.send(0, ['a', 'b'])
  await ledger.sendAborted(0, ['not', 'this'])
  const sink = await SinkProcess.start(stack, settings)
  // Two records, two aborted ones, and the marker of the abort.
  await sink.eventually('at the end', async () => {
    return (await committedOffsets(stack, settings.group, settings.topic)).join() === '5'
  })
  await ledger.sendAborted(0, ['nor', 'that'])
  await sink.eventually('at the end again', async () => {
    return (await committedOffsets(stack, settings.group, settings.topic)).join() === '8'
  })
  expect(await problemsOfOutput(webHdfsReader(stack), { ...settings, ledger })).toEqual([])
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})
