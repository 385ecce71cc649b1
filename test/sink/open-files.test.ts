import { describe, expect, it } from 'vitest'
import { PathRefusedError, parsePathTemplate } from '../../src/core/path-template.ts'
import { RecordCursor } from '../../src/core/record-cursor.ts'
import { createOutputFormat } from '../../src/encoding/output-format.ts'
import { OpenFiles, type SealedFile } from '../../src/sink/open-files.ts'
import { recordBatch, type TestRecord } from '../support/records.ts'

const AT = { topic: 't', partition: 2 }
const FORMAT = createOutputFormat({ type: 'text', lineBreaks: 'refuse', compression: 'none' })
const NOON = Date.UTC(2026, 0, 2, 12)
const HOUR_MS = 3_600_000

function open(
  template = '/data/{topic}/{partition}-{startOffset:4}-{endOffset:4}.txt',
  at = AT,
): OpenFiles {
  const options = { root: '/', timeZone: 'UTC', extension: 'txt' }
  return new OpenFiles(at, FORMAT, parsePathTemplate(template, options))
}

function append(files: OpenFiles, ...records: TestRecord[]): void {
  const cursor = new RecordCursor()
  cursor.reset(recordBatch(records))
  while (cursor.next()) files.append(cursor)
}

const text = ({ chunks }: SealedFile): string => Buffer.concat(chunks).toString()

describe('a path without record time', () => {
  it('gives one file, named after its first and last record', () => {
    const files = open()
    append(files, { offset: 7, value: 'a' }, { offset: 9, value: 'b' })
    expect([files.records, files.count, files.fileBytes]).toEqual([2, 1, 4])
    const sealed = files.seal()
    expect(sealed.files).toMatchObject([
      { path: '/data/t/2-0007-0009.txt', startOffset: 7, endOffset: 9, records: 2, byteLength: 4 },
    ])
    expect(sealed.files.map(text)).toEqual(['a\nb\n'])
  })

  it('gives no file where there were no records', () => {
    expect(open().seal()).toMatchObject({ files: [], records: 0, oldestTimestampMs: undefined })
  })

  it('begins anew after sealing', () => {
    const files = open()
    append(files, { offset: 1, value: 'a' })
    files.seal()
    expect([files.records, files.count, files.fileBytes, files.heldBytes]).toEqual([0, 0, 0, 0])
    append(files, { offset: 2, value: 'b' })
    expect(files.seal().files.map(text)).toEqual(['b\n'])
  })
})

describe('a path with record time', () => {
  const HOURLY = '/data/{topic}/{yyyy}-{MM}-{dd}/{HH}/{partition}-{startOffset}.txt'

  it('gives a file for each of its values, however the records are mixed', () => {
    const files = open(HOURLY)
    append(
      files,
      { offset: 0, value: 'noon', timestampMs: NOON },
      { offset: 1, value: 'one', timestampMs: NOON + HOUR_MS },
      { offset: 2, value: 'noon too', timestampMs: NOON + HOUR_MS - 1 },
    )
    append(files, { offset: 7, value: 'noon again', timestampMs: NOON + 1 })
    expect(files.count).toBe(2)
    const { files: sealed, oldestTimestampMs } = files.seal()
    expect(sealed.map(text)).toEqual(['noon\nnoon too\nnoon again\n', 'one\n'])
    expect(sealed).toMatchObject([
      { path: expect.stringContaining('/2026-01-02/12/2-'), startOffset: 0, endOffset: 7 },
      { path: expect.stringContaining('/2026-01-02/13/2-'), startOffset: 1, endOffset: 1 },
    ])
    expect(oldestTimestampMs).toBe(NOON)
  })

  it('goes on in the right file after sealing', () => {
    const files = open(HOURLY)
    append(files, { offset: 0, value: 'a', timestampMs: NOON })
    files.seal()
    append(files, { offset: 1, value: 'b', timestampMs: NOON })
    expect(files.seal().files).toMatchObject([{ startOffset: 1, records: 1 }])
  })
})

describe('a record that is refused', () => {
  it('leaves everything as it was, also where it would have opened a file', () => {
    const files = open('/data/{topic}/{yyyy}{MM}{dd}{HH}/{partition}-{startOffset}.txt')
    append(files, { offset: 0, value: 'a', timestampMs: NOON })
    expect(() => append(files, { offset: 1, value: 'b\nc', timestampMs: NOON + HOUR_MS })).toThrow(
      /line break/,
    )
    expect([files.records, files.count, files.fileBytes]).toEqual([1, 1, 2])
    append(files, { offset: 4, value: 'd', timestampMs: NOON + HOUR_MS })
    expect(files.count).toBe(2)
    expect(files.seal().files).toMatchObject([
      { startOffset: 0, endOffset: 0 },
      { startOffset: 4, endOffset: 4 },
    ])
  })

  it('opens no file that counts', () => {
    const files = open('/data/{topic}/{HH}/{partition}-{startOffset}.txt')
    expect(() => append(files, { offset: 0, value: 'b\nc', timestampMs: NOON })).toThrow()
    append(files, { offset: 1, value: 'a', timestampMs: NOON + HOUR_MS })
    expect(files.count).toBe(1)
    expect(files.seal().files).toHaveLength(1)
  })
})

it('the oldest record is known, in whatever order they come', () => {
  const files = open()
  const times = [NOON, NOON - 5, NOON + 5]
  append(files, ...times.map((timestampMs, offset) => ({ offset, value: 'a', timestampMs })))
  expect(files.seal().oldestTimestampMs).toBe(NOON - 5)
})

it('memory is held until the sealed chunks are given back', () => {
  const files = open()
  append(files, { offset: 0, value: 'a'.repeat(1_000) })
  const { heldBytes } = files
  expect(heldBytes).toBeGreaterThanOrEqual(1_001)
  expect(files.seal().heldBytes).toBeGreaterThanOrEqual(1_001)
  expect(files.heldBytes).toBe(0)
})

it('a path that HDFS would refuse is refused here', () => {
  const files = open('/data/{topic}/{topic}-{partition}-{startOffset}.txt', {
    topic: 'x'.repeat(249),
    partition: 0,
  })
  append(files, { offset: 0, value: 'a' })
  expect(() => files.seal()).toThrow(PathRefusedError)
})
