import type { Figures } from '../figures.ts'
import { deleteTopics, newTopic } from '../load/fill.ts'
import type { ValueKind } from '../load/values.ts'
import { BY_RECORDS } from '../sink/measure.ts'
import type { SinkFlags } from '../sink/sink-process.ts'
import { runBenchTool } from '../tools/run-tool.ts'
import type { Bench, Prepared, Scenario, Subject } from '../types.ts'
import { sinkSubject } from './sink-subject.ts'
import { PARTITIONS } from './throughput.ts'

export interface Format {
  readonly name: string
  readonly flags: SinkFlags
  /** Measured by itself too. */
  readonly codec?: 'gzip' | 'zstd'
}

export const TEXT: Format = { name: 'text', flags: {} }
export const JSON_STRING: Format = {
  name: 'json-lines, values as strings',
  flags: { 'format.type': 'json-lines', 'format.values': 'string' },
}
export const JSON_EMBEDDED: Format = {
  name: 'json-lines, values embedded',
  flags: { 'format.type': 'json-lines', 'format.values': 'json' },
}
export const GZIP: Format = {
  name: 'text, gzip 1',
  flags: { 'format.compression': 'gzip', 'format.compressionLevel': 1 },
  codec: 'gzip',
}
export const ZSTD: Format = {
  name: 'text, zstd 1',
  flags: { 'format.compression': 'zstd', 'format.compressionLevel': 1 },
  codec: 'zstd',
}

export interface FormatsOptions {
  readonly name: string
  readonly title: string
  readonly values: ValueKind
  readonly formats: readonly Format[]
  readonly filesPerPartition: { readonly quick: number; readonly full: number }
  readonly rounds: Scenario['rounds']
}

const RECORDS_PER_FILE = 50_000
const ABOUT =
  'The same records in several formats, each beside text in the same round. A codec is measured by ' +
  'itself too: a process that compresses the same lines, file by file, and does nothing else. What ' +
  'the sink uses beyond text should be little more than that.'

export function formats(options: FormatsOptions): Scenario {
  const { name, title, rounds } = options
  return { name, title, rounds, about: ABOUT, prepare: (bench) => prepare(bench, options) }
}

export function codecSubject(codec: 'gzip' | 'zstd'): string {
  return `codec alone: ${codec} 1`
}

async function prepare(bench: Bench, options: FormatsOptions): Promise<Prepared> {
  const { name, values, filesPerPartition } = options
  const { stack, full, scale } = bench
  const files = Math.ceil(filesPerPartition[full ? 'full' : 'quick'] * scale)
  const recordsPerPartition = files * RECORDS_PER_FILE
  const records = recordsPerPartition * PARTITIONS
  const topic = `${name}-${Date.now()}`
  await newTopic(stack, { topic, partitions: PARTITIONS, recordsPerPartition, values })
  const loaded = { scenario: 'formats', topic, partitions: PARTITIONS, records }
  const subjects: Subject[] = []
  for (const format of options.formats) {
    const flags = { ...BY_RECORDS, 'flush.records': RECORDS_PER_FILE, ...format.flags }
    subjects.push(await sinkSubject(bench, loaded, format.name, flags))
    if (format.codec !== undefined) subjects.push(codecAlone(format.codec, values, records))
  }
  return {
    facts:
      `${records.toLocaleString('en-US')} records (${values}) in ${PARTITIONS} partitions, files of ` +
      `${RECORDS_PER_FILE.toLocaleString('en-US')} records.`,
    subjects,
    compare: (round) => compareToText(round, options.formats),
    cleanUp: () => deleteTopics(stack, [topic]),
  }
}

function codecAlone(codec: 'gzip' | 'zstd', values: ValueKind, records: number): Subject {
  return {
    name: codecSubject(codec),
    async run() {
      const args = [codec, 1, values, records, RECORDS_PER_FILE]
      const { seconds, cpuSeconds } = await runBenchTool('codec-cost', args)
      const cpuSecondsPerMillion = (cpuSeconds / records) * 1e6
      return { recordsPerSecond: records / seconds, cpuSecondsPerMillion }
    },
  }
}

export function compareToText(
  round: ReadonlyMap<string, Figures>,
  measured: readonly Format[],
): ReadonlyMap<string, Figures> {
  const cpu = (name: string): number => round.get(name)?.cpuSecondsPerMillion ?? Number.NaN
  const text = cpu(TEXT.name)
  return new Map(
    measured.map(({ name, codec }) => {
      const ofText = cpu(name) / text
      if (codec === undefined) return [name, { ofText }]
      return [name, { ofText, ofCodec: (cpu(name) - text) / cpu(codecSubject(codec)) }]
    }),
  )
}
