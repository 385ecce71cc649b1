import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/*
 * docs/RELIABILITY.md has a table of each command that looks for lost records, between two marks.
 */

const ROOT = path.join(import.meta.dirname, '../..')
const REPORT = path.join(ROOT, 'docs/RELIABILITY.md')

/** Puts a table between its marks. */
export function writeTable(mark: 'simulation' | 'torture', table: string): void {
  const text = readFileSync(REPORT, 'utf8')
  const between = new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*?(<!-- /${mark} -->)`)
  if (!between.test(text)) {
    throw new Error(`expected <!-- ${mark} --> and <!-- /${mark} --> in ${REPORT}: add them`)
  }
  writeFileSync(
    REPORT,
    text.replace(between, (_, begin, end) => `${begin}${table}\n${end}`),
  )
}

/** What is checked out, and whether it was changed. */
export function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim()
    const changed = git('status', '--porcelain', '--', 'src', 'test', 'stack') !== ''
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
  } catch {
    return 'an unknown commit'
  }
}
