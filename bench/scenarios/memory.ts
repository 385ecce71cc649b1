import { setTimeout as wait } from 'node:timers/promises'
import type { Figures } from '../figures.ts'
import { deleteTopics, newTopic, type TopicLoad } from '../load/fill.ts'
import { measureSink, removeRun } from '../sink/measure.ts'
import { type SinkFlags, SinkProcess } from '../sink/sink-process.ts'
import type { Bench, Prepared, Scenario } from '../types.ts'
import { PARTITIONS } from './throughput.ts'

export const MEMORY_SINK = 'sink'

const AWAY_SECONDS = { quick: 120, full: 600 }
const OUTAGE_RECORDS_PER_PARTITION = { quick: 400_000, full: 1_000_000 }
const RECORDS_PER_FILE = 50_000
const VALUES = '1024 B'
/** Of a value of 1 KiB and its line end. */
const LINE_BYTES = 1025
/** Large files take long, and so does it until HDFS is asked again after an outage. */
const PATIENCE_MS = 600_000

export const OUTAGE: Scenario = {
  name: 'hdfs-away',
  title: 'HDFS away',
  about:
    'NameNode and DataNode are killed while the sink works at full load, and come back later. There is ' +
    'more in Kafka than the memory budget holds, so it fills up and partitions are paused.',
  rounds: { quick: 1, full: 1 },
  async prepare(bench) {
    const seconds = Math.ceil(AWAY_SECONDS[bench.full ? 'full' : 'quick'] * bench.scale)
    const each = OUTAGE_RECORDS_PER_PARTITION[bench.full ? 'full' : 'quick'] * bench.scale
    const recordsPerPartition = Math.ceil(each / RECORDS_PER_FILE) * RECORDS_PER_FILE
    const load = loadOf('hdfs-away', PARTITIONS, recordsPerPartition)
    return prepared(bench, load, `Away for ${seconds} s.`, () => outage(bench, load, seconds))
  },
}

async function outage({ stack }: Bench, load: TopicLoad, seconds: number): Promise<Figures> {
  const { topic, recordsPerPartition, partitions } = load
  const flags = { 'flush.records': RECORDS_PER_FILE, 'flush.bytes': 2_000_000_000 }
  const sink = new SinkProcess(stack, { topics: [topic], run: topic, flags })
  try {
    await sink.ready()
    await sink.published(1)
    const awaySince = Date.now()
    await Promise.all([stack.nameNode.kill(), stack.dataNode.kill()])
    await wait(seconds * 1000)
    await Promise.all([stack.nameNode.start(), stack.dataNode.start()])
    const [backMs, before] = [Date.now(), sink.log.records]
    await sink.published(before + 1, PATIENCE_MS)
    const resumedMs = Date.now()
    await sink.published(recordsPerPartition * partitions, PATIENCE_MS)
    return {
      awaySeconds: (backMs - awaySince) / 1000,
      resumeSeconds: (resumedMs - backMs) / 1000,
      peakRssMib: sink.usage().peakRssMib,
    }
  } finally {
    await sink.stop()
    await removeRun(stack, topic)
  }
}

const LARGE_RECORDS = 10_485_760

export const LARGE_FILE: Scenario = {
  name: 'large-file',
  title: 'A file of 10 GB',
  about: 'One partition, one file that is far larger than the memory budget.',
  rounds: { quick: 0, full: 1 },
  async prepare(bench) {
    const records = Math.ceil(LARGE_RECORDS * bench.scale)
    const load = loadOf('large-file', 1, records)
    const gib = ((records * LINE_BYTES) / 2 ** 30).toFixed(1)
    const flags = {
      'flush.records': records,
      'flush.bytes': 2 ** 34,
      'flush.intervalMs': 3_600_000,
    }
    return prepared(bench, load, `${gib} GiB in one file.`, () => move(bench, load, flags))
  },
}

const MANY_PARTITIONS = 1_000
const MANY_RECORDS_PER_PARTITION = 8_000
const MANY_INTERVAL_MS = 120_000

export const MANY_LARGE: Scenario = {
  name: 'many-large',
  title: '1,000 partitions with files of 128 MiB',
  about:
    'All partitions fill files of up to 128 MiB at the same time. So much does not fit on the disk of ' +
    'this machine: each gets the first MiB of its file, and the clock ends them all.',
  rounds: { quick: 0, full: 1 },
  async prepare(bench) {
    const records = Math.ceil(MANY_RECORDS_PER_PARTITION * bench.scale)
    const load = loadOf('many-large', MANY_PARTITIONS, records)
    const mib = ((records * LINE_BYTES) / 2 ** 20).toFixed(1)
    const facts = `${mib} MiB for each of ${MANY_PARTITIONS.toLocaleString('en-US')} partitions.`
    const flags = {
      'flush.records': 100_000_000,
      'flush.bytes': 128 * 2 ** 20,
      'flush.intervalMs': MANY_INTERVAL_MS,
    }
    return prepared(bench, load, facts, () => move(bench, load, flags))
  },
}

async function move(bench: Bench, load: TopicLoad, flags: SinkFlags): Promise<Figures> {
  const { topic, partitions, recordsPerPartition } = load
  const records = partitions * recordsPerPartition
  let files = 0
  const task = { topics: [topic], run: topic, flags }
  const look = async (sink: SinkProcess): Promise<void> => {
    files = sink.log.flushes.length
  }
  const measured = await measureSink(bench, task, records, { look, patienceMs: PATIENCE_MS })
  await removeRun(bench.stack, topic)
  const { recordsPerSecond, cpuSeconds, peakRssMib } = measured
  const cpuSecondsPerMillion = (cpuSeconds / records) * 1e6
  const mibPerSecond = (recordsPerSecond * LINE_BYTES) / 2 ** 20
  return { recordsPerSecond, mibPerSecond, cpuSecondsPerMillion, peakRssMib, files }
}

function loadOf(name: string, partitions: number, recordsPerPartition: number): TopicLoad {
  return { topic: `${name}-${Date.now()}`, partitions, recordsPerPartition, values: VALUES }
}

async function prepared(
  { stack }: Bench,
  load: TopicLoad,
  facts: string,
  run: () => Promise<Figures>,
): Promise<Prepared> {
  await newTopic(stack, load)
  const records = (load.recordsPerPartition * load.partitions).toLocaleString('en-US')
  return {
    facts: `${records} records of 1 KiB in ${load.partitions} partitions. ${facts}`,
    subjects: [{ name: MEMORY_SINK, run }],
    cleanUp: () => deleteTopics(stack, [load.topic]),
  }
}
