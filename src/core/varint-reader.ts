import type { MalformedRecordError } from './errors.ts'

export const NOTHING: Buffer = Buffer.alloc(0)

/**
 * Reads the zigzag varints of the Kafka protocol, and the lengths that stand before bytes. Never
 * touches a byte outside `position` to `limit`; what does not fit throws what `malformed` makes.
 * Most varints of a record have one byte or two: these have paths of their own.
 */
export abstract class VarintReader {
  source: Buffer = NOTHING
  protected position = 0
  /** Where the bytes end that the next read may touch. */
  protected limit = 0

  protected abstract malformed(found: string): MalformedRecordError

  /** A length that fits into what is left, or -1. */
  protected readLength(what: string): number {
    const length = this.readVarint(what)
    if (length < -1 || length > this.limit - this.position) {
      throw this.malformed(`${what} ${length}, ${this.limit - this.position} bytes left`)
    }
    return length
  }

  protected readVarint(what: string): number {
    const position = this.position
    if (position < this.limit) {
      const first = this.source[position]!
      if (first < 0x80) {
        this.position = position + 1
        return (first >>> 1) ^ -(first & 1)
      }
      if (position + 1 < this.limit) {
        const second = this.source[position + 1]!
        if (second < 0x80) {
          this.position = position + 2
          return ((second << 6) | ((first & 0x7f) >>> 1)) ^ -(first & 1)
        }
      }
    }
    return this.readLongVarint(what)
  }

  private readLongVarint(what: string): number {
    let bits = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.readByte(what)
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        return (bits >>> 1) ^ -(bits & 1)
      }
    }
    throw this.malformed(`${what} of more than 32 bits`)
  }

  /** Exact up to 2^53 either way; rounded beyond, where no time in milliseconds is. */
  protected readVarlong(what: string): number {
    if (this.position < this.limit) {
      const first = this.source[this.position]!
      if (first < 0x80) {
        this.position += 1
        return (first >>> 1) ^ -(first & 1)
      }
    }
    // The zigzag's sign bit is apart, and the rest is summed as a double: no BigInt is needed.
    const lowest = this.readByte(what)
    const negative = (lowest & 1) === 1
    let magnitude = (lowest & 0x7f) >>> 1
    let byte = lowest
    for (let weight = 64, count = 1; byte >= 0x80; weight *= 128, count += 1) {
      byte = this.readByte(what)
      if (count === 9 && byte > 1) throw this.malformed(`${what} of more than 64 bits`)
      magnitude += (byte & 0x7f) * weight
    }
    return negative ? -magnitude - 1 : magnitude
  }

  /** Every digit of a varlong that was read from there before. */
  protected varlongAt(start: number): bigint {
    let zigzag = 0n
    let position = start
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.source[position++]!
      zigzag |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >> 1n) ^ -(zigzag & 1n)
    }
  }

  private readByte(what: string): number {
    if (this.position >= this.limit) throw this.malformed(`its ${what} is cut off`)
    const byte = this.source[this.position]!
    this.position += 1
    return byte
  }
}
