import { createRequire } from 'node:module'
import '../../src/kafka/kafkajs.ts'
import { PartitionFetch } from '../../src/kafka/partition-fetch.ts'
import { rawFetchOf } from '../../src/kafka/patches/raw-batches.ts'
import type { RawFetch } from '../../src/kafka/raw-fetch.ts'
import type { ResponseReader } from '../../src/kafka/response-reader.ts'
import { batchBytes } from '../kafka/batch-bytes.ts'

/* Fetch responses as brokers send them (version 11), and kafkajs's own way of decoding them. */

interface Decoded {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly messages: object[] }[]
  }[]
}

const { decode } = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/fetch/v11/response.js',
) as { decode(payload: Buffer): Promise<Decoded> }

export const TOPIC = 't'

/** The batches of one partition: consecutive offsets, values of so many bytes. */
export function batchesOf(batches: number, records: number, valueBytes: number) {
  const value = Buffer.alloc(valueBytes, 'x')
  return Buffer.concat(
    Array.from({ length: batches }, (_, batch) =>
      batchBytes({
        records: Array.from({ length: records }, (_, n) => ({
          offset: batch * records + n,
          value,
        })),
      }),
    ),
  )
}

/** With its size and correlation id in front. */
export function fetchResponse(partitions: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4 + 4 + 4 + 2 + 4 + 4 + 2 + 1 + 4)
  head.writeInt32BE(1, 18)
  head.writeInt16BE(TOPIC.length, 22)
  head.write(TOPIC, 24)
  head.writeInt32BE(partitions.length, 25)
  const parts: Buffer[] = [head]
  for (const [partition, batches] of partitions.entries()) {
    const header = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4 + 4 + 4)
    header.writeInt32BE(partition)
    header.writeInt32BE(-1, 34)
    header.writeInt32BE(batches.length, 38)
    parts.push(header, batches)
  }
  const response = Buffer.concat(parts)
  response.writeInt32BE(response.length - 4)
  return response
}

/** As the kernel does it: as much as there is room for, at most so much at once. */
export function feed(reader: ResponseReader, bytes: Buffer, atOnce: number): void {
  for (let position = 0; position < bytes.length; ) {
    const copied = bytes.copy(reader.nextBuffer(), 0, position, position + atOnce)
    position += copied
    reader.received(copied)
  }
}

export interface Fetched {
  readonly fetch: PartitionFetch
  readonly raw: RawFetch
}

/** Of a response with its size and correlation id in front. */
export async function decodeFetch(response: Buffer): Promise<Fetched[]> {
  const { responses } = await decode(response.subarray(8))
  return responses.flatMap(({ partitions }) =>
    partitions.map(({ partition, messages }) => {
      const raw = rawFetchOf(messages[0])!
      const fetch = new PartitionFetch({
        topic: TOPIC,
        partition,
        fetchedOffset: 0,
        highWatermark: 0,
        raw,
        maxDecompressedBatchBytes: 1024,
      })
      return { fetch, raw }
    }),
  )
}
