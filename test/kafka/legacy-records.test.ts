import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BatchTooLargeError, CorruptBatchError } from '../../src/core/errors.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import '../../src/kafka/kafkajs.ts'
import { encodeLegacy } from '../../src/kafka/legacy-records.ts'
import { PartitionFetch } from '../../src/kafka/partition-fetch.ts'
import { limitLegacyBatches } from '../../src/kafka/patches/bounded-codecs.ts'
import { rawFetchOf } from '../../src/kafka/patches/raw-batches.ts'
import { batchBytes } from './batch-bytes.ts'
import { readAll } from './read-records.ts'

const requireModule = createRequire(import.meta.url)
/** As kafkajs's decoders of fetch responses see it: with our part in its place. */
const decodeMessages: (decoder: object) => Promise<object[]> = requireModule(
  'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js',
)
const Decoder = requireModule('kafkajs/src/protocol/decoder.js')

interface OldRecord {
  readonly offset: number
  readonly magic: 0 | 1
  readonly key?: string
  readonly value: string | Buffer | null
  readonly timestampMs?: number
  readonly attributes?: number
}

/** One entry of a message set of format 0 or 1; nobody looks at its CRC. */
function entry({ offset, magic, key, value, timestampMs, attributes }: OldRecord): Buffer {
  const sized = (bytes: Buffer | null) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes === null ? -1 : bytes.length)
    return Buffer.concat([length, bytes ?? Buffer.alloc(0)])
  }
  const time = Buffer.alloc(magic === 1 ? 8 : 0)
  if (magic === 1) time.writeBigInt64BE(BigInt(timestampMs ?? 0))
  const message = Buffer.concat([
    Buffer.from([0, 0, 0, 0, magic, attributes ?? 0]),
    time,
    sized(key === undefined ? null : Buffer.from(key)),
    sized(value === null ? null : Buffer.from(value)),
  ])
  const head = Buffer.alloc(12)
  head.writeBigInt64BE(BigInt(offset))
  head.writeInt32BE(message.length, 8)
  return Buffer.concat([head, message])
}

async function decode(bytes: Buffer, fetchedOffset = 0): Promise<PartitionFetch> {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  const messages = await decodeMessages(new Decoder(Buffer.concat([length, bytes])))
  return new PartitionFetch({
    topic: 'old',
    partition: 0,
    fetchedOffset,
    highWatermark: 100,
    raw: rawFetchOf(messages[0])!,
    maxDecompressedBatchBytes: 10_000,
  })
}

test.for([0, 1] as const)(
  'records of format %i come out as one batch of format 2',
  async (magic) => {
    const fetch = await decode(
      Buffer.concat([
        entry({ offset: 5, magic, key: 'k', value: '값', timestampMs: 1_000 }),
        entry({ offset: 6, magic, value: null, timestampMs: 400 }),
        entry({ offset: 9, magic, value: '', timestampMs: 5_000_000_000 }),
      ]),
      5,
    )
    expect(fetch).toMatchObject({ fetchedOffset: 5, nextOffset: 10 })

    const cursor = new RecordCursor()
    cursor.reset([...fetch.batches()][0]!)
    const seen = []
    while (cursor.next()) {
      const { offset, timestampMs, keyLength, valueStart, valueLength, headerCount } = cursor
      const value =
        valueLength < 0
          ? null
          : cursor.source.toString('utf8', valueStart, valueStart + valueLength)
      seen.push({ offset, timestampMs, keyLength, value, headerCount })
    }
    const time = (timestampMs: number) => (magic === 0 ? -1 : timestampMs)
    expect(seen).toEqual([
      { offset: 5, timestampMs: time(1_000), keyLength: 1, value: '값', headerCount: 0 },
      { offset: 6, timestampMs: time(400), keyLength: -1, value: null, headerCount: 0 },
      { offset: 9, timestampMs: time(5_000_000_000), keyLength: -1, value: '', headerCount: 0 },
    ])
  },
)

test('a compressed set of format 1 has the offsets of its wrapper', async () => {
  const inner = [0, 1, 2].map((offset) => entry({ offset, magic: 1, value: `v${offset}` }))
  const value = gzipSync(Buffer.concat(inner))
  const fetch = await decode(entry({ offset: 12, magic: 1, value, attributes: 1 }))
  expect(readAll(fetch).map(({ offset, value }) => `${offset} ${value}`)).toEqual([
    '10 v0',
    '11 v1',
    '12 v2',
  ])
})

test('a compressed set that is too large is an error of this partition only', async () => {
  limitLegacyBatches(10_000)
  const value = gzipSync(entry({ offset: 0, magic: 1, value: Buffer.alloc(20_000) }))
  const fetch = await decode(entry({ offset: 0, magic: 1, value, attributes: 1 }))
  expect(() => [...fetch.batches()]).toThrow(BatchTooLargeError)
})

test('a compressed set that cannot be read is an error of this partition only', async () => {
  const fetch = await decode(entry({ offset: 0, magic: 1, value: 'no gzip', attributes: 1 }))
  expect(() => [...fetch.batches()]).toThrow(CorruptBatchError)
})

test('a set that is cut off ends before the cut', async () => {
  const bytes = Buffer.concat([
    entry({ offset: 0, magic: 1, value: 'whole' }),
    entry({ offset: 1, magic: 1, value: 'cut off' }).subarray(0, 30),
  ])
  const fetch = await decode(bytes)
  expect(readAll(fetch).map(({ value }) => value)).toEqual(['whole'])
  expect(fetch.nextOffset).toBe(1)
})

test('a log that changes to format 2 is read up to there, and on with the next fetch', async () => {
  const old = entry({ offset: 0, magic: 1, value: 'old' })
  const now = batchBytes({ records: [{ offset: 1, value: 'new' }] })
  const fetch = await decode(Buffer.concat([old, now]))
  expect(readAll(fetch).map(({ value }) => value)).toEqual(['old'])
  expect(readAll(await decode(now, fetch.nextOffset)).map(({ value }) => value)).toEqual(['new'])
})

test('any offsets and times survive the way through varints', () => {
  const ascending = fc.uniqueArray(fc.maxSafeNat(), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(ascending, fc.array(fc.maxSafeInteger()), (offsets, times) => {
      const base = Math.max(...offsets) - 2 ** 31 + 1
      const legacy = offsets
        .filter((offset) => offset >= base)
        .sort((a, b) => a - b)
        .map((offset, index) => ({
          offset: String(offset),
          magicByte: 1,
          attributes: 0,
          timestamp: String(Math.floor((times[index] ?? 0) / 2)),
          key: null,
          value: Buffer.from(String(offset)),
        }))
      const cursor = new RecordCursor()
      cursor.reset(encodeLegacy(legacy))
      for (const { offset, timestamp } of legacy) {
        expect(cursor.next()).toBe(true)
        expect([cursor.offset, cursor.timestampMs]).toEqual([Number(offset), Number(timestamp)])
      }
      expect(cursor.next()).toBe(false)
    }),
  )
})
