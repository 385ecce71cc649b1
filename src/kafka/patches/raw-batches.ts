import type { AbortedTransaction, LegacyMessage, RawFetch } from '../raw-fetch.ts'
import { isLegacy, magicOf, sliceBatches } from '../raw-fetch.ts'
import { leaseOf } from '../response-buffers.ts'
import { loadFunction, replaceExport, wrapMethod } from './internals.ts'

/*
 * kafkajs turns every record into an object, skips the CRC, leaks aborted records, and lets one bad
 * batch fail the fetch of all partitions of a broker. Here a partition's bytes are only cut into
 * batches, and travel through kafkajs as one message that it cannot filter out.
 */

const DECODE_MESSAGES = 'protocol/requests/fetch/v4/decodeMessages.js'
/** These decode responses, and each is loaded with the first response of its version. */
const RESPONSES = [4, 5, 6, 7, 8, 9, 10, 11].map(
  (version) => `protocol/requests/fetch/v${version}/response.js`,
)
/** kafkajs drops what lies before the asked offset: nothing lies after this one. */
const LAST_OFFSET_OF_ALL = '9223372036854775807'

interface Decoder {
  readInt32(): number
  readBytes(byteLength: number): Buffer
}

interface RawMessage {
  readonly offset: string
  readonly isControlRecord: false
  readonly raw: RawFetch
}

interface FetchResponse {
  responses: {
    partitions: { messages: RawMessage[]; abortedTransactions?: AbortedTransaction[] }[]
  }[]
}

export function installRawBatches(): void {
  const NewDecoder = loadFunction<(bytes: Buffer) => Decoder>('protocol/decoder.js')
  const decodeLegacy = loadFunction<
    (decoder: Decoder, byteLength: number) => Promise<LegacyMessage[]>
  >('protocol/messageSet/decoder.js')

  async function decodeMessages(response: Decoder): Promise<RawMessage[]> {
    const byteLength = response.readInt32()
    if (byteLength <= 0) return []
    const bytes = response.readBytes(byteLength)
    const release = leaseOf(bytes)?.hold() ?? (() => undefined)
    const raw = isLegacy(magicOf(bytes))
      ? await legacyFetch(bytes, release, (all) =>
          decodeLegacy(Reflect.construct(NewDecoder, [all]), all.length),
        )
      : sliceBatches(bytes, release)
    return [{ offset: LAST_OFFSET_OF_ALL, isControlRecord: false, raw }]
  }

  replaceExport(DECODE_MESSAGES, RESPONSES, decodeMessages)
  wrapMethod(
    'broker/index.js',
    'fetch',
    (fetch: (request: object) => Promise<FetchResponse>) =>
      async function fetchRaw(this: unknown, request: object): Promise<FetchResponse> {
        const response = await fetch.call(this, request)
        for (const { partitions } of response.responses) partitions.forEach(keepAborted)
        return response
      },
  )
}

/** The bytes behind a message that came through the decoder above. */
export function rawFetchOf(message: object | undefined): RawFetch | undefined {
  return message !== undefined && 'raw' in message ? (message.raw as RawFetch) : undefined
}

/** kafkajs would look for them among messages, and throw them away after. */
function keepAborted(partition: FetchResponse['responses'][number]['partitions'][number]): void {
  for (const { raw } of partition.messages) {
    raw.abortedTransactions = partition.abortedTransactions ?? []
  }
  partition.abortedTransactions = []
}

async function legacyFetch(
  bytes: Buffer,
  release: () => void,
  decode: (bytes: Buffer) => Promise<LegacyMessage[]>,
): Promise<RawFetch> {
  const none = { batches: [], abortedTransactions: [], byteLength: bytes.length, release }
  try {
    const legacy = await decode(bytes)
    const failure =
      legacy.length === 0 ? new Error(`no record ends within ${bytes.length} bytes`) : undefined
    return { ...none, legacy, failure }
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    return { ...none, legacy: [], failure }
  }
}
