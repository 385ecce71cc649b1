import type { SeenKafkaRequest } from './fault-proxy-requests.ts'

/** An address of a broker, and ours in front of it. */
export interface Front {
  readonly host: string
  readonly port: number
  readonly ownPort: number
}

/** Bytes of a connection in Kafka's protocol, cut into frames. Each keeps its length in front. */
export class FrameSplitter {
  #parts: Buffer[] = []
  #length = 0

  add(bytes: Buffer): Buffer[] {
    this.#parts.push(bytes)
    this.#length += bytes.length
    const frames: Buffer[] = []
    for (let size = this.#nextSize(); size <= this.#length; size = this.#nextSize()) {
      const all = Buffer.concat(this.#parts)
      frames.push(all.subarray(0, size))
      this.#parts = [all.subarray(size)]
      this.#length -= size
    }
    return frames
  }

  /** Infinity while its length has not arrived. */
  #nextSize(): number {
    if (this.#length < 4) return Number.POSITIVE_INFINITY
    const [first] = this.#parts
    const head = first !== undefined && first.length >= 4 ? first : Buffer.concat(this.#parts)
    return head.readInt32BE(0) + 4
  }
}

/**
 * Brokers tell their addresses in two answers. Ours differs in the port alone, so that four bytes
 * are written over; hosts and lengths stay as they are.
 */
export function advertise(frame: Buffer, of: SeenKafkaRequest, fronts: readonly Front[]): void {
  if (of.op === 'Metadata') inMetadata(frame, of, fronts)
  else if (of.op === 'FindCoordinator') inFindCoordinator(frame, of, fronts)
}

/** https://kafka.apache.org/protocol#The_Messages_Metadata */
function inMetadata(frame: Buffer, of: SeenKafkaRequest, fronts: readonly Front[]): void {
  requireVersion(of, 12)
  const reader = new Reader(frame, of.version >= 9)
  if (of.version >= 3) reader.skip(4)
  for (let left = reader.arrayLength(); left > 0; left -= 1) {
    reader.skip(4)
    reader.redirect(fronts)
    if (of.version >= 1) reader.string()
    reader.tags()
  }
}

/** https://kafka.apache.org/protocol#The_Messages_FindCoordinator */
function inFindCoordinator(frame: Buffer, of: SeenKafkaRequest, fronts: readonly Front[]): void {
  requireVersion(of, 3)
  const reader = new Reader(frame, of.version >= 3)
  if (of.version >= 1) reader.skip(4)
  const error = reader.int16()
  if (of.version >= 1) reader.string()
  reader.skip(4)
  if (error === 0) reader.redirect(fronts)
}

/** Later versions spell their answers in another way. */
function requireVersion({ op, version }: SeenKafkaRequest, last: number): void {
  if (version > last) throw new Error(`expected ${op} up to version ${last}, found ${version}`)
}

class Reader {
  readonly #frame: Buffer
  /** Lengths are varints, and structures end with tags. */
  readonly #isFlexible: boolean
  /** Behind the length and the correlation id. */
  #at = 8

  constructor(frame: Buffer, isFlexible: boolean) {
    this.#frame = frame
    this.#isFlexible = isFlexible
    this.tags()
  }

  skip(byteLength: number): void {
    this.#at += byteLength
  }

  int16(): number {
    this.#at += 2
    return this.#frame.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#frame.readInt32BE(this.#at - 4)
  }

  arrayLength(): number {
    return this.#isFlexible ? this.#varint() - 1 : this.int32()
  }

  /** Also one that is null, whose length is -1. */
  string(): string {
    const length = Math.max(0, this.#isFlexible ? this.#varint() - 1 : this.int16())
    this.#at += length
    return this.#frame.toString('utf8', this.#at - length, this.#at)
  }

  tags(): void {
    if (!this.#isFlexible) return
    for (let left = this.#varint(); left > 0; left -= 1) {
      this.#varint()
      this.skip(this.#varint())
    }
  }

  /** Host and port of a broker: the port becomes ours. */
  redirect(fronts: readonly Front[]): void {
    const host = this.string()
    const port = this.int32()
    const front = fronts.find((candidate) => candidate.host === host && candidate.port === port)
    if (front === undefined) throw new Error(`a broker at ${host}:${port} has no proxy`)
    this.#frame.writeInt32BE(front.ownPort, this.#at - 4)
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#frame.readUInt8(this.#at)
      this.#at += 1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
}
