import type { Figures } from '../figures.ts'
import { deleteTopics, newTopic } from '../load/fill.ts'
import { NameNodeClient } from '../load/name-node.ts'
import { BY_RECORDS, measureIdle, measureSink, removeRun } from '../sink/measure.ts'
import { requestsByOp, sumOf } from '../sink/metrics.ts'
import type { SinkProcess } from '../sink/sink-process.ts'
import { runBenchTool } from '../tools/run-tool.ts'
import type { Bench, Prepared, Scenario, Subject } from '../types.ts'
import { PARTITIONS, UPLOADS_AT_ONCE } from './throughput.ts'

export const RAW_FLUSHES = 'raw requests of the protocol'
export const SMALL_FLUSH_SINK = 'sink, 1 worker'
const LEAST_REQUESTS = 'raw CREATE and RENAME alone'

const RECORDS_PER_FILE = 10
const FILES_PER_PARTITION = { quick: 500, full: 4_000 }
/** Of the value; a line has one byte more. */
const VALUE_BYTES = 100

export const SMALL_FLUSHES: Scenario = {
  name: 'small-flushes',
  title: '10-record flushes',
  about:
    'A file for every ten records, as this project began. Beside it the same WebHDFS requests in the ' +
    'same order, sent by a process that does nothing else, for as many partitions and with as many ' +
    'uploads at once; and the two requests without which no file appears at once and whole. A flush ' +
    'takes 1 request to a DataNode and the others to the NameNode, which counts its own operations.',
  rounds: { quick: 1, full: 5 },
  prepare,
}

async function prepare(bench: Bench): Promise<Prepared> {
  const { stack, full, scale } = bench
  const files = Math.ceil(FILES_PER_PARTITION[full ? 'full' : 'quick'] * scale)
  const recordsPerPartition = files * RECORDS_PER_FILE
  const topic = `small-flushes-${Date.now()}`
  const values = `${VALUE_BYTES} B` as const
  await newTopic(stack, { topic, partitions: PARTITIONS, recordsPerPartition, values })
  return {
    facts: `${files * PARTITIONS} files of ${RECORDS_PER_FILE} records in ${PARTITIONS} partitions, ${UPLOADS_AT_ONCE} uploads at once.`,
    subjects: [
      await sinkSubject(bench, topic, files),
      rawSubject(bench, RAW_FLUSHES, 'all', topic, files),
      rawSubject(bench, LEAST_REQUESTS, 'least', topic, files),
    ],
    compare: compareToRaw,
    cleanUp: () => deleteTopics(stack, [topic]),
  }
}

async function sinkSubject(bench: Bench, topic: string, files: number): Promise<Subject> {
  const flags = { ...BY_RECORDS, 'flush.records': RECORDS_PER_FILE, workers: 1 }
  const idle = await measureIdle(bench, 'flushes', { topics: 1, partitions: PARTITIONS, flags })
  const total = files * PARTITIONS
  return {
    name: SMALL_FLUSH_SINK,
    async run(round) {
      const run = `${topic}-${round}-sink`
      const nameNode = NameNodeClient.of(bench.stack)
      let [requests, flushes] = [0, 0]
      const operationsBefore = await nameNode.operations()
      const task = { topics: [topic], run, flags }
      const look = async (sink: SinkProcess): Promise<void> => {
        const samples = await sink.metrics()
        for (const count of requestsByOp(samples).values()) requests += count
        flushes = sumOf(samples, 'files_committed_total')
      }
      const measured = await measureSink(bench, task, total * RECORDS_PER_FILE, { look })
      const operations = (await nameNode.operations()) - operationsBefore
      await removeRun(bench.stack, run)
      const { recordsPerSecond, coresBusy, peakRssMib } = measured
      return {
        filesPerSecond: recordsPerSecond / RECORDS_PER_FILE,
        cpuMillisPerFile: ((measured.cpuSeconds - idle.cpuSeconds) / total) * 1000,
        coresBusy,
        peakRssMib,
        requestsPerFlush: requests / flushes,
        nameNodeOpsPerFlush: operations / total,
      }
    },
  }
}

function rawSubject(
  { stack }: Bench,
  name: string,
  requests: 'all' | 'least',
  topic: string,
  files: number,
): Subject {
  return {
    name,
    async run(round) {
      const run = `${topic}-${round}-${requests}`
      const nameNode = NameNodeClient.of(stack)
      const operationsBefore = await nameNode.operations()
      const { seconds, cpuSeconds, coresBusy } = await runBenchTool('raw-flush', [
        ...[stack.webhdfsUrls[0] ?? '', stack.hdfsUser, `/${run}`, PARTITIONS, files],
        ...[RECORDS_PER_FILE * (VALUE_BYTES + 1), UPLOADS_AT_ONCE, requests],
      ])
      const operations = (await nameNode.operations()) - operationsBefore
      await removeRun(stack, run)
      const total = files * PARTITIONS
      return {
        filesPerSecond: total / seconds,
        cpuMillisPerFile: (cpuSeconds / total) * 1000,
        coresBusy,
        requestsPerFlush: requests === 'all' ? 7 : 3,
        nameNodeOpsPerFlush: operations / total,
      }
    },
  }
}

export function compareToRaw(round: ReadonlyMap<string, Figures>): ReadonlyMap<string, Figures> {
  const rate = (name: string): number => round.get(name)?.filesPerSecond ?? Number.NaN
  return new Map([[SMALL_FLUSH_SINK, { ofRaw: rate(SMALL_FLUSH_SINK) / rate(RAW_FLUSHES) }]])
}
