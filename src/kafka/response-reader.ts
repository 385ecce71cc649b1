import type { ResponseBuffers } from './response-buffers.ts'

const SIZE_BYTES = 4
/** The correlation id: nothing that a broker sends is shorter. */
const SHORTEST_RESPONSE = 4
/** Most responses fit, and little has to be moved of the others. */
const SCRATCH_BYTES = 4 * 1024
/** A length may be wrong: what is larger grows with what has come. */
const TRUSTED_BYTES = 16 * 1024 * 1024

/** What came from the broker is not Kafka's protocol, or was damaged on its way. */
export class MalformedResponseError extends Error {
  constructor(byteLength: number) {
    super(`the broker announced a response of ${byteLength} bytes`)
    this.name = 'MalformedResponseError'
  }
}

/**
 * Cuts what a broker sends into responses, each a size (int32) and as many bytes. The kernel writes
 * into `nextBuffer()`: the beginning of a response into a small buffer, and the rest of a large one
 * at once into its place. Nothing is read beyond the end of a large response.
 */
export class ResponseReader {
  /** Bytes that were copied, of all that came. */
  copiedBytes = 0
  private readonly buffers: ResponseBuffers
  private readonly deliver: (response: Buffer) => void
  private readonly scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  /** The response that is too large for `scratch`. */
  private large: Buffer | undefined
  private largeBytes = 0
  /** Of `large`, else of `scratch`. */
  private filledBytes = 0

  /** `deliver` is called with each whole response, size in front, in memory of its own. */
  constructor(buffers: ResponseBuffers, deliver: (response: Buffer) => void) {
    this.buffers = buffers
    this.deliver = deliver
  }

  /** Never empty. */
  nextBuffer(): Buffer {
    if (this.large === undefined) return this.scratch.subarray(this.filledBytes)
    const end = Math.min(this.large.length, this.largeBytes)
    return this.large.subarray(this.filledBytes, end)
  }

  /** So many bytes were written to `nextBuffer()`. Throws MalformedResponseError. */
  received(byteLength: number): void {
    this.filledBytes += byteLength
    if (this.large === undefined) this.cut()
    else if (this.filledBytes === this.largeBytes) this.deliverLarge(this.large)
    else if (this.filledBytes === this.large.length) this.grow(this.large)
  }

  private cut(): void {
    const { scratch, filledBytes } = this
    let start = 0
    while (filledBytes - start >= SIZE_BYTES) {
      const size = scratch.readInt32BE(start)
      if (size < SHORTEST_RESPONSE) throw new MalformedResponseError(size)
      const byteLength = SIZE_BYTES + size
      if (byteLength > scratch.length) {
        this.begin(byteLength, scratch.subarray(start, filledBytes))
        return
      }
      if (byteLength > filledBytes - start) break
      this.copiedBytes += byteLength
      const response = Buffer.from(scratch.subarray(start, start + byteLength))
      start += byteLength
      this.deliver(response)
    }
    scratch.copyWithin(0, start, filledBytes)
    this.filledBytes = filledBytes - start
  }

  private begin(byteLength: number, head: Buffer): void {
    this.large = this.buffers.take(Math.min(byteLength, TRUSTED_BYTES))
    this.largeBytes = byteLength
    this.filledBytes = this.put(head, this.large)
  }

  private deliverLarge(large: Buffer): void {
    const response = large.subarray(0, this.largeBytes)
    this.large = undefined
    this.filledBytes = 0
    this.deliver(response)
  }

  private grow(large: Buffer): void {
    this.large = Buffer.allocUnsafeSlow(Math.min(this.largeBytes, large.length * 2))
    this.put(large, this.large)
  }

  private put(bytes: Buffer, target: Buffer): number {
    this.copiedBytes += bytes.length
    return bytes.copy(target)
  }
}
