import { expect, it } from 'vitest'
import { filesBeyond, lastFiles } from '../../src/audit/partition-files.ts'
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

function reader(paths: readonly string[]): FileReader {
  const hdfs = new SimHdfs()
  for (const path of paths) {
    hdfs.makeDirectory(path.replace(/\/[^/]*$/, ''))
    hdfs.create(path, Buffer.alloc(0))
  }
  const unused = () => Promise.reject(new Error('not used here'))
  return {
    status: unused,
    list: unused,
    getXattrs: unused,
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
          { path: FILES[1], offset: 19 },
          { path: FILES[2], offset: 24 },
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
