import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SCENARIOS } from '../scenarios/table.ts'
import type { ScenarioResult } from '../types.ts'
import { pageOf } from './page.ts'

const DOCS = path.join(import.meta.dirname, '..', '..', 'docs')
const DIRECTORY = path.join(DOCS, 'benchmarks')
const RESULTS = path.join(DIRECTORY, 'results.json')

/** Those of earlier runs whose scenarios were not measured again, and the new ones, in page order. */
export function merged(
  earlier: readonly ScenarioResult[],
  fresh: readonly ScenarioResult[],
): ScenarioResult[] {
  const all = new Map([...earlier, ...fresh].map((result) => [result.name, result]))
  return SCENARIOS.flatMap(({ name, title, about }) => {
    const result = all.get(name)
    return result === undefined ? [] : { ...result, title, about }
  })
}

export function readResults(): ScenarioResult[] {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as ScenarioResult[]
  } catch {
    return []
  }
}

/** Writes docs/benchmarks/results.json, the pictures and the page. */
export function writePage(results: readonly ScenarioResult[]): void {
  const { markdown, charts } = pageOf(results)
  mkdirSync(DIRECTORY, { recursive: true })
  for (const name of readdirSync(DIRECTORY)) {
    if (name.endsWith('.svg')) rmSync(path.join(DIRECTORY, name))
  }
  for (const { name, svg } of charts) writeFileSync(path.join(DIRECTORY, `${name}.svg`), svg)
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(path.join(DOCS, 'BENCHMARKS.md'), markdown)
}
