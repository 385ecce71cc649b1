import { createTopics, deleteTopics } from '../load/fill.ts'
import { NameNodeClient } from '../load/name-node.ts'
import type { Bench } from '../types.ts'
import { MachineWatch } from './machine-usage.ts'
import type { LoggedFlush } from './sink-log.ts'
import { BUILT, type SinkFlags, SinkProcess, type SinkTask } from './sink-process.ts'

/** No file is ended by the clock or by its size: the number of records decides. */
export const BY_RECORDS: SinkFlags = {
  'flush.intervalMs': 3_600_000,
  'flush.bytes': 2_000_000_000,
}

export interface SinkFigures {
  /** From when all workers have joined the group to the last published file. */
  readonly recordsPerSecond: number
  readonly cpuSeconds: number
  /** Of the whole machine, from the joining on. */
  readonly coresBusy: number
  readonly peakRssMib: number
  readonly startSeconds: number
}

export interface MeasureOptions {
  /** Asks the sink for more when all is published. */
  readonly look?: (sink: SinkProcess) => Promise<void>
  /** How long it may go without a published flush. */
  readonly patienceMs?: number
}

/** The sink from its start until so many records are published, then stopped. */
export async function measureSink(
  { stack, profiles }: Bench,
  task: SinkTask,
  records: number,
  { look, patienceMs }: MeasureOptions = {},
): Promise<SinkFigures> {
  const sink = new SinkProcess(stack, task, program(profiles))
  try {
    const joinedMs = await sink.ready()
    const machine = new MachineWatch()
    await sink.published(records, patienceMs)
    const coresBusy = machine.coresBusy()
    const { cpuSeconds, peakRssMib } = sink.usage()
    await look?.(sink)
    const { flushes } = sink.log
    return {
      recordsPerSecond: rateAfter(joinedMs, flushes),
      cpuSeconds,
      coresBusy,
      peakRssMib,
      startSeconds: ((flushes[0]?.timeMs ?? Number.NaN) - sink.spawnedMs) / 1000,
    }
  } finally {
    await sink.stop()
  }
}

function program(profiles: string | undefined): readonly string[] {
  return profiles === undefined ? BUILT : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, ...BUILT]
}

/**
 * Records a second from this moment to the last flush. What was published before does not count:
 * a worker that joined early may have begun.
 */
export function rateAfter(sinceMs: number, flushes: readonly LoggedFlush[]): number {
  const after = flushes.filter(({ timeMs }) => timeMs > sinceMs)
  const records = after.reduce((sum, flush) => sum + flush.records, 0)
  const lastMs = after.at(-1)?.timeMs ?? Number.NaN
  return (records / (lastMs - sinceMs)) * 1000
}

export interface IdleFigures {
  readonly cpuSeconds: number
  readonly readySeconds: number
}

/**
 * What the same process uses until it has claimed all partitions of topics that are empty: the
 * start-up that is taken off the CPU time of the runs.
 */
export async function measureIdle(
  { stack }: Bench,
  name: string,
  { topics, partitions, flags }: { topics: number; partitions: number; flags: SinkFlags },
): Promise<IdleFigures> {
  const run = `${name}-idle-${Date.now()}`
  const names = Array.from({ length: topics }, (_, n) => `${run}-${n}`)
  await createTopics(
    stack,
    names.map((topic) => ({ topic, partitions })),
  )
  const sink = new SinkProcess(stack, { topics: names, run, flags })
  try {
    await sink.ready()
    await sink.claimed(topics * partitions)
    const readySeconds = (Date.now() - sink.spawnedMs) / 1000
    return { cpuSeconds: sink.usage().cpuSeconds, readySeconds }
  } finally {
    await sink.stop()
    await deleteTopics(stack, names)
    await removeRun(stack, run)
  }
}

/** Removes all that a run wrote. */
export async function removeRun(stack: Bench['stack'], run: string): Promise<void> {
  await NameNodeClient.of(stack).delete(`/${run}`)
}
