import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MachineWatch } from '../../bench/sink/machine-usage.ts'
import { rateAfter } from '../../bench/sink/measure.ts'
import { parseMetrics, requestsByOp, sumOf } from '../../bench/sink/metrics.ts'
import { usageOf } from '../../bench/sink/process-usage.ts'
import { SinkLog } from '../../bench/sink/sink-log.ts'
import { type SinkFlags, SinkProcess } from '../../bench/sink/sink-process.ts'
import type { StackInfo } from '../../stack/index.ts'
import { becomesTrue } from '../../stack/wait.ts'

function line(entry: object): string {
  return `${JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', ...entry })}\n`
}

describe("the sink's log", () => {
  it('is followed flush by flush', async () => {
    const output = new PassThrough()
    const log = new SinkLog(output)
    const flush = { msg: 'flushed', topic: 't', partition: 0, startOffset: 0, endOffset: 5 }
    output.write(line({ ...flush, records: 5 }))
    output.write(line({ ...flush, records: 7 }))
    await log.until('all is there', () => log.records >= 12)
    expect(log.flushes.map(({ records }) => records)).toEqual([5, 7])
    expect(log.flushes[0]?.timeMs).toBe(Date.UTC(2026, 0, 1))
  })

  it('says where metrics are served', async () => {
    const output = new PassThrough()
    const log = new SinkLog(output)
    output.write(line({ msg: 'metrics and health are served', url: 'http://127.0.0.1:1' }))
    await log.until('it serves', () => log.url !== '')
    expect(log.url).toBe('http://127.0.0.1:1')
  })

  it('ends a wait when the sink ends, with what the sink complained of', async () => {
    const output = new PassThrough()
    const log = new SinkLog(output)
    output.end('kafka.topics: expected a list\n')
    await expect(log.until('it was ready', () => false)).rejects.toThrow('expected a list')
  })
})

describe("the sink's metrics", () => {
  const text = [
    '# HELP kafka_hdfs_sink_files_committed_total Files',
    'kafka_hdfs_sink_files_committed_total{topic="t",trigger="records"} 3',
    'kafka_hdfs_sink_files_committed_total{topic="t",trigger="time"} 1',
    'kafka_hdfs_sink_hdfs_request_duration_seconds_count{op="CREATE",status="201"} 4',
    'kafka_hdfs_sink_hdfs_request_duration_seconds_count{op="CREATE",status="307"} 4',
    'kafka_hdfs_sink_hdfs_request_duration_seconds_count{op="RENAME",status="200"} 8',
    'process_cpu_seconds_total 1.5',
  ].join('\n')

  it('are summed over labels', () => {
    expect(sumOf(parseMetrics(text), 'files_committed_total')).toBe(4)
    expect(sumOf(parseMetrics(text), 'process_cpu_seconds_total')).toBe(1.5)
  })

  it('tell how many requests of each kind were sent to HDFS', () => {
    expect([...requestsByOp(parseMetrics(text))]).toEqual([
      ['CREATE', 8],
      ['RENAME', 8],
    ])
  })
})

describe('the rate of a sink', () => {
  const flush = (timeMs: number, records: number) => ({
    ...{ topic: 't', partition: 0, startOffset: 0, endOffset: 0 },
    timeMs,
    records,
  })

  it('is that of what it published since it had joined', () => {
    const flushes = [flush(900, 1_000), flush(1_500, 30), flush(3_000, 20)]
    expect(rateAfter(1_000, flushes)).toBe(25)
  })

  it('is unknown when all was published before', () => {
    expect(rateAfter(1_000, [flush(900, 1_000)])).toBeNaN()
  })
})

// Nobody listens there: the sink goes on trying.
const NOWHERE = { brokers: ['localhost:1'], webhdfsUrls: ['http://localhost:1'], hdfsUser: 'u' }

function startSink(flags: SinkFlags): SinkProcess {
  const stack = NOWHERE as Partial<StackInfo> as StackInfo
  const sink = new SinkProcess(stack, { topics: ['t'], run: 'r', flags }, ['src/main.ts'])
  onTestFinished(() => sink.stop())
  return sink
}

describe('a sink that the bench starts', () => {
  it('is measured while it runs', async () => {
    const sink = startSink({ workers: 1 })
    await sink.log.until('it serves', () => sink.log.url !== '')
    expect(sumOf(await sink.metrics(), 'build_info')).toBe(1)
    expect(sink.usage().cpuSeconds).toBeGreaterThan(0)
  })

  it('tells why it did not start', async () => {
    const sink = startSink({ 'flush.records': 0 })
    await expect(sink.ready()).rejects.toThrow('flush.records')
  })
})

describe('what a process uses', () => {
  it.runIf(process.platform === 'linux')('is read from the system', () => {
    const { cpuSeconds, peakRssMib } = usageOf(process.pid)
    expect(cpuSeconds).toBeGreaterThan(0)
    expect(peakRssMib).toBeGreaterThan(10)
  })

  it.runIf(process.platform === 'linux')('is no memory once it has ended', async () => {
    // The shell becomes a program that never asks for the shell's child, which ends only then: a shell
    // that is still one may have asked.
    const command = 'cat <&3 & echo $!; exec sleep 60'
    const parent = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [output, held] = [parent.stdio[1] as Readable, parent.stdio[3] as Writable]
    const [first] = (await once(output, 'data')) as [Buffer]
    const pid = Number(String(first).trim())
    const hasName = async () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n'
    expect(await becomesTrue(hasName, { timeoutMs: 2_000 })).toBe(true)
    held.end()
    const hasEnded = async () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
    expect(await becomesTrue(hasEnded, { timeoutMs: 2_000 })).toBe(true)
    expect(usageOf(pid).peakRssMib).toBe(0)
  })
})

it('a machine on which one core never rests has at least that one busy', () => {
  const machine = new MachineWatch()
  const untilMs = performance.now() + 300
  while (performance.now() < untilMs);
  const busy = machine.coresBusy()
  expect(busy).toBeGreaterThan(0.8)
  expect(busy).toBeLessThan(availableParallelism() + 0.1)
})
