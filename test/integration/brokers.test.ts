import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Stack, startStack } from '../../stack/index.ts'
import type { KafkaBroker } from '../../stack/kafka.ts'
import { prepareMoreBroker } from '../../stack/more-brokers.ts'
import { problemsOf } from '../support/checker.ts'
import { webHdfsReader } from '../support/checker-files.ts'
import { Ledger } from '../support/ledger.ts'
import { withAdmin } from '../support/ledger-kafka.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp } from '../support/sink-process-steps.ts'

/*
 * A stack of our own with a second broker, which is taken away, and topics of which one is on it:
 * whatever becomes of one topic, the other goes on in the same member.
 */

const [FIRST, SECOND] = [1, 2]

let stack: Stack
let second: KafkaBroker

beforeAll(async () => {
  stack = await startStack({ kind: 'jars' })
  second = await prepareMoreBroker(stack.info, SECOND)
  await second.daemon.start()
}, 180_000)

afterEach(async () => {
  if (!second.daemon.running) await second.daemon.start()
})

afterAll(async () => {
  await second?.daemon.kill()
  await stack?.stop()
})

interface Two {
  readonly settings: SinkSettings
  readonly here: Ledger
  readonly there: Ledger
}

/** One member for two topics, one of them on the second broker. */
async function twoTopics(name: string): Promise<Two> {
  const settings = newSettings(name)
  const [here, there] = [`${settings.topic}-here`, `${settings.topic}-there`]
  return {
    settings: {
      ...settings,
      workers: 1,
      flush: { records: 1_000, intervalMs: 1_000 },
      kafka: { topics: [here, there] },
    },
    here: await Ledger.open(stack, here, 2, { broker: FIRST }),
    there: await Ledger.open(stack, there, 2, { broker: SECOND }),
  }
}

async function written(sink: SinkProcess, settings: SinkSettings, ledger: Ledger): Promise<void> {
  await caughtUp(sink, { ...settings, topic: ledger.topic }, stack)
}

/** Longer than kafkajs would try again before it gives all up. */
const GOES_ON_FOR_MS = 12_000

async function expectGoesOn(sink: SinkProcess, settings: SinkSettings, ledger: Ledger) {
  const startedMs = performance.now()
  let roundMs = startedMs
  while (performance.now() < startedMs + GOES_ON_FOR_MS) {
    await ledger.produce(20)
    await written(sink, settings, ledger)
    expect(performance.now() - roundMs).toBeLessThan(5_000)
    roundMs = performance.now()
  }
}

async function leadersOf({ topic }: Ledger): Promise<number[]> {
  const { topics } = await withAdmin(stack, (admin) =>
    admin.fetchTopicMetadata({ topics: [topic] }),
  )
  return topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader))
}

/** What must not change for what becomes of others. */
async function disturbances(sink: SinkProcess) {
  return {
    rebalances: await sink.metric('rebalances_total'),
    restarts: await sink.metric('consumer_restarts_total'),
    crashes: sink.log.filter(({ msg }) => msg.startsWith('Crash')).length,
  }
}

/** The checker knows one topic at a time. */
async function problems({ root, group }: SinkSettings, ledger: Ledger, other: Ledger) {
  const reader = webHdfsReader(stack)
  const without = {
    ...reader,
    tree: async (of: string) =>
      (await reader.tree(of)).filter(({ path }) => !path.includes(other.topic)),
  }
  return await problemsOf(stack, { root, group, ledger }, without)
}

it('while a broker is away the partitions of the others go on, and its own when it is back', async () => {
  const { settings, here, there } = await twoTopics('broker-away')
  const sink = await SinkProcess.start(stack, settings)
  await here.produce(20)
  await there.produce(20)
  await written(sink, settings, here)
  await written(sink, settings, there)
  const before = await disturbances(sink)

  await there.produce(20)
  await second.daemon.kill()
  // Its leader is still believed to be there; then nobody leads it.
  await expectGoesOn(sink, settings, here)
  expect(await disturbances(sink)).toEqual(before)
  await sink.stop()

  const next = new SinkProcess(stack, settings)
  await next.awaitMessage('metrics and health are served')
  await here.produce(20)
  await written(next, settings, here)
  const beforeItIsBack = await disturbances(next)
  await second.daemon.start()
  await there.produce(20)
  await written(next, settings, there)
  expect(await disturbances(next)).toEqual(beforeItIsBack)
  expect(await next.stop()).toEqual(CLEAN)
  expect(await problems(settings, here, there)).toEqual([])
  expect(await problems(settings, there, here)).toEqual([])
}, 90_000)

it('a leader that moves moves nothing in the group', async () => {
  const { settings, here, there } = await twoTopics('leader-moves')
  const sink = await SinkProcess.start(stack, settings)
  await here.produce(20)
  await written(sink, settings, here)
  const before = await disturbances(sink)
  const partitionAssignment = [0, 1].map((partition) => ({ partition, replicas: [SECOND] }))
  const topics = [{ topic: here.topic, partitionAssignment }]
  await withAdmin(stack, (admin) => admin.alterPartitionReassignments({ topics }))
  await sink.eventually('moved', async () =>
    (await leadersOf(here)).every((each) => each === SECOND),
  )
  await here.reconnect()
  await here.produce(20)
  await written(sink, settings, here)
  expect(await disturbances(sink)).toEqual(before)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problems(settings, here, there)).toEqual([])
})

it('a topic that is deleted keeps no other from going on', async () => {
  const { settings, here, there } = await twoTopics('deleted')
  const sink = await SinkProcess.start(stack, settings)
  await here.produce(20)
  await there.produce(20)
  await written(sink, settings, here)
  await written(sink, settings, there)
  const before = await disturbances(sink)
  await there.produce(20)
  await sink.eventually('read', async () => (await sink.metric('records_consumed_total')) === 60)
  await withAdmin(stack, (admin) => admin.deleteTopics({ topics: [there.topic] }))
  await expectGoesOn(sink, settings, here)
  expect(await disturbances(sink)).toEqual(before)
  // What was read last was of no other topic: there is none of that name.
  expect(await sink.metric('records_committed_total', { topic: there.topic })).toBe(40)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problems(settings, here, there)).toEqual([])
})
