import { expect, it, vi } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { hadoopReader } from '../support/checker-files.ts'
import { unpublished } from '../support/checker-journal.ts'
import { OutputWatch } from '../support/checker-watch.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

const PARTITIONS = 3

/** Freezes it in the midst of a flush: what is uploaded then is not yet published. */
async function freezeAmidFlush(sink: SinkProcess, settings: SinkSettings): Promise<void> {
  const isFlushing = async () => {
    const temps = await unpublished(stackInfo(), settings, PARTITIONS)
    return temps.length > 0
  }
  const attempt = async () => {
    if (!(await isFlushing())) return false
    sink.kill('SIGSTOP')
    // What it had sent is executed by now, and perhaps was the last that was missing.
    if ((await isFlushing()) && (await isFlushing())) return true
    sink.kill('SIGCONT')
    return false
  }
  await vi.waitUntil(attempt, { timeout: 20_000, interval: 1 })
}

it('300,000 records arrive exactly once, over a rebalance and a kill -9 amid a flush', async () => {
  const stack = stackInfo()
  const settings = newSettings('exactly-once')
  const ledger = await Ledger.open(stack, settings.topic, PARTITIONS)
  const watch = new OutputWatch(stack, `${settings.root}/${settings.topic}`)

  const first = await SinkProcess.start(stack, settings)
  await ledger.produce(60_000)
  await first.awaitMessage('flushed')

  const second = new SinkProcess(stack, settings)
  await ledger.produce(60_000)
  await second.awaitReady()
  const rebalances = await first.metric('rebalances_total')
  expect(rebalances).toBeGreaterThan(2)
  await ledger.produce(30_000)
  await second.awaitMessage('flushed')
  expect(await second.stop()).toEqual(CLEAN)

  await ledger.produce(30_000)
  const producing = ledger.produce(60_000)
  await freezeAmidFlush(first, settings)
  first.kill('SIGKILL')
  await producing
  expect(await first.exit).toEqual({ code: null, signal: 'SIGKILL' })

  const third = new SinkProcess(stack, settings)
  await ledger.produce(60_000)
  await caughtUp(third, settings)
  expect(await third.stop()).toEqual(CLEAN)

  expect(ledger.total).toBe(300_000)
  const expected = { ...settings, ledger }
  expect(await problemsOf(stack, expected, hadoopReader(stack))).toEqual([])
  const seen = await watch.finish()
  expect(seen.problems).toEqual([])
  expect(seen.files).toBeGreaterThanOrEqual(300_000 / 10_000)
  expect(seen.looks).toBeGreaterThan(20)
}, 120_000)
