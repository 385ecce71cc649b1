import { parsePathTemplate } from '../../src/core/path-template.ts'
import type { FetchedRecords, RecordBatch } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { BoundedChunkPool } from '../../src/encoding/chunk-pool.ts'
import { codecOf } from '../../src/encoding/codec.ts'
import { createOutputFormat, type OutputFormatOptions } from '../../src/encoding/output-format.ts'
import { OpenFiles } from '../../src/sink/open-files.ts'
import { PartitionIntake } from '../../src/sink/partition-intake.ts'
import { valueBatch } from '../support/records.ts'

const AT = { topic: 't', partition: 0 }
const BATCH_BYTES = 256 * 1024
const BATCHES = 12
const RECORDS_PER_FILE = 50_000
const ROUND_BYTES = 24 * 1024 * 1024
const ROUNDS = 7

const TEXT = { type: 'text', lineBreaks: 'refuse' } as const
const JSON_LINES = { type: 'json-lines' } as const
const PLAIN = { compression: 'none' } as const

type Work = (batches: readonly RecordBatch[]) => () => void

/** Endless work each, by name. */
const WORKS: Readonly<Record<string, Work>> = {
  'native copies alone': copies,
  'gzip level 1 alone': (batches) => compressions('gzip', batches),
  'zstd level 1 alone': (batches) => compressions('zstd', batches),
  text: (batches) => intoFiles({ ...TEXT, ...PLAIN }, batches),
  'json-lines, values string': (batches) =>
    intoFiles({ ...JSON_LINES, values: 'string', ...PLAIN }, batches),
  'json-lines, values json': (batches) =>
    intoFiles({ ...JSON_LINES, values: 'json', ...PLAIN }, batches),
  'text, gzip level 1': (batches) =>
    intoFiles({ ...TEXT, compression: 'gzip', compressionLevel: 1 }, batches),
  'text, zstd level 1': (batches) =>
    intoFiles({ ...TEXT, compression: 'zstd', compressionLevel: 1 }, batches),
}

/** A web event of about so many bytes. */
function webEvent(n: number, valueBytes: number): string {
  const words = 'select color where hue between red and blue order by saturation'.split(' ')
  const event = { id: n, at: 1_700_000_000_000 + n * 37, user: `u${(n * 7919) % 100_003}` }
  let text = ''
  for (let word = n; JSON.stringify({ ...event, text }).length < valueBytes; word = word * 31 + 7) {
    text += `${words[Math.abs(word) % words.length]}${Math.abs(word) % 97} `
  }
  return JSON.stringify({ ...event, text })
}

function batchesOf(valueBytes: number): RecordBatch[] {
  const records = Math.ceil(BATCH_BYTES / valueBytes)
  return Array.from({ length: BATCHES }, (_, batch) =>
    valueBatch(
      Array.from({ length: records }, (_, n) => webEvent(batch * records + n, valueBytes)),
    ),
  )
}

/** Endless work: each turn takes every batch once. */
function intoFiles(options: OutputFormatOptions, batches: readonly RecordBatch[]): () => void {
  const format = createOutputFormat(options, new BoundedChunkPool(() => 128 * 1024 * 1024))
  const template = parsePathTemplate('/d/{topic}/{partition}-{startOffset}.{extension}', {
    root: '/',
    timeZone: 'UTC',
    extension: format.extension,
  })
  const files = new OpenFiles(AT, format, template)
  const limits = { records: RECORDS_PER_FILE, bytes: 1e9, openFiles: 100, intervalMs: 1e9 }
  const intake = new PartitionIntake(files, new RecordCursor(AT), limits)
  const publish = () => {
    for (const file of files.seal().files) file.release()
  }
  let offset = 0
  return () => {
    const fetchedOffset = offset
    const moved = batches.map((batch) => {
      const at = { baseOffset: offset, lastOffset: offset + batch.recordCount - 1 }
      offset += batch.recordCount
      return { ...batch, ...at }
    })
    const fetched: FetchedRecords = {
      ...AT,
      fetchedOffset,
      nextOffset: offset,
      highWatermark: offset,
      byteLength: 0,
      batches: () => moved,
    }
    const { refused } = intake.take(fetched, fetchedOffset, publish)
    if (refused !== undefined) throw refused
  }
}

/** The same values copied from where they lie to where they go, by native copies alone. */
function copies(batches: readonly RecordBatch[]): () => void {
  const cursor = new RecordCursor(AT)
  const places = batches.map((batch) => {
    const found: number[] = []
    cursor.reset(batch)
    while (cursor.next()) found.push(cursor.valueStart, cursor.valueLength)
    return { records: batch.records, found: Int32Array.from(found) }
  })
  const target = Buffer.alloc(2 * BATCH_BYTES)
  return () => {
    for (const { records, found } of places) {
      for (let n = 0, to = 0; n < found.length; n += 2) {
        const [start, length] = [found[n]!, found[n + 1]!]
        records.copy(target, to, start, start + length)
        to += length
      }
    }
  }
}

/** The codec alone, on the lines that the batches become. */
function compressions(codec: 'gzip' | 'zstd', batches: readonly RecordBatch[]): () => void {
  const lines = textOf(batches)
  const compress = codecOf(codec, 1)
  const blockBytes = 512 * 1024
  return () => {
    for (let start = 0; start < lines.length; start += blockBytes) {
      compress(lines.subarray(start, start + blockBytes))
    }
  }
}

function textOf(batches: readonly RecordBatch[]): Buffer {
  const encoder = createOutputFormat({ ...TEXT, compression: 'none' }).open(AT)
  const cursor = new RecordCursor(AT)
  for (const batch of batches) {
    cursor.reset(batch)
    while (cursor.next()) encoder.append(cursor)
  }
  return Buffer.concat(encoder.finish().chunks)
}

/**
 * CPU microseconds a record of each of these works, on web events of about so many bytes: medians of
 * some rounds in turn.
 */
export function measureLoop(
  valueBytes: number,
  names: readonly string[] = Object.keys(WORKS),
): Map<string, number> {
  const batches = batchesOf(valueBytes)
  const records = batches.reduce((sum, { recordCount }) => sum + recordCount, 0)
  const works = Object.fromEntries(names.map((name) => [name, WORKS[name]!(batches)]))
  const turns = Math.ceil(ROUND_BYTES / (BATCHES * BATCH_BYTES))
  const taken = new Map<string, number[]>(Object.keys(works).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const before = process.cpuUsage()
      for (let turn = 0; turn < turns; turn += 1) work()
      const { user, system } = process.cpuUsage(before)
      // The first round is for the compiler.
      if (round > 0) taken.get(name)?.push((user + system) / (turns * records))
    }
  }
  return new Map([...taken].map(([name, each]) => [name, median(each)]))
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
