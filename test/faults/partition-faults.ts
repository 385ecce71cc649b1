import { describeGroup } from '../support/ledger-kafka.ts'
import type { Fault } from './fault.ts'
import { comes, leaveOneOther, leaveOnly, owns, proxiedSink } from './proxied-sink.ts'
import type { World } from './world.ts'

/*
 * A sink is cut off from one of its two sides, while it reaches the other.
 */

/** The group thinks that it is dead. It holds records and reaches HDFS, as its successor does. */
const fromKafka: Fault = {
  name: 'a sink is cut off from Kafka past its session, and its successor works beside it',
  kind: 'cut off from Kafka',
  world: 'shared',
  seconds: 15,
  options: { sinks: 0 },
  async strike(world) {
    const { proxy } = world
    const sink = await proxiedSink(world)
    // Its successor is to be one, not several.
    await leaveOnly(world, sink)
    await owns(sink, 1)
    await sink.awaitNextFlush()
    proxy.cut('kafka')
    try {
      const successor = await world.startSink()
      await owns(successor, world.ledger.partitions)
      await successor.awaitNextFlush()
    } finally {
      proxy.heal('kafka')
    }
    await owns(sink, 1)
    await sink.awaitNextFlush()
  },
}

/** It stays a member, says that it is not ready, and goes on where it was. */
const fromHdfs: Fault = {
  name: 'a sink is cut off from HDFS and stays a member',
  kind: 'cut off from HDFS',
  world: 'shared',
  seconds: 12,
  options: { sinks: 0 },
  async strike(world) {
    const sink = await proxiedSink(world)
    // Others may have left: a rebalance that it has not heard of yet is none of the cut.
    await sink.eventually('in a group at rest', async () => {
      return (await describeGroup(world.stack.info, world.settings.group)).state === 'Stable'
    })
    await owns(sink, 1)
    await sink.awaitNextFlush()
    const rebalances = await sink.metric('rebalances_total')
    await whileCut(world, async () => {
      await sink.eventually('not ready', async () => !(await sink.check('hdfs')))
    })
    await sink.awaitNextFlush()
    await sink.awaitReady()
    const after = await sink.metric('rebalances_total')
    if (after > rebalances) throw new Error('expected no rebalance while HDFS was cut off')
  },
}

async function whileCut({ proxy }: World, wait: () => Promise<void>): Promise<void> {
  proxy.cut('hdfs')
  await wait().finally(() => proxy.heal('hdfs'))
}

/** Connections break and can be made again at once. */
function broken(side: 'kafka' | 'hdfs'): Fault {
  return {
    name: `all connections to ${side === 'kafka' ? 'Kafka' : 'HDFS'} are reset`,
    kind: 'connections reset',
    world: 'shared',
    seconds: 4,
    options: { sinks: 0 },
    async strike(world, random) {
      const sink = await proxiedSink(world)
      await owns(sink, 1)
      const times = 2 + random.int(3)
      for (let i = 0; i < times; i++) {
        await sink.awaitNextFlush()
        world.proxy.dropConnections(side)
      }
      await sink.awaitNextFlush()
      return times
    },
  }
}

/**
 * A firewall forgets a connection: nothing is reset, and nothing answers. It must be given up when
 * the session is over, not when kafkajs has lost patience, which here takes minutes.
 */
const silentConnection: Fault = {
  name: 'the connection to the broker dies without a word',
  kind: 'cut off from Kafka',
  world: 'shared',
  seconds: 10,
  options: { sinks: 0 },
  async strike(world) {
    const { proxy, settings } = world
    await leaveOneOther(world)
    const patient = { kafka: { ...settings.kafka, requestTimeoutMs: 20_000 } }
    const sink = await world.startSink({ through: 'proxy', settings: patient })
    await owns(sink, 1)
    const held = proxy.hold({ op: 'Heartbeat' })
    await comes(sink, 'a heartbeat', held.done)
    await comes(sink, 'the end of the silent connection', held.abandoned)
    proxy.clear()
    await owns(sink, 1)
    await sink.awaitNextFlush()
    if (world.sinks.length > 1) await world.stopSink(sink)
  },
}

export const PARTITION_FAULTS: readonly Fault[] = [
  fromKafka,
  silentConnection,
  fromHdfs,
  broken('kafka'),
  broken('hdfs'),
]
