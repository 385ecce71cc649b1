import {
  batchLength,
  HEADER_BYTES,
  LENGTH_PREFIX_BYTES,
  lastOffsetOf,
  MAGIC_POSITION,
} from './record-batch-header.ts'

/** A transaction that was given up: what its producer wrote from here to its abort marker is void. */
export interface AbortedTransaction {
  /** int64 in decimal, as kafkajs has it. */
  readonly producerId: string
  readonly firstOffset: string
}

/** A record of message format 0 or 1, as kafkajs's own decoder returns it. */
export interface LegacyMessage {
  /** int64 in decimal. */
  readonly offset: string
  readonly magicByte: number
  readonly attributes: number
  /** Milliseconds in decimal; format 0 has none. */
  readonly timestamp?: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** What a fetch response holds for one partition, not looked into yet. */
export interface RawFetch {
  /** Whole record batches of format 2, in order. */
  readonly batches: readonly Buffer[]
  readonly legacy: readonly LegacyMessage[]
  readonly byteLength: number
  /** Why nothing could be read after these. */
  readonly failure: Error | undefined
  abortedTransactions: readonly AbortedTransaction[]
  /**
   * To be called when nothing of this is read any more, once or more: the memory serves the next
   * response then. Where it is never called the collector takes it.
   */
  readonly release: () => void
}

const SHORTEST_BATCH = HEADER_BYTES - LENGTH_PREFIX_BYTES
const CURRENT_MAGIC = 2

/** The first batch's message format; undefined where there are too few bytes to tell. */
export function magicOf(bytes: Buffer): number | undefined {
  return bytes.length > MAGIC_POSITION ? bytes.readInt8(MAGIC_POSITION) : undefined
}

export function isLegacy(magic: number | undefined): boolean {
  return magic === 0 || magic === 1
}

/**
 * Cuts the bytes of a partition into record batches. A broker ends its answer anywhere: what is
 * incomplete at the end is left out and comes again with the next fetch. But it always sends the
 * first batch whole; if that one is incomplete its length must be wrong.
 */
export function sliceBatches(bytes: Buffer, release: () => void = () => undefined): RawFetch {
  const batches: Buffer[] = []
  let failure: Error | undefined
  let position = 0
  while (bytes.length - position > MAGIC_POSITION) {
    const length = batchLength(bytes, position)
    const magic = bytes.readInt8(position + MAGIC_POSITION)
    // The log changes to an older format here: the next fetch begins with it.
    if (isLegacy(magic)) break
    if (magic !== CURRENT_MAGIC) failure = new Error(`its magic byte is ${magic}`)
    else if (length < SHORTEST_BATCH) failure = new Error(`its length is ${length}`)
    const end = position + LENGTH_PREFIX_BYTES + length
    if (failure !== undefined || end > bytes.length) break
    batches.push(bytes.subarray(position, end))
    position = end
  }
  if (batches.length === 0) failure ??= new Error(`it does not end within ${bytes.length} bytes`)
  const byteLength = bytes.length
  return { batches, legacy: [], byteLength, failure, abortedTransactions: [], release }
}

/** One past the last offset that is there, seen or void. */
export function endOf(raw: RawFetch): number | undefined {
  const batch = raw.batches.at(-1)
  if (batch !== undefined) return lastOffsetOf(batch) + 1
  const message = raw.legacy.at(-1)
  return message === undefined ? undefined : Number(message.offset) + 1
}
