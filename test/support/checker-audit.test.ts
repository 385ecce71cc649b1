import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { auditOutput } from './checker-audit.ts'
import type { Reader } from './checker-files.ts'

/*
 * A check that cannot fail shows nothing: here is what it must find.
 */

const VALUES = ['a', 'b', 'c', 'd']
const LEDGER = [VALUES.map((value, i) => ({ offset: i, sequence: i, sha1: hash('sha1', value) }))]

function name(start: number, end: number): string {
  const digits = (offset: number) => String(offset).padStart(20, '0')
  return `${digits(start)}-${digits(end)}.txt`
}

async function audit(files: Record<string, string>) {
  const listed = Object.entries(files).map(([path, text]) => {
    return { path, type: 'file' as const, byteLength: text.length }
  })
  const contents = new Map(listed.map(({ path }) => [path, Buffer.from(files[path] ?? '')]))
  const reader: Reader = { tree: async () => listed, read: async () => contents }
  return await auditOutput(reader, LEDGER, listed)
}

it('finds nothing where each record is there once, wherever its file is', async () => {
  const clean = { records: 4, files: 2, lost: 0, duplicated: 0, problems: [] }
  expect(
    await audit({ [`/r/t/0/${name(0, 1)}`]: 'a\nb\n', [`/r/t/0/${name(2, 3)}`]: 'c\nd\n' }),
  ).toEqual(clean)
  // Two days in one flush, of which one was moved away.
  expect(
    await audit({
      [`/r/t/dt=1/0-${name(0, 2)}`]: 'a\nc\n',
      [`/moved/dt=2/0-${name(1, 3)}`]: 'b\nd\n',
    }),
  ).toEqual(clean)
})

it('counts records that are lost', async () => {
  const found = await audit({ [`/r/t/0/${name(0, 1)}`]: 'a\nb\n' })
  expect(found).toMatchObject({ lost: 2, duplicated: 0 })
  expect(found.problems).toContain('offset 2 of partition 0 is in no file')
})

it('counts records that are there more than once, also in another directory', async () => {
  const whole = { [`/r/t/dt=1/0-${name(0, 3)}`]: 'a\nb\nc\nd\n' }
  const found = await audit({ ...whole, [`/moved/dt=1/0-${name(1, 2)}`]: 'b\nc\n' })
  expect(found).toMatchObject({ lost: 0, duplicated: 2 })
  expect(found.problems).toContain('offset 1 of partition 0 is there 2 times')
})

it.each([
  [
    'a line that nobody produced',
    'a\nb\nx\nc\nd\n',
    name(0, 3),
    'has 1 lines that nobody produced',
  ],
  ['a truncated file', 'a\nb\n', name(0, 3), 'begins with offset 0 and ends with 1'],
  ['another order', 'a\nc\nb\nd\n', name(0, 3), 'is not in the order of its offsets'],
  ['another name', 'a\nb\nc\nd\n', 'part-0', 'should not be there'],
])('finds %s', async (_, text, file, problem) => {
  const { problems } = await audit({ [`/r/t/0/${file}`]: text })
  expect(problems).toContainEqual(expect.stringContaining(problem))
})

it('finds ranges that overlap', async () => {
  const { problems } = await audit({
    [`/r/t/0/${name(0, 2)}`]: 'a\nb\nc\n',
    [`/r/t/0/${name(2, 3)}`]: 'c\nd\n',
  })
  expect(problems).toContainEqual(expect.stringContaining('overlaps the file before it'))
})
