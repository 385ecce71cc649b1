import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/*
 * Just enough of Kafka's protocol to fill topics and to read them as fast as Node can: record batches
 * go in and come out as bytes. For the one broker of the bench's own stack, and nothing else: it
 * knows no leaders, no retries and no security.
 */

const PRODUCE = { key: 0, version: 3 }
const FETCH = { key: 1, version: 4 }
const TIMEOUT_MS = 60_000

export interface PartitionBytes {
  readonly partition: number
  /** Whole record batches. */
  readonly batches: Buffer
}

export interface FetchPosition {
  readonly partition: number
  readonly offset: number
}

export interface FetchLimits {
  readonly maxBytesPerPartition: number
  readonly maxWaitMs: number
}

/** The broker did not do what it was asked. */
export class KafkaRefusal extends Error {
  /** Of Kafka's table of errors. */
  readonly code: number

  constructor(what: string, code: number) {
    super(`${what}: Kafka's error ${code}`)
    this.code = code
  }
}

/** One connection; requests may be sent before the answers of earlier ones came. */
export class KafkaWire {
  readonly #socket: Socket
  readonly #waiting: { resolve(body: Buffer): void; reject(error: Error): void }[] = []
  readonly #chunks: Buffer[] = []
  #received = 0
  #correlation = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    const end = (error: Error): void => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    socket.on('error', end)
    socket.on('close', () => end(new Error('the broker closed the connection')))
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the broker does not answer')))
  }

  /** @param address host:port */
  static async connect(address: string): Promise<KafkaWire> {
    const url = new URL(`tcp://${address}`)
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    await once(socket, 'connect')
    return new KafkaWire(socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Resolves with the offset of the first record. Written by the leader, and not waited longer for. */
  async produce(topic: string, { partition, batches }: PartitionBytes): Promise<number> {
    const answer = await this.#ask(PRODUCE, [
      int16(-1), // no transaction
      int16(1),
      int32(TIMEOUT_MS),
      int32(1),
      text(topic),
      int32(1),
      int32(partition),
      int32(batches.length),
      batches,
    ])
    const reader = new Reader(answer)
    reader.skip(4)
    reader.text()
    reader.skip(4 + 4)
    reader.failOn(`producing to ${topic}-${partition}`)
    return Number(reader.int64())
  }

  /** The record batches that follow each position, as bytes; nothing where there is none. */
  async fetch(
    topic: string,
    positions: readonly FetchPosition[],
    { maxBytesPerPartition, maxWaitMs }: FetchLimits,
  ): Promise<PartitionBytes[]> {
    const answer = await this.#ask(FETCH, [
      int32(-1), // no replica
      int32(maxWaitMs),
      int32(1),
      int32(maxBytesPerPartition * positions.length),
      Buffer.of(0),
      int32(1),
      text(topic),
      int32(positions.length),
      ...positions.flatMap(({ partition, offset }) => [
        int32(partition),
        int64(offset),
        int32(maxBytesPerPartition),
      ]),
    ])
    const reader = new Reader(answer)
    reader.skip(4 + 4)
    reader.text()
    return Array.from({ length: reader.int32() }, () => {
      const partition = reader.int32()
      reader.failOn(`fetching ${topic}-${partition}`)
      reader.skip(8 + 8)
      const aborted = reader.int32()
      reader.skip(Math.max(0, aborted) * 16)
      return { partition, batches: reader.bytes(Math.max(0, reader.int32())) }
    })
  }

  #ask(api: { key: number; version: number }, body: readonly Buffer[]): Promise<Buffer> {
    const head = [int16(api.key), int16(api.version), int32(this.#correlation++), text('bench')]
    const parts = [...head, ...body]
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    this.#socket.cork()
    for (const part of [int32(size), ...parts]) this.#socket.write(part)
    this.#socket.uncork()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Answers come in the order of the requests. */
  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#received += chunk.length
    while (this.#received >= 4) {
      const size = this.#size()
      if (this.#received < 4 + size) return
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      const rest = all.subarray(4 + size)
      this.#chunks.splice(0, this.#chunks.length, ...(rest.length === 0 ? [] : [rest]))
      this.#received = rest.length
      this.#waiting.shift()?.resolve(all.subarray(8, 4 + size))
    }
  }

  #size(): number {
    if (this.#chunks[0]!.length < 4) this.#chunks.splice(0, Infinity, Buffer.concat(this.#chunks))
    return this.#chunks[0]!.readInt32BE(0)
  }
}

/** Offset after the last record of these batches, or `otherwise` where there is none. */
export function nextOffset(batches: Buffer, otherwise: number): number {
  let next = otherwise
  for (let at = 0; at + 61 <= batches.length; ) {
    const end = at + 12 + batches.readInt32BE(at + 8)
    // The broker cuts the last one off where the limit is.
    if (end > batches.length) break
    next = Number(batches.readBigInt64BE(at)) + batches.readInt32BE(at + 23) + 1
    at = end
  }
  return next
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(bytes: number): void {
    this.#at += bytes
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.#at += 8
    return this.#bytes.readBigInt64BE(this.#at - 8)
  }

  text(): string {
    const length = this.#bytes.readInt16BE(this.#at)
    this.#at += 2
    return this.bytes(length).toString()
  }

  bytes(length: number): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  failOn(what: string): void {
    this.#at += 2
    const code = this.#bytes.readInt16BE(this.#at - 2)
    if (code !== 0) throw new KafkaRefusal(what, code)
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}
