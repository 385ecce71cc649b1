import { describe, expect, it } from 'vitest'
import { compare, type HdfsRecord, isExactlyOnce, type KafkaRecord } from '../../demo/compare.ts'

const inKafka = (partition: number, offset: number): KafkaRecord => ({
  ...{ partition, offset, timestampMs: 1_700_000_000_000 + offset, key: '김민준' },
  value: `{"colorName": "하늘색", "n": ${offset}}`,
})
const inHdfs = (partition: number, offset: number): HdfsRecord => ({
  ...{ partition, offset, timestampMs: 1_700_000_000_000 + offset, key: '김민준' },
  value: { colorName: '하늘색', n: offset },
})
const KAFKA = [inKafka(0, 0), inKafka(0, 1), inKafka(1, 0)]
const HDFS = [inHdfs(1, 0), inHdfs(0, 1), inHdfs(0, 0)]

describe('the comparison of the demo', () => {
  it('finds each record once, in whatever order', () => {
    const found = compare(KAFKA, HDFS)
    expect(found).toMatchObject({ inKafka: 3, inHdfs: 3 })
    expect(isExactlyOnce(found)).toBe(true)
  })

  it('does not mind that a consumer read a record twice', () => {
    expect(isExactlyOnce(compare([...KAFKA, inKafka(0, 1)], HDFS))).toBe(true)
  })

  it.each([
    ['missing', HDFS.slice(1), '1@0'],
    ['doubled', [...HDFS, inHdfs(0, 1)], '0@1'],
    ['unknown', [...HDFS, inHdfs(2, 7)], '2@7'],
  ] as const)('names what is %s', (kind, files, name) => {
    const found = compare(KAFKA, files)
    expect(found[kind]).toEqual([name])
    expect(isExactlyOnce(found)).toBe(false)
  })

  it.each([
    ['value', { value: { colorName: '하늘색', n: 2 } }],
    ['key', { key: null }],
    ['timestamp', { timestampMs: 0 }],
  ])('names a record with another %s', (_, change) => {
    const found = compare(KAFKA, [{ ...inHdfs(0, 1), ...change }, inHdfs(0, 0), inHdfs(1, 0)])
    expect(found.different).toEqual(['0@1'])
    expect(isExactlyOnce(found)).toBe(false)
  })
})
