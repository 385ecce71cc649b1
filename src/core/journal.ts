import { jsonOf } from './json-object.ts'
import type { TopicPartition } from './record-batch.ts'

/*
 * The names in a partition's commit journal. The journal is a directory that only the sink uses:
 *
 *   <root>/_sink/<group>/<topic>/<partition>/
 *     head.<seq>.<end>.<flush>.<writer>     the token: an empty directory whose name is the state
 *     <flush>.<n>.tmp                       uploads that are not published yet
 *
 * Whoever renames the token has decided; names never recur, so a late request changes nothing.
 */

/** The state of a partition, as the token's name spells it. */
export interface Head {
  /** Grows by one with every claim and every commit. */
  readonly seq: number
  /** Next offset to write: everything below is committed. */
  readonly end: number
  /** The last committed flush, perhaps not yet published to the end; undefined when it had no files. */
  readonly flush: string | undefined
  /** Whoever renamed the token last. */
  readonly writer: string
}

/** What a temp file is for; it is written as an attribute once the upload is known to be whole. */
export interface Stamp {
  readonly path: string
  readonly startOffset: number
  /** Offset of the last record in the file. */
  readonly endOffset: number
  readonly records: number
  readonly byteLength: number
}

/** Whose journal this is: attributes of its directory, written before it gets its name. */
export interface JournalIdentity {
  readonly journalId: string
  readonly clusterId: string
  readonly topic: string
  readonly group: string
  /** Unknown where the brokers were older than 2.8 when it was made. */
  readonly topicId?: string
  /** The first offset that it answers for; journals of 0.1.0 do not say. */
  readonly start?: number
}

export const STAMP_ATTRIBUTE = 'sink.stamp'
export const IDENTITY_ATTRIBUTE = 'sink.journal'
/** On the topic's directory: how many partitions the topic had when the sink first met it. */
export const PARTITIONS_ATTRIBUTE = 'sink.initial-partitions'
/** On the topic's directory: written by whoever misses a journal, before it believes that. */
export const MISSED_ATTRIBUTE = 'sink.missed'
/** On the journal: the last flush that an owner found published, or published itself, after its claim. */
export const SETTLED_ATTRIBUTE = 'sink.settled'

/** What a journal's directory says of itself; undefined where it says nothing. */
export function identityIn(
  attributes: ReadonlyMap<string, string>,
): JournalIdentity | 'unreadable' | undefined {
  const text = attributes.get(IDENTITY_ATTRIBUTE)
  return text === undefined ? undefined : (parseIdentity(text) ?? 'unreadable')
}

/** What a file says of itself; undefined where it says nothing. */
export function stampIn(attributes: ReadonlyMap<string, string>): Stamp | 'unreadable' | undefined {
  const text = attributes.get(STAMP_ATTRIBUTE)
  return text === undefined ? undefined : (parseStamp(text) ?? 'unreadable')
}

/**
 * What a topic's directory says; undefined where it says nothing. 0 where somebody has changed it:
 * then whatever begins anew begins at its earliest, and leaves nothing out.
 */
export function initialPartitionsIn(attributes: ReadonlyMap<string, string>): number | undefined {
  const text = attributes.get(PARTITIONS_ATTRIBUTE)
  if (text === undefined) return undefined
  return isCount(Number(text)) ? Number(text) : 0
}

/** How people name an attribute that cannot be read. */
export function unreadable(attribute: string, of: string): string {
  return `an attribute user.${attribute} of ${of} that cannot be read`
}

const NO_FLUSH = '-'
const NAME = /^[a-z0-9-]+$/
const HEAD = /^head\.(\d+)\.(\d+)\.([a-z0-9-]+)\.([a-z0-9-]+)$/
const TEMP = /^([a-z0-9-]+)\.(\d+)\.tmp$/

export function formatHead(head: Head): string {
  const flush = head.flush ?? NO_FLUSH
  if (!NAME.test(flush) || !NAME.test(head.writer)) {
    throw new RangeError(`names in a token are [a-z0-9-], found "${flush}" and "${head.writer}"`)
  }
  return `head.${head.seq}.${head.end}.${flush}.${head.writer}`
}

/** undefined for a name that is no token. */
export function parseHead(name: string): Head | undefined {
  const parts = HEAD.exec(name)
  if (parts === null) return undefined
  const [, seq, end, flush, writer] = parts
  return {
    seq: Number(seq),
    end: Number(end),
    flush: flush === NO_FLUSH ? undefined : flush,
    writer: writer as string,
  }
}

export function tempName(flush: string, n: number): string {
  return `${flush}.${n}.tmp`
}

/** The flush that a temp file belongs to; undefined for a name that is no temp file. */
export function flushOfTemp(name: string): string | undefined {
  return TEMP.exec(name)?.[1]
}

export function topicDirectory(root: string, group: string, topic: string): string {
  return `${root === '/' ? '' : root}/_sink/${encodeSegment(group)}/${topic}`
}

export function journalDirectory(root: string, group: string, at: TopicPartition): string {
  return `${topicDirectory(root, group, at.topic)}/${at.partition}`
}

/** Where a directory is found whatever its name is now, as long as it was not deleted. */
export function inodePath(fileId: number): string {
  return `/.reserved/.inodes/${fileId}`
}

/** Group names may hold anything; a path segment may not. */
function encodeSegment(name: string): string {
  const encoded = encodeURIComponent(name).replace(/%/g, '=')
  return /^\.+$/.test(encoded) ? encoded.replace(/\./g, '=2E') : encoded
}

export function formatStamp(stamp: Stamp): string {
  return JSON.stringify(stamp)
}

/** undefined for a text that is no stamp: somebody else has written it. */
export function parseStamp(text: string): Stamp | undefined {
  const stamp = jsonOf(text) ?? {}
  const { path, startOffset, endOffset, records, byteLength } = stamp
  const isWhole = [startOffset, endOffset, records, byteLength].every(isCount)
  if (!isWhole || typeof path !== 'string' || !path.startsWith('/')) return undefined
  return stamp as unknown as Stamp
}

export function formatIdentity(identity: JournalIdentity): string {
  return JSON.stringify(identity)
}

/** undefined for a text that is no identity: somebody else has written it. */
export function parseIdentity(text: string): JournalIdentity | undefined {
  const identity = jsonOf(text) ?? {}
  const { journalId, clusterId, topic, group, topicId, start } = identity
  const isWhole = [journalId, clusterId, topic, group].every(isText)
  const isKnown = topicId === undefined || isText(topicId)
  if (!isWhole || !isKnown || !(start === undefined || isCount(start))) return undefined
  return identity as unknown as JournalIdentity
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

const METADATA = 'kafka-hdfs-sink journal='

/** What goes with an offset commit, so that it can be told from anybody else's. */
export function formatMetadata(journalId: string, seq: number): string {
  return `${METADATA}${journalId} seq=${seq}`
}

export function isOurMetadata(metadata: string): boolean {
  return metadata.startsWith(METADATA)
}
