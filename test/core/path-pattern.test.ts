import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePathPattern, readPath } from '../../src/core/path-pattern.ts'
import { parsePathTemplate } from '../../src/core/path-template.ts'

const templates = [
  '{topic}/{partition}/{startOffset}-{endOffset}.{extension}',
  '{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset}.{extension}',
  '/data/{yyyy}/{MM}/{topic}-{partition:5}-{endOffset:8}.{extension}',
  'by-partition/{partition}/{topic}.{startOffset}.x.{extension}',
  '{topic}-{partition}-{startOffset:1}.{extension}',
]
const extensions = ['txt', 'jsonl.gz', 'txt.zst']
const topics = ['clicks', 'a.b-c_d', 'x', '0', 'clicks-1']

describe('a path pattern', () => {
  it('reads back every path that its template renders, whatever the format was', () => {
    const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(
        fc.constantFrom(...templates),
        fc.constantFrom(...extensions),
        fc.constantFrom(...topics),
        fc.constantFrom('/', '/kafka', '/a/b'),
        fc.record({
          partition: fc.nat({ max: 2 ** 31 - 1 }),
          startOffset: offset,
          endOffset: offset,
          bucketTimestampMs: fc.nat({ max: 4e12 }),
        }),
        (source, extension, topic, root, file) => {
          const template = parsePathTemplate(source, { root, timeZone: 'UTC', extension })
          const path = template.render({ topic, ...file })
          const parts = readPath(parsePathPattern(source, topic, { root }), path)
          const { startOffset, endOffset } = file
          const expected = {
            partition: file.partition,
            startOffset: source.includes('{startOffset') ? startOffset : undefined,
            endOffset: source.includes('{endOffset') ? endOffset : undefined,
          }
          expect(parts).toEqual(expected)
          for (const other of topics.filter((each) => each !== topic)) {
            expect(readPath(parsePathPattern(source, other, { root }), path)).toBeUndefined()
          }
        },
      ),
    )
  })

  it('begins where names are fixed, and knows whose the directories are', () => {
    const pattern = (source: string) => {
      const { base, ownDirectories, usesTime, directories } = parsePathPattern(source, 't', {
        root: '/kafka',
      })
      return { base, ownDirectories, usesTime, depth: directories.length }
    }
    expect(pattern(templates[0] ?? '')).toEqual({
      base: '/kafka/t',
      ownDirectories: true,
      usesTime: false,
      depth: 1,
    })
    expect(pattern(templates[2] ?? '')).toEqual({
      base: '/data',
      ownDirectories: false,
      usesTime: true,
      depth: 2,
    })
    expect(pattern(templates[4] ?? '')).toMatchObject({ base: '/kafka', depth: 0 })
  })

  it('tells the names of other topics from those that nobody gives', () => {
    const { file } = parsePathPattern(templates[4] ?? '', 't', { root: '/' })
    expect(file.match('t-0-7.txt')).toMatchObject({ partition: 0, startOffset: 7 })
    expect(file.match('u-0-7.txt')).toBeUndefined()
    expect(file.matchAny('u-0-7.jsonl.zst')).toBe(true)
    expect(file.matchAny('part-00000.parquet')).toBe(false)
  })

  it('takes no path whose parts contradict each other', () => {
    const source = '{topic}/{partition}/{partition}-{startOffset:1}.txt'
    const pattern = parsePathPattern(source, 't', { root: '/' })
    expect(readPath(pattern, '/t/3/3-9.txt')).toMatchObject({ partition: 3 })
    expect(readPath(pattern, '/t/3/4-9.txt')).toBeUndefined()
  })
})
