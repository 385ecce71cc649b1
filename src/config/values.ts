import { z } from 'zod'
import { hdfsPathProblem } from '../core/path-template-tokens.ts'

/*
 * The kinds of values that keys of the configuration take. `expects` completes the sentence
 * "expected ..." in errors and stands in the documentation.
 */

/** What may be said about a key beside its type. */
export interface KeyMeta {
  readonly description: string
  /** Never shown: neither by `config print` nor by the status page. */
  readonly secret?: boolean
  readonly examples?: readonly unknown[]
}

/** The most that a timer takes, and that Kafka's protocol takes for a time. */
const MAX_INT32 = 2_147_483_647

export const milliseconds = (least = 1) => z.int().min(least).max(MAX_INT32)

/** Bytes that one buffer of Node can hold, or that Kafka's protocol can name. */
export const bufferBytes = (least = 1) => z.int().min(least).max(MAX_INT32)

export const portNumber = z.int().min(0).max(65_535)

/** Kafka's own rule for topics. The group has it too: both are names of directories in HDFS. */
const LEGAL_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/

export const topicName = z.string().regex(LEGAL_NAME).meta({
  expects: 'the name of a topic (1 to 249 of A-Z a-z 0-9 . _ -)',
})

export const groupName = z.string().regex(LEGAL_NAME)

export const broker = z
  .string()
  .regex(/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, { abort: true })
  .refine((text) => isPort(text.slice(text.lastIndexOf(':') + 1)))
  .meta({ expects: 'a host and port such as broker-1:9092' })

export const webHdfsUrl = z
  .string()
  .refine(isPlainHttpUrl)
  .overwrite((text) => text.replace(/\/+$/, ''))
  .meta({ expects: 'the URL of a NameNode such as http://namenode:9870, without a path' })

export const dataNodeHost = z
  .string()
  .regex(/^((\*\.)?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/)
  .meta({ expects: 'a host, host:port or *.domain such as *.hdfs.example.com' })

export const hdfsUser = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]*\$?$/)

export const absolutePath = z
  .string()
  .overwrite((text) => (text === '/' ? text : text.replace(/\/$/, '')))
  .superRefine((text, context) => {
    const why = hdfsPathProblem(text)
    if (why !== undefined) context.addIssue({ code: 'custom', params: { why: `it ${why}` } })
  })

export const regularExpression = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      new RegExp(text)
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^.*: (?=\S+ )/s, '') : ''
      context.addIssue({ code: 'custom', params: { why: why.toLowerCase() } })
    }
  })

/** Names only: an offset such as +05:37 would be no zone, and would break the slots of a path. */
export const ianaTimeZone = z.string().superRefine((text, context) => {
  if (isTimeZone(text)) return
  const known = Intl.supportedValuesOf('timeZone')
  context.addIssue({ code: 'custom', params: { known } })
})

/** A list of at least one, none twice; `sameAs` decides what counts as the same. */
export function listOf<Item extends z.ZodType<string>>(
  item: Item,
  sameAs: (value: string) => string = (value) => value,
) {
  return z
    .array(item)
    .min(1)
    .superRefine((values, context) => {
      const seen = new Set<string>()
      values.forEach((value, index) => {
        const key = sameAs(value)
        if (seen.has(key)) {
          context.addIssue({ code: 'custom', path: [index], params: { why: 'it is listed twice' } })
        }
        seen.add(key)
      })
    })
}

function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535
}

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, pathname, search, hash, username, password } = new URL(text)
  return (
    (protocol === 'http:' || protocol === 'https:') &&
    pathname === '/' &&
    search + hash + username + password === ''
  )
}
