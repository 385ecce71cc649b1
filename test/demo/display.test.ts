import { describe, expect, it } from 'vitest'
import type { PublishedFile } from '../../demo/hdfs.ts'
import { progressLine, RateMeter } from '../../demo/progress.ts'
import { fileTable } from '../../demo/report.ts'

const FIGURES = {
  ...{ consumed: 12_000, committed: 11_000, lag: 1_345, files: 11 },
  filesByTrigger: new Map<string, number>(),
}

describe('the progress line', () => {
  it('says what was produced and what the sink made of it', () => {
    expect(progressLine(12_345, FIGURES, 2_500.4, Number.POSITIVE_INFINITY)).toBe(
      '  produced 12,345  in HDFS 11,000  lag 1,345  files 11  2,500 records/s',
    )
    expect(progressLine(1, { ...FIGURES, lag: undefined }, 0, 80)).toContain('  lag -  ')
    expect(progressLine(0, undefined, 0, 80)).toBe('  produced 0  the sink is starting')
  })

  it.each([1, 10, 30, 45, 60, 71, 72])('fits on one line of %i columns', (columns) => {
    expect(progressLine(12_345, FIGURES, 2_500, columns).length).toBeLessThanOrEqual(columns)
  })
})

describe('the rate', () => {
  it('is that of the last two seconds', () => {
    const rate = new RateMeter()
    expect(rate.update(0, 0)).toBe(0)
    expect(rate.update(1_000, 1_000)).toBe(1_000)
    expect(rate.update(2_000, 2_000)).toBe(1_000)
    expect(rate.update(2_000, 3_000)).toBe(500)
    expect(rate.update(2_000, 4_000)).toBe(0)
  })
})

describe('the table of files', () => {
  const file = (partition: number, start: number, end: number): PublishedFile => ({
    path: `/kafka/select-color/${partition}-${String(start).padStart(20, '0')}.jsonl`,
    bytes: 317_164,
    lines: [],
    records: Array.from({ length: end - start + 1 }, (_, index) => ({
      ...{ partition, offset: start + index, timestampMs: 0, key: null, value: null },
    })),
  })
  const files = [file(0, 0, 999), file(1, 1_000, 1_344)]

  it('has offsets, records and bytes of each', () => {
    expect(
      fileTable(files)
        .split('\n')
        .map((line) => line.trim().split(/\s+/)),
    ).toEqual([
      ['file', 'offsets', 'records', 'bytes'],
      ['0-00000000000000000000.jsonl', '0-999', '1,000', '317,164'],
      ['1-00000000000000001000.jsonl', '1000-1344', '345', '317,164'],
    ])
  })

  it('shortens the names where the terminal is narrow', () => {
    const lines = fileTable(files, 50).split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(50)
    expect(lines[2]).toMatch(/^ {2}1-0+… +1000-1344 +345 +317,164$/)
  })
})
