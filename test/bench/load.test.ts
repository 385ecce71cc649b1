import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { consumerRate } from '../../bench/load/consumer-performance.ts'
import { KafkaWire, nextOffset } from '../../bench/load/kafka-wire.ts'
import { batchCycle, batchSizes, encodeBatch, stampBatch } from '../../bench/load/record-batches.ts'
import { valuesOf } from '../../bench/load/values.ts'
import {
  baseTimestampMsOf,
  findDamage,
  recordCountOf,
} from '../../src/kafka/record-batch-header.ts'
import { batchBytes } from '../kafka/batch-bytes.ts'

describe('the values of records', () => {
  it('are the same each time, and as long as asked for', () => {
    const [once, again] = [valuesOf('100 B'), valuesOf('100 B')]
    const values = Array.from({ length: 5 }, () => once().toString())
    expect(values).toEqual(Array.from({ length: 5 }, () => again().toString()))
    expect(values.every((value) => /^[A-Za-z]{100}$/.test(value))).toBe(true)
    expect(new Set(values).size).toBe(5)
  })

  it('are JSON when they are web events', () => {
    const next = valuesOf('web events')
    expect(JSON.parse(next().toString())).toHaveProperty('userName')
  })
})

describe('the record batches that fill a topic', () => {
  it('are sound, and stay so when they are stamped anew', () => {
    const { values, recordsPerBatch } = batchCycle('1024 B')
    const batch = encodeBatch(values[0] ?? [], 1_000)
    expect(findDamage(batch)).toBeUndefined()
    expect(recordCountOf(batch)).toBe(recordsPerBatch)
    stampBatch(batch, 2_000)
    expect(findDamage(batch)).toBeUndefined()
    expect(baseTimestampMsOf(batch)).toBe(2_000)
  })

  it('add up to the number of records that is wanted', () => {
    expect([...batchSizes(25, 10)]).toEqual([10, 10, 5])
    expect([...batchSizes(20, 10)]).toEqual([10, 10])
  })
})

/** Answers every request with `body`, byte by byte. */
async function brokerThatAnswers(body: Buffer): Promise<string> {
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true)
    socket.on('data', (request) => {
      const answer = Buffer.alloc(8 + body.length)
      answer.writeInt32BE(4 + body.length, 0)
      request.copy(answer, 4, 8, 12)
      body.copy(answer, 8)
      for (const byte of answer) socket.write(Buffer.of(byte))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the connection to the broker', () => {
  const batch = batchBytes({ baseOffset: 7, records: [{ offset: 7, value: 'x' }] })

  it('puts an answer together that comes in pieces', async () => {
    const partition = Buffer.alloc(4 + 2 + 8 + 8 + 4 + 4)
    partition.writeInt32BE(-1, 22)
    partition.writeInt32BE(batch.length, 26)
    const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1])
    const wire = await KafkaWire.connect(
      await brokerThatAnswers(Buffer.concat([head, partition, batch])),
    )
    onTestFinished(() => wire.close())
    const limits = { maxBytesPerPartition: 1_000, maxWaitMs: 1 }
    const [found] = await wire.fetch('t', [{ partition: 0, offset: 7 }], limits)
    expect(found?.batches.equals(batch)).toBe(true)
  })

  it('fails when the broker refuses', async () => {
    const head = Buffer.from([0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1])
    const refusal = Buffer.alloc(4 + 2 + 8 + 8)
    refusal.writeInt16BE(3, 4)
    const wire = await KafkaWire.connect(await brokerThatAnswers(Buffer.concat([head, refusal])))
    onTestFinished(() => wire.close())
    await expect(wire.produce('t', { partition: 0, batches: batch })).rejects.toThrow('error 3')
  })

  it('goes on after the last whole batch of an answer', () => {
    const next = batchBytes({ baseOffset: 8, records: [{ offset: 8, value: 'y' }] })
    expect(nextOffset(Buffer.concat([batch, next]), 7)).toBe(9)
    expect(nextOffset(Buffer.concat([batch, next.subarray(0, 65)]), 7)).toBe(8)
    expect(nextOffset(Buffer.alloc(0), 7)).toBe(7)
  })
})

describe("what the broker's own consumer prints", () => {
  it('has the rate of fetching in its column', () => {
    const output = 'start.time, MB.sec, fetch.nMsg.sec\n2026, 12.5, 1500.5\n'
    expect(consumerRate(output)).toBe(1500.5)
  })

  it('is refused when it has none', () => {
    expect(() => consumerRate('no such thing')).toThrow('fetch.nMsg.sec')
  })
})
