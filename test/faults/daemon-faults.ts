import { setTimeout as sleep } from 'node:timers/promises'
import type { SinkProcess } from '../support/sink-process.ts'
import type { Fault } from './fault.ts'
import { MemoryWatch } from './memory-watch.ts'
import { bothKilled, diskFull, frozen, killed, type Outage, safeMode, stopped } from './outages.ts'
import { comes, proxiedSink } from './proxied-sink.ts'
import { PATIENT_SESSION, type World } from './world.ts'

/*
 * What happens to the servers themselves. Sinks that reach them directly are asked; how long an
 * outage lasts beyond what it needs to be noticed is `lengthMs`.
 */

const PATIENT = { kafka: PATIENT_SESSION }
const MiB = 1_048_576
const SMALL = {
  ...PATIENT,
  kafka: { ...PATIENT.kafka, maxBytesPerPartition: MiB / 4, maxDecompressedBatchBytes: MiB },
  flush: { records: 1_000_000, intervalMs: 300, bytes: MiB / 2 },
  // What piles up in an outage would else be hundreds of segments.
  memory: { budgetBytes: 4 * MiB, segmentBytes: MiB / 16 },
}
/** Of about a hundred bytes: more than that budget. */
const RECORDS_IN_OUTAGE = 60_000

interface OutageFault {
  readonly name: string
  readonly kind: string
  readonly seconds: number
  readonly outage: Outage
  /** How long it lasts at least. */
  readonly lengthMs: number
  /** While it lasts. */
  readonly meanwhile?: (world: World, sink: SinkProcess) => Promise<void>
}

/**
 * HDFS is away: the sink says that it is not ready, holds what the budget allows, stays a member,
 * and goes on where it was.
 */
function hdfsAway(fault: OutageFault): Fault {
  const { name, kind, seconds, outage, lengthMs, meanwhile } = fault
  return {
    name,
    kind,
    world: 'shared',
    seconds,
    options: { settings: PATIENT },
    async strike(world) {
      const sink = world.sinks[0] ?? (await world.startSink())
      await sink.awaitNextFlush()
      const rebalances = await sink.metric('rebalances_total')
      const memory = await MemoryWatch.start(sink)
      const bringBack = await outage(world.stack)
      try {
        await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
        await Promise.all([sleep(lengthMs), meanwhile?.(world, sink)])
      } finally {
        await bringBack()
      }
      await sink.awaitNextFlush()
      await sink.awaitReady()
      await memory.end()
      const after = await sink.metric('rebalances_total')
      if (isPatient(world) && after !== rebalances) {
        throw new Error(`expected no rebalance while HDFS was away, found ${after - rebalances}`)
      }
    },
  }
}

function isPatient({ settings }: World): boolean {
  const { sessionTimeoutMs } = { sessionTimeoutMs: 0, ...settings.kafka }
  return sessionTimeoutMs >= PATIENT_SESSION.sessionTimeoutMs
}

/** The budget is used up: the sink reads no more, and holds no more. */
async function fillsUp(world: World, sink: SinkProcess): Promise<void> {
  await world.produce(RECORDS_IN_OUTAGE)
  await sink.eventually('paused', async () => (await sink.metric('paused_partitions')) > 0)
}

/** Both daemons of HDFS are down for so long, while records go on arriving. */
function hdfsDownFor(lengthMs: number, kind: string): Fault {
  const fault = hdfsAway({
    name: `NameNode and DataNode are down for ${lengthMs / 1000} s`,
    kind,
    seconds: 15 + lengthMs / 1000,
    outage: bothKilled,
    lengthMs,
    meanwhile: fillsUp,
  })
  return { ...fault, world: 'own', options: { settings: SMALL } }
}

/** Kafka is away: nothing can be read, and membership may be lost; then it goes on. */
function kafkaAway(name: string, seconds: number, outage: Outage, lengthMs: number): Fault {
  return {
    name,
    kind: 'Kafka away',
    world: 'shared',
    seconds,
    async strike(world) {
      const sink = world.sinks[0] ?? (await world.startSink())
      await sink.awaitNextFlush()
      world.producing.pause()
      const bringBack = await outage(world.stack)
      try {
        await sleep(lengthMs)
      } finally {
        await bringBack()
        world.producing.resume()
      }
      await sink.awaitNextFlush()
      await sink.awaitReady()
    },
  }
}

/** It has the beginning of a file when it dies. */
const dataNodeKilledInUpload: Fault = {
  name: 'the DataNode is killed in the middle of an upload',
  kind: 'DataNode away',
  world: 'shared',
  seconds: 12,
  options: { sinks: 0 },
  async strike(world) {
    const sink = await proxiedSink(world)
    const held = world.proxy.hold({ op: 'CREATE_DATA' }, { at: 'half' })
    await comes(sink, 'an upload', held.done)
    await world.stack.dataNode.kill()
    const statuses = await comes(sink, 'the end of the upload', held.deliver())
    await world.stack.dataNode.start()
    if (statuses.includes(201)) throw new Error('expected an upload that fails, found status 201')
    await sink.awaitNextFlush()
  },
}

/** It runs for a twentieth of the time. */
const slowDataNode: Fault = {
  name: 'the DataNode is very slow',
  kind: 'slow DataNode',
  world: 'shared',
  seconds: 8,
  async strike(world) {
    const sink = world.sinks[0] ?? (await world.startSink())
    const { dataNode } = world.stack
    const flushes = [sink.awaitNextFlush()]
    for (let i = 0; i < 10; i++) {
      await dataNode.pause()
      await sleep(380)
      await dataNode.resume()
      await sleep(20)
    }
    await Promise.all(flushes)
    await sink.awaitNextFlush()
  },
}

const HDFS_OUTAGES: readonly OutageFault[] = [
  {
    name: 'the NameNode is killed and started again',
    kind: 'NameNode away',
    seconds: 15,
    outage: killed('nameNode'),
    lengthMs: 0,
  },
  {
    name: 'the NameNode is stopped and started again',
    kind: 'NameNode away',
    seconds: 15,
    outage: stopped('nameNode'),
    lengthMs: 0,
  },
  {
    name: 'the NameNode is frozen',
    kind: 'NameNode away',
    seconds: 8,
    outage: frozen('nameNode'),
    lengthMs: 3_000,
  },
  {
    name: 'the NameNode is in safe mode',
    kind: 'NameNode away',
    seconds: 10,
    outage: safeMode,
    lengthMs: 1_000,
  },
  {
    name: 'the DataNode is killed and started again',
    kind: 'DataNode away',
    seconds: 12,
    outage: killed('dataNode'),
    lengthMs: 0,
  },
  {
    name: 'the DataNode is frozen',
    kind: 'DataNode away',
    seconds: 8,
    outage: frozen('dataNode'),
    lengthMs: 3_000,
  },
  {
    name: 'the disk of the DataNode is full',
    kind: 'disk full',
    seconds: 20,
    outage: diskFull,
    lengthMs: 1_000,
  },
]

export const DAEMON_FAULTS: readonly Fault[] = [
  ...HDFS_OUTAGES.map(hdfsAway),
  hdfsDownFor(5_000, 'HDFS away'),
  dataNodeKilledInUpload,
  slowDataNode,
  kafkaAway('the broker is killed and started again', 15, killed('kafka'), 0),
  kafkaAway('the broker is stopped and started again', 15, stopped('kafka'), 0),
  kafkaAway('the broker is frozen for a moment', 5, frozen('kafka'), 700),
  kafkaAway('the broker is frozen past the session', 15, frozen('kafka'), 8_000),
]

/** Too long for every day. */
export const LONG_FAULTS: readonly Fault[] = [hdfsDownFor(150_000, 'HDFS away for minutes')]
