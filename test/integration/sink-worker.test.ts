import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { evaluateInWorker } from '../support/debugger.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

const DEBUGGER = /^Debugger listening on (ws:\S+)$/
/** Far below the session timeout, which the group would wait for a member that said nothing. */
const AT_ONCE_MS = 15_000

it('a worker that dies is replaced at once, the other goes on, and no record is lost', async () => {
  const stack = stackInfo()
  const settings = newSettings('worker', {
    kafka: { sessionTimeoutMs: 60_000 },
    flush: { records: 2_000, intervalMs: 1_000 },
  })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await SinkProcess.start(stack, settings, {
    nodeFlags: ['--inspect-port=127.0.0.1:0'],
  })
  await ledger.produce(9_000)
  await sink.awaitNextFlush()

  sink.kill('SIGUSR1')
  const listening = await sink.awaitLog('listening', ({ msg }) => DEBUGGER.test(msg))
  const [, address = ''] = DEBUGGER.exec(listening.msg) ?? []
  await evaluateInWorker(address, 'process.exit(7)')

  await sink.awaitMessage('worker ended, another takes its place')
  await sink.eventually('a group of two again', () => sink.check('group'), AT_ONCE_MS)
  await ledger.produce(9_000)
  await caughtUp(sink, settings)
  expect(await sink.metric('consumer_restarts_total')).toBe(1)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})
