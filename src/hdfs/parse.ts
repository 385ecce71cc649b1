import { type JsonObject, jsonOf, objectOf } from '../core/json-object.ts'
import type { FileStatus } from '../core/ports.ts'

/*
 * WebHDFS's JSON into our shapes. undefined where the text is something else.
 */

export interface ListingPage {
  readonly entries: readonly FileStatus[]
  /** How many come after this page. */
  readonly remaining: number
}

export function parseStatus(body: string): FileStatus | undefined {
  return statusOf(jsonOf(body)?.FileStatus)
}

/** Of LISTSTATUS_BATCH. */
export function parsePage(body: string): ListingPage | undefined {
  const listing = objectOf(jsonOf(body)?.DirectoryListing)
  const entries = statusesOf(objectOf(listing?.partialListing))
  const remaining = listing?.remainingEntries
  if (entries === undefined || typeof remaining !== 'number') return undefined
  return { entries, remaining }
}

/** Of LISTSTATUS. */
export function parseListing(body: string): ListingPage | undefined {
  const entries = statusesOf(jsonOf(body))
  return entries === undefined ? undefined : { entries, remaining: 0 }
}

/** Of GETXATTRS with encoding=base64. Those outside `user.` are left out. */
export function parseXattrs(body: string): Map<string, string> | undefined {
  const list = jsonOf(body)?.XAttrs
  if (!Array.isArray(list)) return undefined
  const attributes = new Map<string, string>()
  for (const entry of list) {
    const { name, value } = objectOf(entry) ?? {}
    if (typeof name !== 'string' || !name.startsWith('user.')) continue
    attributes.set(name.slice('user.'.length), decodeXattr(value))
  }
  return attributes
}

/**
 * A value as SETXATTR takes it. Always base64: text would be changed when it begins with 0x, 0s or
 * a quote.
 */
export function encodeXattr(value: string): string {
  return `0s${Buffer.from(value).toString('base64')}`
}

/** HDFS gives null for an empty value. */
function decodeXattr(value: unknown): string {
  return typeof value === 'string'
    ? Buffer.from(value.replace(/^0s/i, ''), 'base64').toString()
    : ''
}

/** MKDIRS and DELETE. */
export function parseBoolean(body: string): boolean | undefined {
  const value = jsonOf(body)?.boolean
  return typeof value === 'boolean' ? value : undefined
}

function statusesOf(holder: JsonObject | undefined): FileStatus[] | undefined {
  const list = objectOf(holder?.FileStatuses)?.FileStatus
  if (!Array.isArray(list)) return undefined
  const entries = list.map(statusOf)
  return entries.every((entry) => entry !== undefined) ? entries : undefined
}

function statusOf(value: unknown): FileStatus | undefined {
  const { pathSuffix, type, length, fileId, modificationTime } = objectOf(value) ?? {}
  if (typeof pathSuffix !== 'string' || typeof length !== 'number') return undefined
  if (typeof fileId !== 'number' || typeof modificationTime !== 'number') return undefined
  return {
    name: pathSuffix,
    type: type === 'DIRECTORY' ? 'directory' : 'file',
    byteLength: length,
    fileId,
    modifiedMs: modificationTime,
  }
}
