import { describe, expect, it } from 'vitest'
import { filesBeyond, lastFiles } from '../../src/audit/partition-files.ts'
import { formatStamp, STAMP_ATTRIBUTE } from '../../src/core/journal.ts'
import { parsePathPattern } from '../../src/core/path-pattern.ts'
import type { FileReader } from '../../src/core/ports.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'

const TEMPLATE = '{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset:1}-{endOffset:1}.{extension}'
const pattern = parsePathPattern(TEMPLATE, 't', { root: '/out' })

const FILES = [
  '/out/t/dt=2026-01-02/0-0-9.txt',
  '/out/t/dt=2026-01-01/0-10-19.txt.gz',
  '/out/t/dt=2026-01-01/0-20-24.jsonl',
  '/out/t/dt=2026-01-01/1-0-99.txt',
  '/out/t/dt=2026-01-01/0-30.txt',
  '/out/t/dt=2026-01-01/_0-40-49.txt',
  '/out/u/dt=2026-01-01/0-50-59.txt',
]

/** @param ends the last offset of files that have a stamp */
function reader(paths: readonly string[], ends = new Map<string, number>()): FileReader {
  const hdfs = new SimHdfs()
  for (const path of paths) {
    hdfs.makeDirectory(path.replace(/\/[^/]*$/, ''))
    hdfs.create(path, Buffer.alloc(0))
  }
  const unused = () => Promise.reject(new Error('not used here'))
  return {
    status: unused,
    list: unused,
    async getXattrs(path) {
      const endOffset = ends.get(path)
      if (endOffset === undefined) return new Map()
      const stamp = { path, startOffset: 0, endOffset, records: 1, byteLength: 1 }
      return new Map([[STAMP_ATTRIBUTE, formatStamp(stamp)]])
    },
    read: () => {
      throw new Error('not used here')
    },
    async listPage(path, after) {
      const rest = hdfs.list(path)?.filter(({ name }) => name > after)
      return rest && { entries: rest.slice(0, 1), more: rest.length > 1 }
    },
  }
}

it('the files that hold offsets from somewhere on are found, whatever their format and day', async () => {
  const found = await filesBeyond(reader(FILES), pattern, new Map([[0, 15]]))
  expect([...found]).toEqual([
    [
      0,
      {
        count: 2,
        end: 25,
        first: [
          { path: FILES[1], offset: 19, isEnd: true },
          { path: FILES[2], offset: 24, isEnd: true },
        ],
      },
    ],
  ])
})

it('of many files the first are named, and all are counted', async () => {
  const many = Array.from({ length: 30 }, (_, n) => `/out/t/dt=2026-01-01/0-${n}-${n}.txt`)
  const found = (await filesBeyond(reader(many), pattern, new Map([[0, 5]]))).get(0)
  expect([found?.count, found?.end, found?.first.length]).toEqual([25, 30, 20])
})

it('the last file of a partition is the one with the highest offset', async () => {
  const last = await lastFiles(reader(FILES), pattern, new Set([0, 1, 2]))
  expect(new Map([...last].map(([partition, { path }]) => [partition, path]))).toEqual(
    new Map([
      [0, FILES[2]],
      [1, FILES[3]],
    ]),
  )
})

describe('where names have only the first offset', () => {
  const starts = parsePathPattern('{topic}/{partition}-{startOffset:1}.{extension}', 't', {
    root: '/out',
  })
  const [first, second, third] = ['/out/t/0-0.txt', '/out/t/0-10.txt', '/out/t/0-20.txt'] as const
  const paths = [first, second, third]

  it('a file that reaches beyond is seen by its stamp, and how far the last one reaches', async () => {
    const ends = new Map([
      [first, 9],
      [second, 19],
      [third, 34],
    ])
    const found = await filesBeyond(reader(paths, ends), starts, new Map([[0, 15]]))
    expect(found.get(0)).toMatchObject({
      count: 2,
      end: 35,
      first: [
        { path: second, offset: 19, isEnd: true },
        { path: third, offset: 20, isEnd: false },
      ],
    })
    const behind = await filesBeyond(reader(paths, ends), starts, new Map([[0, 35]]))
    expect(behind.size).toBe(0)
    const last = await lastFiles(reader(paths, ends), starts, new Set([0]))
    expect(last.get(0)).toEqual({ path: third, offset: 34, isEnd: true })
  })

  it('of a flush that was split by time all files are asked: they lie in each other', async () => {
    const days = parsePathPattern('{topic}/dt={dd}/{partition}-{startOffset:1}.{extension}', 't', {
      root: '/out',
    })
    const [long, short] = ['/out/t/dt=01/0-0.txt', '/out/t/dt=02/0-500.txt'] as const
    const ends = new Map([
      [long, 999],
      [short, 600],
    ])
    const files = reader([long, short], ends)
    const found = await filesBeyond(files, days, new Map([[0, 700]]))
    expect(found.get(0)).toMatchObject({ count: 1, end: 1000, first: [{ path: long }] })
    const both = await filesBeyond(files, days, new Map([[0, 0]]))
    expect(both.get(0)).toMatchObject({ count: 2, end: 1000 })
    const last = await lastFiles(files, days, new Set([0]))
    expect(last.get(0)).toEqual({ path: long, offset: 999, isEnd: true })
  })

  it('without stamps the names have to do', async () => {
    const found = await filesBeyond(reader(paths), starts, new Map([[0, 15]]))
    expect(found.get(0)).toMatchObject({ count: 1, end: 21 })
    const last = await lastFiles(reader(paths), starts, new Set([0]))
    expect(last.get(0)).toEqual({ path: third, offset: 20, isEnd: false })
  })
})
