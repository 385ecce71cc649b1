import { posix } from 'node:path'

/*
 * What a request is about. Written from the names in docs/ARCHITECTURE.md, not with the sink's code.
 */

/** Which RENAME or SETXATTR of the protocol it is. */
export type Step =
  | 'genesis'
  | 'claim'
  | 'commit'
  | 'publish'
  | 'stamp'
  | 'identity'
  | 'missed'
  | 'partitions'

/** A request as the proxy sees it. */
export interface SeenRequest {
  /** Of WebHDFS, with CREATE_DATA for the bytes of a file; or as Kafka calls it: OffsetCommit. */
  readonly op: string
  readonly step?: Step | undefined
}

const TOKEN = /^head\.\d+\.(\d+)\.[a-z0-9-]+\.[a-z0-9-]+$/
const ATTRIBUTES: Readonly<Record<string, Step>> = {
  'user.sink.stamp': 'stamp',
  'user.sink.journal': 'identity',
  'user.sink.missed': 'missed',
  'user.sink.initial-partitions': 'partitions',
}

/** A request to a NameNode or a DataNode, by its target: path and query. */
export function seeWebHdfs(target: string, to: 'namenode' | 'datanode'): SeenRequest {
  const url = new URL(target, 'http://proxy')
  const op = url.searchParams.get('op')?.toUpperCase() ?? url.pathname
  if (to === 'datanode') return { op: `${op}_DATA` }
  if (op === 'SETXATTR') return { op, step: ATTRIBUTES[url.searchParams.get('xattr.name') ?? ''] }
  if (op !== 'RENAME') return { op }
  const from = posix.basename(decodeURIComponent(url.pathname))
  return { op, step: stepOfRename(from, posix.basename(url.searchParams.get('destination') ?? '')) }
}

function stepOfRename(from: string, to: string): Step | undefined {
  if (from.startsWith('.new-')) return 'genesis'
  if (from.endsWith('.tmp')) return 'publish'
  const [, endBefore] = TOKEN.exec(from) ?? []
  const [, endAfter] = TOKEN.exec(to) ?? []
  if (endBefore === undefined || endAfter === undefined) return undefined
  return endBefore === endAfter ? 'claim' : 'commit'
}

/** By their numbers in the protocol; others are called by their number. */
const KAFKA_APIS: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  18: 'ApiVersions',
}

export interface SeenKafkaRequest extends SeenRequest {
  readonly version: number
  readonly correlationId: number
}

/** A request frame, its length first. */
export function seeKafka(frame: Buffer): SeenKafkaRequest {
  const api = frame.readInt16BE(4)
  return {
    op: KAFKA_APIS[api] ?? String(api),
    version: frame.readInt16BE(6),
    correlationId: frame.readInt32BE(8),
  }
}
