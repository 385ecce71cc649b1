import type { SinkProcess } from '../support/sink-process.ts'
import type { Strike } from './fault-proxy.ts'
import type { World } from './world.ts'

const WAIT_MS = 60_000

/** It soon stops waiting for what is lost. */
const HASTY = {
  kafka: { requestTimeoutMs: 2_000 },
  hdfs: { requestTimeoutMs: 1_000, uploadIdleTimeoutMs: 1_000 },
}

const known = new WeakMap<World, SinkProcess>()

/**
 * A sink whose every word goes through the proxy: that of an earlier fault, or else a new one. One
 * other sink may run beside it: with more of them there might be no partition left for it.
 */
export async function proxiedSink(world: World): Promise<SinkProcess> {
  const earlier = known.get(world)
  await leaveOneOther(world, earlier)
  if (earlier !== undefined && world.sinks.includes(earlier) && !earlier.hasEnded) return earlier
  const { kafka, hdfs } = world.settings
  const settings = { kafka: { ...kafka, ...HASTY.kafka }, hdfs: { ...hdfs, ...HASTY.hdfs } }
  const sink = await world.startSink({ through: 'proxy', settings })
  known.set(world, sink)
  return sink
}

export async function leaveOnly(world: World, staying: SinkProcess): Promise<void> {
  for (const other of world.sinks) if (other !== staying) await world.stopSink(other)
}

export async function owns(sink: SinkProcess, atLeast: number): Promise<void> {
  await sink.eventually(`owner of ${atLeast} partitions`, async () => {
    return (await sink.metric('assigned_partitions')) >= atLeast
  })
}

export async function leaveOneOther(world: World, sink?: SinkProcess): Promise<void> {
  const [, ...tooMany] = world.sinks.filter((other) => other !== sink)
  for (const other of tooMany) await world.stopSink(other)
}

/** Waits for something that must come, with the sink's log where it does not. */
export async function comes<T>(
  sink: SinkProcess,
  what: string,
  promise: Promise<T>,
  timeoutMs = WAIT_MS,
): Promise<T> {
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    over.reject(new Error(`never came within ${timeoutMs} ms: ${what}\n${sink.describe()}`))
  }, timeoutMs)
  return await Promise.race([promise, over.promise]).finally(() => clearTimeout(timer))
}

/** Waits until it has struck as often as it was to, and until the sink writes again after it. */
export async function survives(sink: SinkProcess, strike: Strike, what: string): Promise<number> {
  await comes(sink, what, strike.done)
  strike.remove()
  await sink.awaitNextFlush()
  return strike.struck
}

/**
 * Every partition is claimed again, and what is left over swept: an upload that was given up may have
 * been finished after the last claim.
 */
export async function claimAnew(world: World): Promise<void> {
  const another = await world.startSink()
  await another.eventually('a member', async () => (await another.metric('rebalances_total')) > 0)
  await world.stopSink(another)
}
