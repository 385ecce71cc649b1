import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Stack } from '../stack/index.ts'
import { type Usage, usageOf } from './process-usage.ts'
import { PARTITIONS, RECORDS_PER_FILE, type Scenario, UPLOADS_AT_ONCE } from './scenarios.ts'

const ROOT = path.join(import.meta.dirname, '..')
const TOOL_TIMEOUT_MS = 600_000

export interface SinkFigures extends Usage {
  /** From the first file's publication to the last one's: without the start of the process. */
  readonly recordsPerSecond: number
  readonly wallSeconds: number
  readonly cpuSecondsPerMillion: number
}

export interface Ceilings {
  readonly consumerRecordsPerSecond: number
  readonly uploadMibPerSecond: number
  readonly uploadRecordsPerSecond: number
  readonly uploadCpuSecondsPerMillion: number
}

/** One topic full of records of random letters, without compression. */
export async function fillTopic(stack: Stack, topic: string, scenario: Scenario): Promise<void> {
  const servers = stack.brokers.join(',')
  const { records, recordBytes } = scenario
  const create = ['--create', '--topic', topic, '--partitions', String(PARTITIONS)]
  const TopicCommand = 'org.apache.kafka.tools.TopicCommand'
  await kafkaTool(stack, TopicCommand, ['--bootstrap-server', servers, ...create])
  await kafkaTool(stack, 'org.apache.kafka.tools.ProducerPerformance', [
    ...['--topic', topic, '--num-records', String(records), '--record-size', String(recordBytes)],
    ...['--throughput', '-1', '--producer-props', `bootstrap.servers=${servers}`],
    ...['batch.size=262144', 'linger.ms=20', 'acks=1'],
  ])
}

/** The sink from its start until all records are committed, in a group and a root of its own. */
export async function measureSink(
  stack: Stack,
  topic: string,
  scenario: Scenario,
  workers: number | 'auto',
  run: string,
): Promise<SinkFigures> {
  const started = performance.now()
  const sink = spawn(
    process.execPath,
    ['src/main.ts', 'run', ...sinkFlags(stack, topic, run, workers)],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  try {
    const flushes = await untilCommitted(sink, scenario.records)
    const wallSeconds = (performance.now() - started) / 1000
    const usage = usageOf(sink.pid ?? 0)
    const seconds = (flushes.lastMs - flushes.firstMs) / 1000
    return {
      ...usage,
      wallSeconds,
      recordsPerSecond: (scenario.records - flushes.firstRecords) / seconds,
      cpuSecondsPerMillion: (usage.cpuSeconds / scenario.records) * 1e6,
    }
  } finally {
    const ended = once(sink, 'exit')
    sink.kill('SIGTERM')
    if (sink.exitCode === null && sink.signalCode === null) await ended
  }
}

function sinkFlags(stack: Stack, topic: string, run: string, workers: number | 'auto'): string[] {
  const settings = {
    'kafka.brokers': stack.brokers.join(','),
    'kafka.topics': topic,
    'kafka.group': run,
    'hdfs.urls': stack.webhdfsUrls.join(','),
    'hdfs.user': stack.hdfsUser,
    'hdfs.root': `/${run}`,
    'hdfs.uploadsInFlight': UPLOADS_AT_ONCE,
    'flush.records': RECORDS_PER_FILE,
    'flush.bytes': 64 * 1024 * 1024,
    'flush.intervalMs': 2000,
    'http.port': 'false',
    'log.format': 'json',
    workers,
  }
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
}

interface Flushes {
  readonly firstMs: number
  readonly firstRecords: number
  readonly lastMs: number
}

/** The sink logs each flush when it is published. */
async function untilCommitted(sink: ChildProcess, records: number): Promise<Flushes> {
  if (sink.stderr === null) throw new Error('the sink has no standard error')
  let committed = 0
  let first: { firstMs: number; firstRecords: number } | undefined
  const said: string[] = []
  for await (const line of createInterface({ input: sink.stderr })) {
    const entry = JSON.parse(line) as { msg: string; time: string; records: number; level: string }
    if (entry.level === 'error' || entry.level === 'fatal') said.push(line)
    if (entry.msg !== 'flushed') continue
    const timeMs = Date.parse(entry.time)
    committed += entry.records
    first ??= { firstMs: timeMs, firstRecords: entry.records }
    if (committed >= records) return { ...first, lastMs: timeMs }
  }
  throw new Error(`the sink ended after ${committed} of ${records} records\n${said.join('\n')}`)
}

/** What the broker's own consumer reads, and what HDFS takes of the same bytes in the same files. */
export async function measureCeilings(
  stack: Stack,
  topic: string,
  scenario: Scenario,
  run: string,
): Promise<Ceilings> {
  const consumerRecordsPerSecond = await measureConsumer(stack, topic, scenario)
  const { records, recordBytes } = scenario
  const files = Math.ceil(records / RECORDS_PER_FILE)
  const fileBytes = Math.round((records * (recordBytes + 1)) / files)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      path.join(import.meta.dirname, 'raw-upload.ts'),
      ...[stack.webhdfsUrls[0] ?? '', stack.hdfsUser, `/${run}`],
      ...[files, fileBytes, UPLOADS_AT_ONCE].map(String),
    ],
    { timeout: TOOL_TIMEOUT_MS },
  )
  const raw = JSON.parse(stdout) as { seconds: number; mibPerSecond: number; cpuSeconds: number }
  return {
    consumerRecordsPerSecond,
    uploadMibPerSecond: raw.mibPerSecond,
    uploadRecordsPerSecond: records / raw.seconds,
    uploadCpuSecondsPerMillion: (raw.cpuSeconds / records) * 1e6,
  }
}

async function measureConsumer(stack: Stack, topic: string, scenario: Scenario): Promise<number> {
  const output = await kafkaTool(stack, 'org.apache.kafka.tools.ConsumerPerformance', [
    ...['--bootstrap-server', stack.brokers.join(','), '--topic', topic],
    ...['--num-records', String(scenario.records)],
    ...['--timeout', '60000'],
  ])
  return consumerRate(output)
}

/** ConsumerPerformance prints a heading and a line of figures, both separated by commas. */
export function consumerRate(output: string): number {
  const lines = output.split('\n')
  const heading = lines.findIndex((line) => line.includes('fetch.nMsg.sec'))
  const names = (lines[heading] ?? '').split(',').map((name) => name.trim())
  const values = (lines[heading + 1] ?? '').split(',')
  const rate = Number(values[names.indexOf('fetch.nMsg.sec')])
  if (!(rate > 0)) throw new Error(`expected fetch.nMsg.sec, found:\n${output}`)
  return rate
}

async function kafkaTool(stack: Stack, mainClass: string, args: string[]): Promise<string> {
  const result = await stack.kafkaTool(mainClass, args, { timeoutMs: TOOL_TIMEOUT_MS })
  if (result.exitCode !== 0) throw new Error(`${mainClass}: ${result.stderr}${result.stdout}`)
  return result.stdout.toString()
}
