import type { Figures } from '../figures.ts'
import { createTopics, deleteTopics, fillTopic } from '../load/fill.ts'
import { BY_RECORDS, measureIdle, measureSink, removeRun } from '../sink/measure.ts'
import { requestsByOp } from '../sink/metrics.ts'
import { SinkProcess, type SinkTask } from '../sink/sink-process.ts'
import type { Bench, Prepared, Scenario, Subject } from '../types.ts'
import { makeEmptyFiles } from './empty-files.ts'

/** One point of a curve. */
export interface Size {
  readonly topics: number
  /** Of each topic. */
  readonly partitions: number
  /** Already in the output directories. */
  readonly files: number
}

export interface LinearOptions {
  readonly name: string
  readonly title: string
  readonly about: string
  /** What the curve is drawn over. */
  readonly over: keyof Size
  readonly sizes: { readonly quick: readonly Size[]; readonly full: readonly Size[] }
  readonly rounds: Scenario['rounds']
}

/** Of all sizes the same number of records and of files, so that only the size makes a difference. */
const RECORDS_PER_FILE = 3_000
const RECORDS = { quick: 900_000, full: 3_000_000 }
const VALUES = '100 B'

export const LINEAR_ABOUT =
  'All sizes move about the same number of records in as many files. Start: from spawning the process ' +
  'to its first published flush, with new journals. Restart: the sink is stopped, every partition gets ' +
  'records for one file more, and it is started again; its requests to HDFS from its start until all of ' +
  'that is published, for each partition, show what recovery costs.'

export function linear(options: LinearOptions): Scenario {
  const { name, title, about, rounds } = options
  const prepare = (bench: Bench): Promise<Prepared> => prepareSizes(bench, options)
  return { name, title, about, rounds, prepare }
}

async function prepareSizes(bench: Bench, options: LinearOptions): Promise<Prepared> {
  const { full } = bench
  const sizes = options.sizes[full ? 'full' : 'quick']
  const records = RECORDS[full ? 'full' : 'quick'] * bench.scale
  const subjects = sizes.map((size): Subject => {
    const count = size[options.over].toLocaleString('en-US')
    return {
      name: `${count} ${options.over}`,
      run: (round) => measureSize(bench, `${options.name}-${round}`, size, records),
    }
  })
  return {
    facts: `About ${records.toLocaleString('en-US')} records of ${VALUES}, files of ${RECORDS_PER_FILE} records.`,
    subjects,
    cleanUp: async () => undefined,
  }
}

async function measureSize(
  bench: Bench,
  name: string,
  size: Size,
  records: number,
): Promise<Figures> {
  const { stack } = bench
  const partitions = size.topics * size.partitions
  const filesEach = Math.max(1, Math.round(records / RECORDS_PER_FILE / partitions))
  const recordsPerPartition = filesEach * RECORDS_PER_FILE
  const total = recordsPerPartition * partitions
  const flags = { ...BY_RECORDS, 'flush.records': RECORDS_PER_FILE }
  const { topics: topicCount, partitions: each } = size
  const idle = await measureIdle(bench, name, { topics: topicCount, partitions: each, flags })

  const run = `${name}-${Date.now()}`
  const topics = Array.from({ length: topicCount }, (_, n) => `${run}-${n}`)
  await createTopics(
    stack,
    topics.map((topic) => ({ topic, partitions: each })),
  )
  const fill = async (count: number): Promise<void> => {
    for (const topic of topics) {
      const load = { topic, partitions: each, recordsPerPartition: count, values: VALUES } as const
      await fillTopic(stack, load)
    }
  }
  try {
    if (size.files > 0) await makeEmptyFiles(stack, `/${run}`, topics, each, size.files)
    await fill(recordsPerPartition)
    const task = { topics, run, flags }
    const first = await measureSink(bench, task, total)
    await fill(RECORDS_PER_FILE)
    const again = await measureRestart(bench, task, partitions)
    return {
      readySeconds: idle.readySeconds,
      startSeconds: first.startSeconds,
      recordsPerSecond: first.recordsPerSecond,
      cpuSecondsPerMillion: ((first.cpuSeconds - idle.cpuSeconds) / total) * 1e6,
      peakRssMib: first.peakRssMib,
      ...again,
    }
  } finally {
    await deleteTopics(stack, topics)
    await removeRun(stack, run)
  }
}

/** Every partition has a journal, and records for one file. */
async function measureRestart(
  { stack }: Bench,
  task: SinkTask,
  partitions: number,
): Promise<Figures> {
  const sink = new SinkProcess(stack, task)
  try {
    const joinedMs = await sink.ready()
    await sink.published(partitions * RECORDS_PER_FILE)
    let requests = 0
    for (const count of requestsByOp(await sink.metrics()).values()) requests += count
    const firstMs = sink.log.flushes[0]?.timeMs ?? Number.NaN
    return {
      recoverySeconds: (firstMs - joinedMs) / 1000,
      recoveryRequests: requests / partitions,
    }
  } finally {
    await sink.stop()
  }
}
