import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Figures } from '../figures.ts'
import { createTopics, deleteTopics } from '../load/fill.ts'
import { NameNodeClient } from '../load/name-node.ts'
import { weightedPercentile } from '../page/statistics.ts'
import { removeRun } from '../sink/measure.ts'
import { SinkProcess } from '../sink/sink-process.ts'
import type { Bench, Prepared, Scenario } from '../types.ts'
import { PARTITIONS } from './throughput.ts'

const INTERVAL_MS = 5_000
const RECORDS_PER_SECOND = 50_000
const SECONDS = { quick: 30, full: 120 }
const LIST_EVERY_MS = 50
/** After the last record: one interval and what a flush may take. */
const PATIENCE_MS = 30_000

export const LATENCY_SINK = 'sink'

export const LATENCY: Scenario = {
  name: 'latency',
  title: 'Latency',
  about:
    `Records are produced at ${RECORDS_PER_SECOND.toLocaleString('en-US')} a second, each with the time it was due; ` +
    `files are rotated every ${INTERVAL_MS / 1000} s. The output directories are listed every ${LIST_EVERY_MS} ms by the ` +
    'bench, not by the sink: a record is visible when a listing shows the file with its offset.',
  rounds: { quick: 1, full: 5 },
  prepare,
}

/** Records of one produce request: all of one time. */
export interface ProducedBatch {
  readonly partition: number
  readonly offset: number
  readonly records: number
  readonly timeMs: number
}

/** A file, and when it was first seen. */
export interface SeenFile {
  readonly partition: number
  /** Of its first record. */
  readonly offset: number
  readonly records: number
  readonly seenMs: number
}

async function prepare(bench: Bench): Promise<Prepared> {
  const seconds = Math.ceil(SECONDS[bench.full ? 'full' : 'quick'] * bench.scale)
  return {
    facts: `${seconds} s, ${PARTITIONS} partitions, records of 100 B.`,
    subjects: [{ name: LATENCY_SINK, run: () => measure(bench, seconds) }],
    cleanUp: async () => undefined,
  }
}

async function measure({ stack }: Bench, seconds: number): Promise<Figures> {
  const topic = `latency-${Date.now()}`
  await createTopics(stack, [{ topic, partitions: PARTITIONS }])
  const flags = {
    'flush.intervalMs': INTERVAL_MS,
    'flush.records': 100_000_000,
    'flush.bytes': 2_000_000_000,
  }
  const sink = new SinkProcess(stack, { topics: [topic], run: topic, flags })
  try {
    await sink.ready()
    await sink.claimed(PARTITIONS)
    const { cpuSeconds: cpuBefore } = sink.usage()
    const produced: ProducedBatch[] = []
    const producing = produce(stack.brokers[0] ?? '', topic, seconds, produced)
    const watching = new Watch(NameNodeClient.of(stack), `/${topic}/${topic}`)
    const [seen] = await Promise.all([watching.until(producing, produced), producing])
    const { cpuSeconds, peakRssMib } = sink.usage()
    const records = produced.reduce((sum, batch) => sum + batch.records, 0)
    return {
      ...latencies(produced, seen),
      recordsPerSecond: records / seconds,
      cpuSecondsPerMillion: ((cpuSeconds - cpuBefore) / records) * 1e6,
      peakRssMib,
      files: seen.length,
    }
  } finally {
    await sink.stop()
    await deleteTopics(stack, [topic])
    await removeRun(stack, topic)
  }
}

/** Resolves when the producer has ended; what it produced is added to `produced` meanwhile. */
async function produce(
  broker: string,
  topic: string,
  seconds: number,
  produced: ProducedBatch[],
): Promise<void> {
  const script = path.join(import.meta.dirname, '..', 'tools', 'steady-producer.ts')
  const args = [script, broker, topic, PARTITIONS, RECORDS_PER_SECOND, seconds].map(String)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const [partition = 0, offset = 0, records = 0, timeMs = 0] = JSON.parse(line) as number[]
    produced.push({ partition, offset, records, timeMs })
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`the producer ended with ${code}`)
}

/** Lists the directories of all partitions over and over. */
class Watch {
  readonly #nameNode: NameNodeClient
  readonly #directory: string
  readonly #seen = new Map<string, SeenFile>()

  constructor(nameNode: NameNodeClient, directory: string) {
    this.#nameNode = nameNode
    this.#directory = directory
  }

  /** Until nothing is produced any more and all of it was seen. */
  async until(producing: Promise<void>, produced: readonly ProducedBatch[]): Promise<SeenFile[]> {
    let endedMs = Number.POSITIVE_INFINITY
    producing.then(
      () => (endedMs = Date.now()),
      () => (endedMs = 0),
    )
    for (;;) {
      await this.#look()
      const files = [...this.#seen.values()]
      if (Date.now() > endedMs && countRecords(files) >= countRecords(produced)) return files
      if (Date.now() > endedMs + PATIENCE_MS) throw new Error('not all records became visible')
      await wait(LIST_EVERY_MS)
    }
  }

  async #look(): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const entries = await this.#nameNode.list(`${this.#directory}/${partition}`)
      const seenMs = Date.now()
      for (const { pathSuffix } of entries) {
        const path = `${partition}/${pathSuffix}`
        if (!this.#seen.has(path)) this.#seen.set(path, seenFile(partition, pathSuffix, seenMs))
      }
    }
  }
}

/** From a name such as 00000000000000000000-00000000000000004999.txt */
export function seenFile(partition: number, name: string, seenMs: number): SeenFile {
  const [, start, end] = /^(\d+)-(\d+)\./.exec(name) ?? []
  if (start === undefined || end === undefined) throw new Error(`expected offsets, found ${name}`)
  const offset = Number(start)
  return { partition, offset, records: Number(end) - offset + 1, seenMs }
}

function countRecords(parts: readonly { readonly records: number }[]): number {
  return parts.reduce((sum, { records }) => sum + records, 0)
}

/** Of every record, from the time it was due to the time its file was seen. */
export function latencies(
  produced: readonly ProducedBatch[],
  seen: readonly SeenFile[],
): Required<Pick<Figures, 'latencyP50Seconds' | 'latencyP99Seconds' | 'latencyMaxSeconds'>> {
  const inOrder = seen.toSorted((a, b) => a.offset - b.offset)
  const weighted = produced.flatMap((batch) => {
    const batchEnd = batch.offset + batch.records
    return inOrder.flatMap((file) => {
      if (file.partition !== batch.partition) return []
      const from = Math.max(file.offset, batch.offset)
      const to = Math.min(file.offset + file.records, batchEnd)
      if (to <= from) return []
      return [{ value: (file.seenMs - batch.timeMs) / 1000, weight: to - from }]
    })
  })
  return {
    latencyP50Seconds: weightedPercentile(weighted, 0.5),
    latencyP99Seconds: weightedPercentile(weighted, 0.99),
    latencyMaxSeconds: weightedPercentile(weighted, 1),
  }
}
