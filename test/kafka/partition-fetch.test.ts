import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { BatchTooLargeError, CorruptBatchError } from '../../src/core/errors.ts'
import { PartitionFetch } from '../../src/kafka/partition-fetch.ts'
import { type AbortedTransaction, sliceBatches } from '../../src/kafka/raw-fetch.ts'
import { batchBytes, markerBytes } from './batch-bytes.ts'
import { readAll } from './read-records.ts'

function fetchOf(
  batches: readonly Buffer[],
  abortedTransactions: readonly AbortedTransaction[] = [],
  fetchedOffset = 0,
): PartitionFetch {
  const raw = { ...sliceBatches(Buffer.concat(batches)), abortedTransactions }
  return new PartitionFetch({
    topic: 't',
    partition: 3,
    fetchedOffset,
    highWatermark: 1_000,
    raw,
    maxDecompressedBatchBytes: 10_000,
  })
}

function data(offset: number, value: string, producerId?: number, key?: Buffer): Buffer {
  const transaction = producerId === undefined ? {} : { producerId, transactional: true }
  return batchBytes({ records: [{ offset, value, key: key ?? null }], ...transaction })
}

const valuesOf = (fetch: PartitionFetch) => readAll(fetch).map(({ value }) => value)

test('records come out as they went in, batch by batch', () => {
  const fetch = fetchOf(
    [
      batchBytes({
        records: [
          { offset: 7, value: 'a' },
          { offset: 9, value: '한' },
        ],
        lastOffset: 11,
      }),
      batchBytes({ records: [{ offset: 12, value: 'c' }], codec: 1, compress: gzipSync }),
    ],
    [],
    7,
  )
  expect(readAll(fetch)).toEqual([
    { partition: 3, offset: 7, value: 'a' },
    { partition: 3, offset: 9, value: '한' },
    { partition: 3, offset: 12, value: 'c' },
  ])
  expect(fetch).toMatchObject({ fetchedOffset: 7, nextOffset: 13, highWatermark: 1_000 })
  expect([...fetch.batches()][0]).toMatchObject({
    baseOffset: 7,
    lastOffset: 11,
    recordCount: 2,
    baseTimestampMs: 1_700_000_000_000,
    appendTimestampMs: undefined,
  })
})

test('where the broker stamps records, its time is the one that counts', () => {
  const batch = batchBytes({ records: [{ offset: 0 }], appendTime: true, maxTimestampMs: 42 })
  expect([...fetchOf([batch]).batches()][0]!.appendTimestampMs).toBe(42)
})

test('a batch that compaction has emptied shows nothing and moves the position', () => {
  const fetch = fetchOf([batchBytes({ baseOffset: 5, lastOffset: 9 })], [], 5)
  expect([...fetch.batches()]).toEqual([])
  expect(fetch.nextOffset).toBe(10)
})

test('a fetch of nothing but markers moves the position', () => {
  const fetch = fetchOf([markerBytes(5, 1, 'commit'), markerBytes(6, 2, 'abort')], [], 5)
  expect([...fetch.batches()]).toEqual([])
  expect(fetch.nextOffset).toBe(7)
})

test('two overlapping aborted transactions leave nothing behind when the fetch begins inside both', () => {
  const aborted = [
    { producerId: '2', firstOffset: '1' },
    { producerId: '1', firstOffset: '0' },
  ]
  const fetch = fetchOf(
    [
      data(2, 'b2', 2),
      data(3, 'a3', 1),
      markerBytes(4, 1, 'abort'),
      data(5, 'next of 1', 1),
      data(6, 'b6', 2),
      markerBytes(7, 2, 'abort'),
      data(8, 'next of 2', 2),
      data(9, 'plain'),
    ],
    aborted,
    2,
  )
  expect(valuesOf(fetch)).toEqual(['next of 1', 'next of 2', 'plain'])
  expect(valuesOf(fetch)).toEqual(['next of 1', 'next of 2', 'plain']) // and again
})

test('an abort marker ends a transaction, not a data key that looks like one', () => {
  const key = Buffer.from([0, 0, 0, 0])
  const fetch = fetchOf(
    [data(0, 'x', 7, key), data(1, 'y', 7), markerBytes(2, 7, 'abort'), data(3, 'z', 7, key)],
    [{ producerId: '7', firstOffset: '0' }],
  )
  expect(valuesOf(fetch)).toEqual(['z'])
})

test('a transaction that begins inside a batch of another producer counts from its own batches on', () => {
  const committed = batchBytes({
    records: [
      { offset: 0, value: 'a' },
      { offset: 1, value: 'b' },
    ],
    producerId: 1,
    transactional: true,
  })
  const fetch = fetchOf(
    [committed, data(2, 'void', 2), data(3, 'plain of 2'), markerBytes(4, 1, 'commit')],
    [{ producerId: '2', firstOffset: '2' }],
  )
  expect(valuesOf(fetch)).toEqual(['a', 'b', 'plain of 2'])
})

test('a marker that compaction has emptied ends nothing, and stops nothing', () => {
  const emptied = batchBytes({
    ...{ baseOffset: 0, lastOffset: 0, control: true, transactional: true, producerId: 1 },
  })
  const fetch = fetchOf(
    [emptied, data(1, 'void', 2), markerBytes(2, 2, 'abort'), data(3, 'y')],
    [{ producerId: '2', firstOffset: '1' }],
  )
  expect(valuesOf(fetch)).toEqual(['y'])
})

test('a commit marker does not end an aborted transaction', () => {
  const fetch = fetchOf(
    [
      data(0, 'void', 1),
      markerBytes(1, 1, 'commit'),
      data(2, 'void', 1),
      markerBytes(3, 1, 'abort'),
    ],
    [{ producerId: '1', firstOffset: '0' }],
  )
  expect(valuesOf(fetch)).toEqual([])
})

test('a producer that aborts twice is void twice', () => {
  const fetch = fetchOf(
    [
      data(0, 'void', 1),
      markerBytes(1, 1, 'abort'),
      data(2, 'kept', 1),
      markerBytes(3, 1, 'commit'),
      data(4, 'void', 1),
      markerBytes(5, 1, 'abort'),
    ],
    [
      { producerId: '1', firstOffset: '0' },
      { producerId: '1', firstOffset: '4' },
    ],
  )
  expect(valuesOf(fetch)).toEqual(['kept'])
  expect(fetch.nextOffset).toBe(6)
})

test('one flipped bit anywhere behind the CRC is found, after the good batches', () => {
  const good = data(0, 'good')
  for (let position = 17; position < good.length; position += 1) {
    const bad = data(1, 'good')
    bad[position]! ^= 0x10
    const seen: string[] = []
    const read = () => {
      for (const batch of fetchOf([good, bad]).batches()) seen.push(String(batch.baseOffset))
    }
    expect(read).toThrow(CorruptBatchError)
    expect(seen).toEqual(['0'])
  }
})

test('a corrupt batch is named with its place and what was found', () => {
  const bad = data(5, 'x')
  bad[65]! ^= 1
  expect(() => [...fetchOf([bad]).batches()]).toThrow(
    expect.objectContaining({
      at: { topic: 't', partition: 3 },
      baseOffset: 5,
      message: expect.stringMatching(
        /t-3@5 is corrupt: its CRC is 0x\w{8}, the header says 0x\w{8}/,
      ),
    }),
  )
})

test.for([
  { what: 'more records than bytes for them', fields: { recordCount: 2, lastOffset: 1 } },
  { what: 'more records than offsets', fields: { recordCount: 2 } },
  { what: 'a negative count', fields: { recordCount: -1 } },
  { what: 'a last offset before the first', fields: { lastOffset: -1 } },
  { what: 'compressed bytes that are none', fields: { codec: 1 } },
  { what: 'a codec that does not exist', fields: { codec: 7 } },
])('$what: corrupt', ({ fields }) => {
  const batch = batchBytes({ baseOffset: 0, records: [{ offset: 0 }], ...fields })
  expect(() => [...fetchOf([batch]).batches()]).toThrow(CorruptBatchError)
})

test('a batch beyond the limit is named with the limit', () => {
  const records = [{ offset: 4, value: 'x'.repeat(20_000) }]
  const batch = batchBytes({ records, codec: 1, compress: gzipSync })
  const read = () => [...fetchOf([batch]).batches()]
  expect(read).toThrow(BatchTooLargeError)
  expect(read).toThrow(expect.objectContaining({ limitBytes: 10_000, baseOffset: 4 }))
})

test('offsets beyond what a number holds exactly are refused, not rounded', () => {
  const batch = data(0, 'x')
  const huge = batchBytes({ baseOffset: Number.MAX_SAFE_INTEGER, lastOffset: 2 ** 53 + 10 })
  const fetch = fetchOf([batch, huge])
  expect(fetch.nextOffset).toBe(0)
  expect(() => [...fetch.batches()]).toThrow(CorruptBatchError)
})

test('what cannot be cut into batches is an error of this partition, after what can be read', () => {
  const fetch = fetchOf([data(0, 'a'), batchBytes({ magic: 9 })])
  const seen: number[] = []
  expect(() => {
    for (const batch of fetch.batches()) seen.push(batch.baseOffset)
  }).toThrow('t-3@1 is corrupt: its magic byte is 9')
  expect(seen).toEqual([0])
})
