import { describe, expect, it } from 'vitest'
import { CorruptBatchError } from '../../src/core/errors.ts'
import { parsePathTemplate } from '../../src/core/path-template.ts'
import type { FetchedRecords, RecordBatch } from '../../src/core/record-batch.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { createOutputFormat } from '../../src/encoding/output-format.ts'
import { OpenFiles } from '../../src/sink/open-files.ts'
import { PartitionIntake } from '../../src/sink/partition-intake.ts'
import { recordBatch, valueBatch } from '../support/records.ts'

const AT = { topic: 't', partition: 0 }

interface Cut {
  readonly next: number
  readonly lines: string[]
}

function intake(limits: Partial<{ records: number; bytes: number; openFiles: number }> = {}) {
  const template = parsePathTemplate('/d/{topic}/{HH}/{partition}-{startOffset}.txt', {
    root: '/',
    timeZone: 'UTC',
    extension: 'txt',
  })
  const format = createOutputFormat({ type: 'text', lineBreaks: 'refuse', compression: 'none' })
  const files = new OpenFiles(AT, format, template)
  const policy = { records: 1e9, bytes: 1e9, openFiles: 100, intervalMs: 1e9, ...limits }
  const cursor = new RecordCursor()
  const taking = new PartitionIntake(files, cursor, policy)
  const cuts: Cut[] = []
  const sealed = (): string[] =>
    files
      .seal()
      .files.flatMap(({ chunks }) => Buffer.concat(chunks).toString().trimEnd().split('\n'))
  const take = (position: number, fetched: FetchedRecords) =>
    taking.take(fetched, position, (next) => cuts.push({ next, lines: sealed() }))
  return { take, cuts, sealed, files, cursor }
}

function fetched(batches: readonly (RecordBatch | Error)[], nextOffset: number): FetchedRecords {
  return {
    ...AT,
    fetchedOffset: 0,
    nextOffset,
    highWatermark: nextOffset,
    byteLength: 1,
    *batches() {
      for (const batch of batches) {
        if (batch instanceof Error) throw batch
        yield batch
      }
    },
  }
}

const digits = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => String(from + i))

describe('what was fetched', () => {
  it('is cut into files of exactly as many records as are allowed, also within a batch', () => {
    const { take, cuts, sealed } = intake({ records: 3 })
    const batches = [valueBatch(digits(4), 0), valueBatch(digits(4, 4), 4)]
    expect(take(0, fetched(batches, 8))).toEqual({ position: 8, records: 8, refused: undefined })
    expect(cuts).toEqual([
      { next: 3, lines: ['0', '1', '2'] },
      { next: 6, lines: ['3', '4', '5'] },
    ])
    expect(sealed()).toEqual(['6', '7'])
  })

  it('is cut by bytes and by open files as well', () => {
    const byBytes = intake({ bytes: 4 })
    byBytes.take(0, fetched([valueBatch(['a', 'b', 'c'])], 3))
    expect(byBytes.cuts).toEqual([{ next: 2, lines: ['a', 'b'] }])
    const byFiles = intake({ openFiles: 2 })
    const hours = [0, 1, 2].map((h) => ({ offset: h, value: `${h}`, timestampMs: h * 3_600_000 }))
    byFiles.take(0, fetched([recordBatch(hours)], 3))
    expect(byFiles.cuts).toEqual([{ next: 2, lines: ['0', '1'] }])
  })

  it('is taken from the position on, whatever comes before it', () => {
    const { take, sealed } = intake()
    const batches = [valueBatch(digits(3), 0), valueBatch(digits(3, 3), 3)]
    expect(take(4, fetched(batches, 6))).toMatchObject({ position: 6, records: 2 })
    expect(sealed()).toEqual(['4', '5'])
  })

  it('moves the position also where there are no records', () => {
    const { take, files } = intake()
    const compacted = recordBatch([{ offset: 2, value: 'a' }], { baseOffset: 0, lastOffset: 5 })
    expect(take(0, fetched([compacted], 9)).position).toBe(9)
    expect(take(9, fetched([], 12))).toEqual({ position: 12, records: 0, refused: undefined })
    expect(files.records).toBe(1)
  })

  it('is cut right behind a record, also where compaction has removed what follows', () => {
    const { take, cuts } = intake({ records: 1 })
    const compacted = [2, 5].map((offset) => ({ offset, value: `${offset}` }))
    take(0, fetched([recordBatch(compacted, { baseOffset: 0, lastOffset: 8 })], 9))
    expect(cuts.map(({ next }) => next)).toEqual([3, 6])
  })

  it('is not even looked at where it lies below the position', () => {
    const { take, sealed } = intake()
    const broken = { ...valueBatch(digits(3), 0), records: Buffer.from([1]) }
    const taken = take(3, fetched([broken, valueBatch(['a'], 3)], 4))
    expect(taken).toEqual({ position: 4, records: 1, refused: undefined })
    expect(sealed()).toEqual(['a'])
  })

  it('is let go when it is taken, whatever came of it', () => {
    for (const value of ['a', 'b\nc']) {
      const { take, cursor } = intake()
      take(0, fetched([valueBatch([value])], 1))
      expect(cursor.source).toHaveLength(0)
    }
  })

  it('never moves the position back', () => {
    expect(intake().take(20, fetched([valueBatch(['a'])], 1)).position).toBe(20)
  })
})

describe('a record that is refused', () => {
  it('leaves what came before it, and says where it is', () => {
    const { take, sealed } = intake()
    const taken = take(0, fetched([valueBatch(['a', 'b', 'c\nd', 'e'])], 4))
    expect(taken).toMatchObject({ position: 2, records: 2 })
    expect(taken.refused?.message).toContain('t-0@2')
    expect(sealed()).toEqual(['a', 'b'])
  })

  it('may be a whole batch: what is before that batch is taken', () => {
    const { take, sealed } = intake()
    const compacted = recordBatch([{ offset: 0, value: 'a' }], { lastOffset: 4 })
    const corrupt = new CorruptBatchError(AT, 5, 'its checksum is wrong')
    const taken = take(0, fetched([compacted, corrupt, valueBatch(['z'], 9)], 10))
    expect(taken).toEqual({ position: 5, records: 1, refused: corrupt })
    expect(sealed()).toEqual(['a'])
  })

  it('is not confused with a defect', () => {
    expect(() => intake().take(0, fetched([new TypeError('a defect')], 1))).toThrow(TypeError)
  })
})
