import { getHeapStatistics } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { parsePathTemplate } from '../../src/core/path-template.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { BoundedChunkPool } from '../../src/encoding/chunk-pool.ts'
import { type Codec, codecOf } from '../../src/encoding/codec.ts'
import { CompressedSink } from '../../src/encoding/compressed-sink.ts'
import { createOutputFormat } from '../../src/encoding/output-format.ts'
import { ResponseBuffers } from '../../src/kafka/response-buffers.ts'
import { ResponseReader } from '../../src/kafka/response-reader.ts'
import { OpenFiles } from '../../src/sink/open-files.ts'
import { PartitionIntake } from '../../src/sink/partition-intake.ts'
import { batchesOf, decodeFetch, feed, fetchResponse, TOPIC } from './fetch-responses.ts'

/*
 * What a record costs, counted where it can be counted, so that no machine's speed matters. See
 * docs/PERFORMANCE.md.
 */

const MIB = 1024 * 1024
const AT = { topic: TOPIC, partition: 0 }
const RECORDS_PER_FILE = 20_000

/** From fetched bytes to files, which are "published" as soon as they are sealed. */
function intoFiles(pool = new BoundedChunkPool(() => 64 * MIB)) {
  const format = createOutputFormat(
    { type: 'text', lineBreaks: 'refuse', compression: 'none' },
    pool,
  )
  const template = parsePathTemplate('/d/{topic}/{partition}-{startOffset}.{extension}', {
    root: '/',
    timeZone: 'UTC',
    extension: 'txt',
  })
  const files = new OpenFiles(AT, format, template)
  const limits = { records: RECORDS_PER_FILE, bytes: 1e9, openFiles: 100, intervalMs: 1e9 }
  const intake = new PartitionIntake(files, new RecordCursor(), limits)
  let bytes = 0
  const publish = () => {
    for (const file of files.seal().files) {
      bytes += file.byteLength
      file.release()
    }
  }
  return { intake, publish, pool, written: () => bytes }
}

describe('a steady flow of fetches', () => {
  it('takes no fresh memory, and moves only the heads of responses', async () => {
    const rounds = 30
    const response = fetchResponse([0, 1, 2].map(() => batchesOf(4, 2_500, 100)))
    const buffers = new ResponseBuffers(32 * MIB)
    const responses: Buffer[] = []
    const reader = new ResponseReader(buffers, (whole) => responses.push(whole))
    const { intake, publish, pool, written } = intoFiles()
    let allocations = 0
    for (let round = 0; round < rounds; round += 1) {
      feed(reader, response, 300_000)
      for (const { fetch, raw } of await decodeFetch(responses.pop()!)) {
        expect(intake.take(fetch, 0, publish).records).toBe(10_000)
        raw.release()
      }
      if (round === 1) allocations = pool.allocations
    }
    publish()
    expect(written()).toBe(rounds * 30_000 * 101)
    expect(reader.copiedBytes).toBeLessThanOrEqual(rounds * 4096)
    expect(buffers.allocations).toBe(1)
    expect(pool.allocations).toBe(allocations)
  })

  it('makes no object for a record', async () => {
    const [fetched] = await decodeFetch(fetchResponse([batchesOf(10, 5_000, 100)]))
    const { intake, publish } = intoFiles()
    const take = () => intake.take(fetched!.fetch, 0, publish)
    take()
    const taken = Array.from({ length: 10 }, () => {
      const before = getHeapStatistics().used_heap_size
      take()
      return getHeapStatistics().used_heap_size - before
    })
    // A collection in between makes it less than nothing.
    const bytes = Math.min(...taken.filter((each) => each >= 0))
    expect(bytes / 50_000).toBeLessThan(4)
  })
})

describe('the loop over records', () => {
  it('costs a small multiple of copying their values', async () => {
    const records = 50_000
    const [fetched] = await decodeFetch(fetchResponse([batchesOf(10, 5_000, 100)]))
    const { intake, publish } = intoFiles()
    const source = Buffer.alloc(records * 110, 'x')
    const target = Buffer.alloc(records * 101)
    const copyAll = () => {
      for (let n = 0; n < records; n += 1) source.copy(target, n * 101, n * 110, n * 110 + 100)
    }
    const takeAll = () => void intake.take(fetched!.fetch, 0, publish)
    const copied: number[] = []
    const taken: number[] = []
    for (let round = 0; round < 15; round += 1) {
      copied.push(cpuMicros(copyAll))
      taken.push(cpuMicros(takeAll))
    }
    expect(Math.min(...taken) / Math.min(...copied)).toBeLessThan(8)
  })
})

describe('a codec', () => {
  it.each(['gzip', 'zstd'] as const)('of %s leaves no memory to the collector', (name) => {
    const codec = codecOf(name, 1)
    const made: Uint8Array[] = []
    const noting: Codec = (block) => {
      made.push(codec(block))
      return made.at(-1)!
    }
    const sink = new CompressedSink(noting, 512 * 1024)
    const line = Buffer.from(`{"userName":"Zoë","colorName":"green"}\n`)
    for (let n = 0; n < 40_000; n += 1) {
      sink.room(line.length)
      sink.buffer.set(line, sink.position)
      sink.position += line.length
    }
    sink.finish()
    // The last block is a small one.
    expect(made.slice(0, -1).map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, 0])
  })
})

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
