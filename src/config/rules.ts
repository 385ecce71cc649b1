import type { z } from 'zod'
import {
  fileExtension,
  PathRefusedError,
  type PathTemplate,
  PathTemplateError,
  parsePathTemplate,
} from '../core/path-template.ts'
import { memoryShares } from './memory-shares.ts'
import type { SinkConfig } from './schema.ts'

/*
 * What no single key can tell: combinations that cannot work. A rule runs when the keys that it
 * needs are good by themselves, whatever is wrong elsewhere, so that all problems show at once.
 */

/** What a rule found, as the `params` of a zod issue. */
export interface RuleFinding {
  readonly rule: string
  /** The keys concerned; the error points at the first that was set by the user. */
  readonly keys: readonly string[]
  readonly message: string
  /** Where in the value, from 1, if it is a text. */
  readonly column?: number
  readonly length?: number
  /** A word within a text that is not known, and those that are. */
  readonly unknown?: { readonly word: string; readonly known: readonly string[] }
}

/** A message, or more than that; undefined when all is well. `keys` are `needs` unless given. */
type RuleResult = (Omit<RuleFinding, 'rule' | 'keys'> & Partial<RuleFinding>) | string | undefined

interface Rule {
  readonly name: string
  /** Dotted names of keys. */
  readonly needs: readonly string[]
  check(config: SinkConfig): RuleResult
}

/** Bytes that one worker needs at the very least: a segment about to be full, and one more fetch. */
function bytesPerWorker({ kafka, flush, memory }: SinkConfig): number {
  return Math.min(flush.bytes, memory.segmentBytes) + kafka.maxBytesPerPartition
}

/** How many workers the memory budget can feed: at least 1. */
export function workersWithinBudget(config: SinkConfig): number {
  const { recordsBytes } = memoryShares(config.memory.budgetBytes, 1)
  return Math.max(1, Math.floor(recordsBytes / bytesPerWorker(config)))
}

/** The template of hdfs.path with everything it depends on. Throws PathTemplateError. */
export function pathTemplateOf({ hdfs, format, kafka }: SinkConfig): PathTemplate {
  return parsePathTemplate(hdfs.path, {
    root: hdfs.root,
    timeZone: hdfs.timeZone,
    extension: fileExtension(format.type, format.compression),
    singleTopic: kafka.topics?.length === 1,
  })
}

const RULES: readonly Rule[] = [
  {
    name: 'topics',
    needs: ['kafka.topics', 'kafka.topicPattern'],
    check({ kafka: { topics, topicPattern } }) {
      if (topics === undefined && topicPattern === undefined) {
        return 'expected `kafka.topics` or `kafka.topicPattern`, found neither'
      }
      if (topics === undefined || topicPattern === undefined) return undefined
      return 'expected either `kafka.topics` or `kafka.topicPattern`, found both'
    },
  },
  {
    name: 'heartbeat',
    needs: ['kafka.heartbeatIntervalMs', 'kafka.sessionTimeoutMs'],
    check({ kafka: { heartbeatIntervalMs, sessionTimeoutMs } }) {
      if (heartbeatIntervalMs * 3 <= sessionTimeoutMs) return undefined
      return (
        `expected kafka.heartbeatIntervalMs (${heartbeatIntervalMs}) to be at most a third of ` +
        `kafka.sessionTimeoutMs (${sessionTimeoutMs}): two lost heartbeats must not end a session`
      )
    },
  },
  {
    name: 'fetch wait',
    needs: ['kafka.maxWaitMs', 'kafka.requestTimeoutMs'],
    check({ kafka: { maxWaitMs, requestTimeoutMs } }) {
      if (maxWaitMs < requestTimeoutMs) return undefined
      return (
        `expected kafka.maxWaitMs (${maxWaitMs}) to be less than kafka.requestTimeoutMs ` +
        `(${requestTimeoutMs}): every idle fetch would time out`
      )
    },
  },
  {
    name: 'memory',
    needs: [
      ...['memory.segmentBytes', 'flush.bytes', 'memory.budgetBytes', 'workers'],
      'kafka.maxBytesPerPartition',
    ],
    check(config) {
      const workers = config.workers === 'auto' ? 1 : config.workers
      const needed = bytesPerWorker(config) * workers
      const { recordsBytes } = memoryShares(config.memory.budgetBytes, workers)
      if (needed <= recordsBytes) return undefined
      return (
        `expected three quarters of memory.budgetBytes (${config.memory.budgetBytes}) to hold a segment ` +
        '(memory.segmentBytes, or flush.bytes if that is less) and ' +
        `kafka.maxBytesPerPartition for each of ${workers} workers (${needed} bytes together)`
      )
    },
  },
  {
    name: 'decompression',
    needs: ['kafka.maxDecompressedBatchBytes', 'memory.budgetBytes'],
    check({ kafka: { maxDecompressedBatchBytes }, memory: { budgetBytes } }) {
      if (maxDecompressedBatchBytes <= budgetBytes) return undefined
      return (
        `expected kafka.maxDecompressedBatchBytes (${maxDecompressedBatchBytes}) to be at most ` +
        `memory.budgetBytes (${budgetBytes})`
      )
    },
  },
  {
    name: 'gzip level',
    needs: ['format.compressionLevel', 'format.compression', 'format.type'],
    check({ format: { compression, compressionLevel } }) {
      if (compression !== 'gzip' || compressionLevel <= 9) return undefined
      return `format.compressionLevel: expected 1 to 9 for gzip, found ${compressionLevel}`
    },
  },
  {
    name: 'path template',
    needs: [
      'hdfs.path',
      'hdfs.root',
      'hdfs.timeZone',
      'format.compression',
      'format.type',
      'kafka.topics',
      'kafka.topicPattern',
    ],
    check: checkPath,
  },
]

function checkPath(config: SinkConfig): RuleResult {
  try {
    const template = pathTemplateOf(config)
    // The longest names that each topic can get: a file that HDFS refuses would come too late.
    for (const topic of config.kafka.topics ?? []) {
      const most = Number.MAX_SAFE_INTEGER
      const file = { topic, partition: 2 ** 31 - 1, startOffset: most, endOffset: most }
      template.render({ ...file, bucketTimestampMs: 0 })
    }
    return undefined
  } catch (error) {
    if (error instanceof PathRefusedError) {
      return { message: error.message, keys: ['kafka.topics', 'hdfs.path'] }
    }
    if (!(error instanceof PathTemplateError)) throw error
    const { column, length, message, unknown } = error
    const known = PathTemplateError.placeholders
    const word = unknown === undefined ? {} : { unknown: { word: unknown, known } }
    return { message, column, length, ...word }
  }
}

/** Adds every rule to the schema. */
export function checkCombinations<Shape extends z.ZodType<SinkConfig>>(shape: Shape): Shape {
  return RULES.reduce<Shape>((schema, rule) => {
    const needs = rule.needs.map((key) => key.split('.'))
    const concerns = (path: readonly PropertyKey[]) =>
      needs.some((key) => startsWith(key, path) || startsWith(path, key))
    return schema.superRefine(
      (config, context) => {
        const found = rule.check(config)
        if (found === undefined) return
        const details = typeof found === 'string' ? { message: found } : found
        const finding: RuleFinding = { rule: rule.name, keys: rule.needs, ...details }
        context.addIssue({ code: 'custom', params: { finding } })
      },
      {
        when: ({ issues }) =>
          !issues.some((issue) => isTypeIssue(issue) && concerns(issue.path ?? [])),
      },
    )
  }, shape)
}

/** Not what another rule found, nor a key too many: both leave the values good. */
function isTypeIssue({ code, params }: z.core.$ZodRawIssue): boolean {
  return code !== 'unrecognized_keys' && !(isObject(params) && 'finding' in params)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function startsWith(path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean {
  return start.every((key, index) => path[index] === key)
}
