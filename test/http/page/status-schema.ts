import { z } from 'zod'
import type { StatusDocument } from '../../../src/http/page/status-document.ts'

/*
 * The contract of /api/status, strictly: a field that is removed, renamed or added shows here. What
 * exists may only be removed or changed with a new version.
 */

const whole = z.int().min(0)
const known = whole.nullable()
const rate = z.number().min(0).nullable()
const check = z.strictObject({ name: z.string(), ok: z.boolean(), reason: z.string() })

const partition = z.strictObject({
  ...{ topic: z.string(), partition: whole, worker: whole },
  state: z.enum(['starting', 'writing', 'recovering', 'paused', 'stopped']),
  ...{ position: known, committed: known, logEnd: known, lagRecords: known },
  ...{ bufferedRecords: whole, bufferedBytes: whole, oldestMs: known },
  ...{ reason: z.string().nullable(), explanation: z.string().nullable() },
})

const file = z.strictObject({
  ...{ path: z.string().startsWith('/'), topic: z.string(), partition: whole },
  ...{ startOffset: whole, endOffset: whole, records: whole, filesOfFlush: whole, bytes: whole },
  ...{ trigger: z.string(), durationMs: z.number().min(0), atMs: whole },
})

const problem = z.strictObject({
  level: z.enum(['warn', 'error', 'fatal']),
  ...{ text: z.string(), detail: z.string().nullable() },
  ...{ firstMs: whole, lastMs: whole, count: whole },
})

const point = z.strictObject({
  ...{ atMs: whole, readPerSecond: rate, writtenPerSecond: rate },
  ...{ writtenBytesPerSecond: rate, lagRecords: known },
})

export const statusSchema: z.ZodType<StatusDocument> = z.strictObject({
  version: z.literal(1),
  atMs: whole,
  sink: z.strictObject({
    ...{ version: z.string(), node: z.string(), group: z.string(), startedMs: whole },
  }),
  state: z.enum(['starting', 'moving', 'attention', 'not-ready', 'stopping']),
  reasons: z.array(z.string()),
  checks: z.array(check),
  totals: z.strictObject({
    ...{ partitions: whole, stopped: whole, paused: whole, lagRecords: known },
    ...{ bufferedRecords: whole, bufferedBytes: whole, budgetBytes: whole },
    ...{ writtenRecords: whole, writtenBytes: whole },
  }),
  partitions: z.strictObject({
    ...{ total: whole, matching: whole, filter: z.string(), page: whole, pages: whole },
    rows: z.array(partition).max(50),
  }),
  files: z.array(file).max(50),
  problems: z.array(problem).max(50),
  history: z.strictObject({ bucketMs: whole, points: z.array(point).length(240) }),
  nameNode: z.string().nullable(),
  configuration: z.record(z.string(), z.unknown()),
})
