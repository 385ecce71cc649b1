import type { Figures } from '../figures.ts'
import { consumerPerformance } from '../load/consumer-performance.ts'
import { deleteTopics, newTopic } from '../load/fill.ts'
import type { ValueKind } from '../load/values.ts'
import { BY_RECORDS, removeRun } from '../sink/measure.ts'
import type { SinkFlags } from '../sink/sink-process.ts'
import { runBenchTool, type ToolReport } from '../tools/run-tool.ts'
import type { Bench, Prepared, Scenario, Subject } from '../types.ts'
import { sinkSubject } from './sink-subject.ts'

export const PARTITIONS = 3
/** Default of hdfs.uploadsInFlight. */
export const UPLOADS_AT_ONCE = 8

export interface ThroughputOptions {
  readonly name: string
  readonly title: string
  readonly values: Exclude<ValueKind, 'web events'>
  readonly recordsPerFile: number
  readonly filesPerPartition: { readonly quick: number; readonly full: number }
  readonly rounds: Scenario['rounds']
  /** Whether the peers are measured too. */
  readonly withPeers: boolean
}

/** Names that the targets and the comparison look for. */
export const SINK = 'sink'
export const SINK_TWO_WORKERS = 'sink, 2 workers'
export const RAW_FETCH = 'ceiling: raw fetch'
export const JAVA_FETCH = 'ceiling: ConsumerPerformance (Java)'
export const RAW_UPLOAD = 'ceiling: raw upload'
export const BOTH = 'ceiling: raw fetch and raw upload at once'

const ABOUT =
  'Uncompressed text. The sink, with its defaults (on two cores that is one worker) and with two, beside what it cannot surpass: ' +
  'reading the topic and dropping it, uploading the same number of bytes in files of the same size, ' +
  'and both of these at once, by processes that do nothing else.'

export function throughput(options: ThroughputOptions): Scenario {
  const { name, title, rounds } = options
  return { name, title, rounds, about: ABOUT, prepare: (bench) => prepare(bench, options) }
}

async function prepare(bench: Bench, options: ThroughputOptions): Promise<Prepared> {
  const { stack, full, scale } = bench
  const { name, values, recordsPerFile, filesPerPartition } = options
  const files = Math.ceil(filesPerPartition[full ? 'full' : 'quick'] * scale)
  const recordsPerPartition = files * recordsPerFile
  const topic = `${name}-${Date.now()}`
  await newTopic(stack, { topic, partitions: PARTITIONS, recordsPerPartition, values })
  const setup: Setup = {
    bench,
    options,
    topic,
    recordsPerPartition,
    records: recordsPerPartition * PARTITIONS,
    files: files * PARTITIONS,
    fileBytes: recordsPerFile * (Number.parseInt(values, 10) + 1),
  }
  const subjects = [
    await textSubject(setup, SINK, {}),
    await textSubject(setup, SINK_TWO_WORKERS, { workers: 2 }),
    ...ceilings(setup),
    ...(options.withPeers ? peerSubjects(setup) : []),
  ]
  const sizes = `${setup.files} files of ${recordsPerFile.toLocaleString('en-US')} records`
  return {
    facts:
      `${setup.records.toLocaleString('en-US')} records of ${values} in ${PARTITIONS} partitions, ` +
      `${sizes} (${(setup.fileBytes / 2 ** 20).toFixed(1)} MiB).`,
    subjects,
    compare: compareToCeilings,
    cleanUp: () => deleteTopics(stack, [topic]),
  }
}

interface Setup {
  readonly bench: Bench
  readonly options: ThroughputOptions
  readonly topic: string
  readonly recordsPerPartition: number
  readonly records: number
  readonly files: number
  readonly fileBytes: number
}

async function textSubject(setup: Setup, name: string, more: SinkFlags): Promise<Subject> {
  const { bench, options, topic, records } = setup
  const flags = { ...BY_RECORDS, 'flush.records': options.recordsPerFile, ...more }
  const loaded = { scenario: options.name, topic, partitions: PARTITIONS, records }
  const subject = await sinkSubject(bench, loaded, name, flags)
  return {
    name,
    async run(round) {
      const { recordsPerSecond = Number.NaN, ...figures } = await subject.run(round)
      return { recordsPerSecond, mibPerSecond: mibOf(setup, recordsPerSecond), ...figures }
    },
  }
}

function ceilings(setup: Setup): Subject[] {
  const { bench, topic, records, files, fileBytes, recordsPerPartition } = setup
  const { stack } = bench
  const broker = stack.brokers[0] ?? ''
  const fetchArgs = [broker, topic, PARTITIONS, recordsPerPartition]
  const directory = (round: number, what: string) => `${topic}-${round}-${what}`
  const uploadArgs = (run: string) => [
    ...[stack.webhdfsUrls[0] ?? '', stack.hdfsUser, `/${run}`],
    ...[files, fileBytes, UPLOADS_AT_ONCE],
  ]
  const figures = ({
    seconds,
    cpuSeconds,
    coresBusy,
  }: Pick<ToolReport, 'seconds' | 'cpuSeconds' | 'coresBusy'>): Figures => ({
    recordsPerSecond: records / seconds,
    mibPerSecond: mibOf(setup, records / seconds),
    cpuSecondsPerMillion: (cpuSeconds / records) * 1e6,
    coresBusy,
  })
  return [
    {
      name: RAW_FETCH,
      async run() {
        return figures(await runBenchTool('raw-fetch', fetchArgs))
      },
    },
    {
      name: JAVA_FETCH,
      async run() {
        const recordsPerSecond = await consumerPerformance(stack, topic, records)
        return { recordsPerSecond, mibPerSecond: mibOf(setup, recordsPerSecond) }
      },
    },
    {
      name: RAW_UPLOAD,
      async run(round) {
        const run = directory(round, 'upload')
        const report = await runBenchTool('raw-upload', uploadArgs(run))
        await removeRun(stack, run)
        return figures(report)
      },
    },
    {
      name: BOTH,
      async run(round) {
        const run = directory(round, 'both')
        const both = await Promise.all([
          runBenchTool('raw-fetch', fetchArgs),
          runBenchTool('raw-upload', uploadArgs(run)),
        ])
        await removeRun(stack, run)
        const startedMs = Math.min(...both.map((each) => each.startedMs))
        const endedMs = Math.max(...both.map((each) => each.endedMs))
        const cpuSeconds = both.reduce((sum, each) => sum + each.cpuSeconds, 0)
        const coresBusy = Math.max(...both.map((each) => each.coresBusy))
        return figures({ seconds: (endedMs - startedMs) / 1000, cpuSeconds, coresBusy })
      },
    },
  ]
}

function peerSubjects(setup: Setup): Subject[] {
  const { bench, options, topic, records, fileBytes } = setup
  const { recordsPerFile } = options
  return bench.peers.map((peer) => ({
    name: `peer: ${peer.name}`,
    async run(round) {
      const run = `${topic}-${round}-${peer.name.replace(/\W+/g, '-')}`
      const lineBytes = fileBytes / recordsPerFile
      const task = { topic, partitions: PARTITIONS, records, lineBytes, recordsPerFile, run }
      const figures = await peer.run(bench.stack, task)
      await removeRun(bench.stack, run)
      return { ...figures, mibPerSecond: mibOf(setup, figures.recordsPerSecond ?? Number.NaN) }
    },
  }))
}

/** Of the bytes as written. */
function mibOf({ fileBytes, options }: Setup, recordsPerSecond: number): number {
  return (recordsPerSecond * (fileBytes / options.recordsPerFile)) / 2 ** 20
}

/** Each rate beside the lower ceiling of its own round: the machine's mood cancels out. */
export function compareToCeilings(
  round: ReadonlyMap<string, Figures>,
): ReadonlyMap<string, Figures> {
  const rate = (name: string): number => round.get(name)?.recordsPerSecond ?? Number.NaN
  const fetches = [RAW_FETCH, JAVA_FETCH].map(rate).filter((value) => !Number.isNaN(value))
  const ceiling = Math.min(Math.max(...fetches), rate(RAW_UPLOAD))
  const movers = [...round.keys()].filter((name) => !name.startsWith('ceiling'))
  return new Map(
    movers.map((name) => [
      name,
      { ofCeiling: rate(name) / ceiling, ofBoth: rate(name) / rate(BOTH) },
    ]),
  )
}
