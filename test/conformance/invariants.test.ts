import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')
const rows = readFileSync(path.join(root, 'docs/INVARIANTS.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| name '))
  .map((line) => line.split('|').map((cell) => cell.trim()))

/** What stands in backticks in a cell and looks like a file. */
function filesIn(cell: string): string[] {
  return [...cell.matchAll(/`([\w./-]+)`/g)].map(([, name]) => name as string)
}

describe.each(rows.map((cells) => [cells[1] as string, cells] as const))('%s', (_, cells) => {
  it('is kept by code that exists', () => {
    const missing = filesIn(cells[3] ?? '')
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => !existsSync(path.join(root, 'src', name)))
    expect(missing).toEqual([])
  })

  it('is watched by tests that exist, by the names that they have', () => {
    const noticed = cells[4] ?? ''
    const tests = filesIn(noticed).map((name) => path.join(root, 'test', `${name}.test.ts`))
    expect(tests.length).toBeGreaterThan(0)
    expect(tests.filter((test) => !existsSync(test))).toEqual([])

    const texts = tests.map((test) => readFileSync(test, 'utf8'))
    const quoted = [...noticed.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string)
    const unknown = quoted.filter((name) => {
      const parts = name.split('...').map((part) => part.trim())
      return !texts.some((text) => parts.every((part) => text.includes(part)))
    })
    expect(unknown).toEqual([])
  })
})
