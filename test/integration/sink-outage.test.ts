import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Stack, startStack } from '../../stack/index.ts'
import { problemsOf } from '../support/checker.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp, runToTheEnd } from '../support/sink-process-steps.ts'

/*
 * A stack of our own, whose daemons are taken away.
 */

const MiB = 1_048_576

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
}, 180_000)

afterEach(async () => {
  await stack.nameNode.resume()
  await stack.kafka.resume()
})

afterAll(async () => {
  await stack?.stop()
})

/** A sink that has written something, and holds as much again that it cannot write. */
async function startWithoutNameNode(settings: SinkSettings, ledger: Ledger): Promise<SinkProcess> {
  const sink = await SinkProcess.start(stack, settings)
  await ledger.produce(3_000)
  await caughtUp(sink, settings, stack)
  await stack.nameNode.pause()
  await ledger.produce(3_000)
  const isRead = async () => (await sink.metric('records_consumed_total')) === 6_000
  await sink.eventually('read', isRead)
  return sink
}

async function finishWithAnother(settings: SinkSettings, ledger: Ledger): Promise<void> {
  await stack.nameNode.resume()
  await runToTheEnd(settings, stack)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
}

it('past its deadline a shutdown ends with 1, and the next sink loses nothing', async () => {
  const shutdown = { deadlineMs: 1_500 }
  const settings = newSettings('deadline', {
    shutdown,
    flush: { records: 1_000_000, intervalMs: 500 },
  })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await startWithoutNameNode(settings, ledger)
  expect(await sink.stop()).toEqual({ code: 1, signal: null })
  await finishWithAnother(settings, ledger)
})

it('a second SIGTERM ends it at once with 143, and the next sink loses nothing', async () => {
  const settings = newSettings('twice', { flush: { records: 1_000_000, intervalMs: 500 } })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await startWithoutNameNode(settings, ledger)
  sink.kill('SIGTERM')
  await sink.eventually('draining', async () => !(await sink.check('running')))
  const startedMs = performance.now()
  // What follows the first within half a second counts as the same Ctrl-C.
  const again = setInterval(() => sink.kill('SIGTERM'), 100)
  expect(await sink.exit.finally(() => clearInterval(again))).toEqual({ code: 143, signal: null })
  expect(performance.now() - startedMs).toBeLessThan(3_000)
  await finishWithAnother(settings, ledger)
})

it('while HDFS hangs no more is held than the budget allows, and then all of it arrives', async () => {
  const settings = newSettings('budget', {
    kafka: { maxBytesPerPartition: 262_144, maxDecompressedBatchBytes: MiB },
    hdfs: { requestTimeoutMs: 1_000 },
    flush: { records: 1_000_000, intervalMs: 1_000, bytes: MiB },
    memory: { budgetBytes: 8 * MiB },
  })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await SinkProcess.start(stack, settings)
  await ledger.produce(3_000)
  await caughtUp(sink, settings, stack)
  const restingMiB = residentMiB(sink)
  await stack.nameNode.pause()
  await ledger.produce(260_000)
  const isPaused = async () => (await sink.metric('paused_partitions')) === 3
  await sink.eventually('paused', isPaused)
  const held = await sink.metric('buffered_bytes')
  expect(held).toBeGreaterThan(4 * MiB)
  // Of each worker one fetch beyond it, and the rest of the chunk that it was copied to.
  expect(held).toBeLessThanOrEqual(8 * MiB + 2 * (262_144 + MiB))
  expect(residentMiB(sink) - restingMiB).toBeLessThan(60)
  await stack.nameNode.resume()
  await caughtUp(sink, settings, stack)
  expect(await sink.metric('rebalances_total')).toBeLessThan(5)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
}, 90_000)

it('an outage of HDFS or of Kafka makes it not ready, and never not alive', async () => {
  const settings = newSettings('health', { hdfs: { requestTimeoutMs: 1_000 } })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await startWithoutNameNode(settings, ledger)
  await sink.eventually('not ready without HDFS', async () => !(await sink.check('hdfs')))
  expect(await sink.statusOf('/livez')).toBe(200)
  await stack.nameNode.resume()
  await caughtUp(sink, settings, stack)
  await sink.awaitReady()
  await stack.kafka.pause()
  await sink.eventually('not ready without Kafka', async () => !(await sink.check('group')))
  const kafkaIsUp = () => sink.metric('up', { component: 'kafka' })
  await sink.eventually('a metric that says so', async () => (await kafkaIsUp()) === 0)
  expect(await sink.statusOf('/livez')).toBe(200)
  await stack.kafka.resume()
  await sink.awaitReady()
  await sink.eventually('a metric that says so', async () => (await kafkaIsUp()) === 1)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
}, 90_000)

function residentMiB({ pid }: SinkProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024
}
