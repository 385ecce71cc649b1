import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { problemsOfOutput } from './checker.ts'
import type { Reader } from './checker-files.ts'
import type { Entry } from './ledger.ts'

/*
 * A check that cannot fail shows nothing: here is what it must find.
 */

const VALUES = ['a', 'b', 'c', 'd', 'e']
/** Offset 2 is no record: what a transaction leaves. */
const OFFSETS = [0, 1, 3, 4, 5]

function name(start: number, end: number, extension = 'txt'): string {
  const digits = (offset: number) => String(offset).padStart(20, '0')
  return `/out/t/0/${digits(start)}-${digits(end)}.${extension}`
}

function entries(): Entry[] {
  return VALUES.map((value, i) => {
    return { offset: OFFSETS[i] as number, sequence: i, sha1: hash('sha1', value) }
  })
}

async function problems(files: Record<string, string | Buffer>): Promise<string[]> {
  const contents = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const)
  const reader: Reader = {
    tree: async () => [
      { path: '/out/t', type: 'directory', byteLength: 0 },
      { path: '/out/t/0', type: 'directory', byteLength: 0 },
      ...contents.map(([path, { length }]) => ({
        path,
        type: 'file' as const,
        byteLength: length,
      })),
    ],
    read: async () => new Map(contents),
  }
  const ledger = { topic: 't', entries: [entries()] }
  return await problemsOfOutput(reader, { root: '/out', group: 'g', ledger })
}

const FIRST = { [name(0, 1)]: 'a\nb\n' }
const SECOND = { [name(3, 5)]: 'c\nd\ne\n' }

it('finds nothing where each record is there once, in order', async () => {
  expect(await problems({ ...FIRST, ...SECOND })).toEqual([])
  expect(await problems({ [name(0, 5)]: 'a\nb\nc\nd\ne\n' })).toEqual([])
  const zipped = Buffer.concat([gzipSync('c\nd\n'), gzipSync('e\n')])
  expect(await problems({ ...FIRST, [name(3, 5, 'txt.gz')]: zipped })).toEqual([])
})

function jsonLine(offset: number, value: string, more: object = {}): string {
  return `${JSON.stringify({ topic: 't', partition: 0, offset, value, ...more })}\n`
}

it('finds a JSON line that says something else of its record', async () => {
  const path = name(3, 5, 'jsonl')
  const two = jsonLine(3, 'c') + jsonLine(4, 'd')
  expect(await problems({ ...FIRST, [path]: two + jsonLine(5, 'e') })).toEqual([])
  for (const line of [
    jsonLine(6, 'e'),
    jsonLine(5, 'f'),
    jsonLine(5, 'e', { partition: 1 }),
    jsonLine(5, 'e', { topic: 'u' }),
  ]) {
    const found = await problems({ ...FIRST, [path]: two + line })
    expect(found).toEqual([`${path} is wrong at offset 5`])
  }
})

it.each([
  ['a file that is missing', { ...FIRST }],
  ['a file that is missing in between', { ...SECOND }],
  ['a range that is written twice', { ...FIRST, ...SECOND, [name(4, 5)]: 'd\ne\n' }],
  ['a record that is missing at the end of a file', { ...FIRST, [name(3, 5)]: 'c\nd\n' }],
  ['a record that is missing at the start of a file', { ...FIRST, [name(3, 5)]: 'd\ne\n' }],
  ['a record that is there twice', { ...FIRST, [name(3, 5)]: 'c\nd\nd\ne\n' }],
  ['records in another order', { ...FIRST, [name(3, 5)]: 'd\nc\ne\n' }],
  ['a record that was changed', { ...FIRST, [name(3, 5)]: 'c\nD\ne\n' }],
  ['a file that ends amid a record', { [name(0, 1)]: 'a\n', ...SECOND }],
  ['an empty file', { ...FIRST, ...SECOND, [name(6, 6)]: '' }],
  ['a name that begins before its records', { ...FIRST, [name(2, 5)]: 'c\nd\ne\n' }],
  ['a name that ends after its records', { ...FIRST, [name(3, 9)]: 'c\nd\ne\n' }],
  ['a file of another name', { ...FIRST, ...SECOND, '/out/t/0/x.tmp': '' }],
  ['a partition that is not known', { ...FIRST, ...SECOND, '/out/t/1/x': '' }],
])('finds %s', async (_, files) => {
  expect(await problems(files)).not.toEqual([])
})
