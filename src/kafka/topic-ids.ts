import type { Broker, Cluster } from 'kafkajs'
import { UNKNOWN_TOPIC } from './patches/error-codes.ts'
import { loadClass } from './patches/internals.ts'

/*
 * The id that brokers give a topic when it is created: a topic that is deleted and created again
 * under the same name gets another. kafkajs asks for metadata in version 6 at most; ids come with
 * version 10 (Kafka 2.8), in the protocol's flexible encoding.
 *
 * Request header v2 and body: tags, [topics: id, name, tags], create, 2 x operations, tags.
 * https://kafka.apache.org/protocol#The_Messages_Metadata
 */

interface Encoder {
  writeBoolean(value: boolean): Encoder
  writeBuffer(value: Buffer): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readBytes(byteLength: number): Buffer
  readUVarInt(): number
  readUVarIntString(): string | null
}

/** What kafkajs's brokers hold beyond what its types say. */
interface ConnectedBroker extends Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null
  readonly connectionPool: { send(request: object): Promise<unknown> }
}

interface ClusterWithController extends Cluster {
  findControllerBroker(): Promise<Broker>
}

const NewEncoder = loadClass<new () => Encoder>('protocol/encoder.js')
const NewDecoder = loadClass<new (bytes: Buffer) => Decoder>('protocol/decoder.js')

const METADATA = 3
const VERSION = 10
const NO_TAGS = 0
const UUID_BYTES = 16
const NO_ID = Buffer.alloc(UUID_BYTES)

/** What a broker says of a topic. */
export type TopicIdAnswer =
  /** As hexadecimal digits; undefined for good: the brokers, or what they speak, are older than 2.8. */
  | { readonly id: string | undefined }
  /** Not now: it is not there, or this broker does not know it yet. */
  | { readonly errorCode: number }

export async function topicIdOf(cluster: Cluster, topic: string): Promise<TopicIdAnswer> {
  const broker = (await (
    cluster as ClusterWithController
  ).findControllerBroker()) as ConnectedBroker
  if ((broker.versions?.[METADATA]?.maxVersion ?? 0) < VERSION) return { id: undefined }
  const found = await broker.connectionPool.send({
    request: {
      apiKey: METADATA,
      apiVersion: VERSION,
      apiName: 'Metadata',
      encode: async () => encodeRequest(topic),
    },
    response: {
      decode: async (bytes: Buffer) => decodeTopicId(bytes),
      parse: async (answer: unknown) => answer,
    },
  })
  return found as TopicIdAnswer
}

function encodeRequest(topic: string): Encoder {
  return new NewEncoder()
    .writeUVarInt(NO_TAGS)
    .writeUVarInt(2)
    .writeBuffer(NO_ID)
    .writeUVarIntString(topic)
    .writeUVarInt(NO_TAGS)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeUVarInt(NO_TAGS)
}

/** Of the only topic in the answer. */
export function decodeTopicId(bytes: Buffer): TopicIdAnswer {
  const decoder = new NewDecoder(bytes)
  skipTags(decoder)
  decoder.readInt32()
  skipBrokers(decoder)
  decoder.readUVarIntString()
  decoder.readInt32()
  if (decoder.readUVarInt() < 2) return { errorCode: UNKNOWN_TOPIC }
  const errorCode = decoder.readInt16()
  if (errorCode !== 0) return { errorCode }
  decoder.readUVarIntString()
  const id = decoder.readBytes(UUID_BYTES)
  return { id: id.equals(NO_ID) ? undefined : id.toString('hex') }
}

function skipBrokers(decoder: Decoder): void {
  for (let left = decoder.readUVarInt() - 1; left > 0; left--) {
    decoder.readInt32()
    decoder.readUVarIntString()
    decoder.readInt32()
    decoder.readUVarIntString()
    skipTags(decoder)
  }
}

function skipTags(decoder: Decoder): void {
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    decoder.readUVarInt()
    decoder.readBytes(decoder.readUVarInt())
  }
}
