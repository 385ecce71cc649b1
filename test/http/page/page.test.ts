import { describe, expect, it } from 'vitest'
import { renderPage } from '../../../src/http/page/page.ts'
import { partitionPage } from '../../../src/http/page/partition-page.ts'
import type { StatusDocument } from '../../../src/http/page/status-document.ts'
import { browserUrl } from '../../../src/http/page/tables.ts'
import { NOW_MS, partitionRow, STOPPED, statusSample } from './sample.ts'

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`

/** The same, with every text in it hostile. */
function poisoned<T>(value: T): T
function poisoned(value: unknown): unknown {
  if (typeof value === 'string') return `${value}${HOSTILE}`
  if (Array.isArray(value)) return value.map((item) => poisoned(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poisoned(item)]))
}

function tagsOf(page: string): string[] {
  return [...page.matchAll(/<(script|img)\b[^>]*>/g)].map(([tag]) => tag)
}

describe('the status page', () => {
  it('says state, figures, partitions, files, problems and configuration', () => {
    const page = renderPage(statusSample())
    for (const text of ['Moving records', '3,000', 'select-color-2', '119000–119999', '311 KiB']) {
      expect(page).toContain(text)
    }
    expect(page).toContain('rename failed, trying again')
    expect(page).toContain(', 12 times, first')
    expect(page).toContain('<th scope="row">kafka.brokers</th><td>localhost:9092</td>')
    expect(page).toContain('<title>Moving records · archive · kafka-hdfs-sink</title>')
  })

  it('lets no text out of its place, wherever it came from', () => {
    const sample = statusSample({}, [partitionRow(0), STOPPED])
    const words: StatusDocument = poisoned(sample)
    const { state, history, partitions } = sample
    const rows = partitions.rows.map((row) => ({ ...poisoned(row), state: row.state }))
    const hostile = { ...words, state, history, partitions: { ...words.partitions, rows } }
    const page = renderPage(hostile)
    expect(page).toContain('&lt;script&gt;')
    expect(tagsOf(page)).toEqual(tagsOf(renderPage(sample)))
    expect(page).not.toMatch(/\sonerror='/)
    expect(page.match(/href="[^"]*"/g)?.filter((link) => /[<>']/.test(link))).toEqual([])
  })

  it('shows under a stopped partition what was found, and each command apart', () => {
    const page = renderPage(statusSample({}, [partitionRow(0), STOPPED]))
    expect(page.indexOf('select-color-7')).toBeLessThan(page.indexOf('select-color-0'))
    expect(page).toContain('somebody moved the group')
    const command = 'kafka-hdfs-sink offsets reset --topic select-color:7 --to'
    for (const to of ['journal', 'group']) {
      expect(page).toContain(`<code class="command">${command} ${to} --execute</code>`)
    }
  })

  it('says what was logged last where the state is not well, and nothing of long ago', () => {
    const [problem] = statusSample().problems
    if (problem === undefined) throw new Error('the sample has no problem')
    const problems = [{ ...problem, lastMs: NOW_MS - 2_000 }]
    const shown = 'Latest</a>, 2 s ago: rename failed, trying again: RENAME /kafka'
    expect(renderPage(statusSample({ state: 'not-ready', problems }))).toContain(shown)
    expect(renderPage(statusSample({ problems }))).not.toContain(shown)
    const old = [{ ...problem, lastMs: NOW_MS - 400_000 }]
    expect(renderPage(statusSample({ state: 'not-ready', problems: old }))).not.toContain('Latest')
  })

  it('has pages for many partitions, which keep the filter', () => {
    const rows = Array.from({ length: 120 }, (_, index) => partitionRow(index))
    const partitions = partitionPage(rows, { filter: 'color-', page: 2 })
    const page = renderPage(statusSample({ partitions }))
    expect(page).toContain('page 2 of 3')
    expect(page).toContain('href="./?q=color-&amp;page=3#partitions"')
    expect(page).toContain('value="color-"')
  })

  it('says so where there is nothing yet', () => {
    const points = statusSample().history.points.map(({ atMs }) => ({
      ...{ atMs, readPerSecond: null, writtenPerSecond: null },
      ...{ writtenBytesPerSecond: null, lagRecords: null },
    }))
    const nothing = { files: [], problems: [], nameNode: null, history: { bucketMs: 1, points } }
    const page = renderPage(statusSample(nothing, []))
    expect(page).toContain('No partition is assigned to this process')
    expect(page).toContain('No file was written since')
    expect(page).toContain('nothing known yet')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('stays small with everything at its bound', () => {
    const [file] = statusSample().files
    const [problem] = statusSample().problems
    if (file === undefined || problem === undefined) throw new Error('the sample is empty')
    const rows = Array.from({ length: 1_000 }, (_, index) => partitionRow(index))
    const many = { files: Array(50).fill(file), problems: Array(50).fill(problem) }
    expect(renderPage(statusSample(many, rows)).length).toBeLessThan(120_000)
  })
})

describe('links to the NameNode', () => {
  it('go to the directory of a file, with what a URL cannot hold escaped', () => {
    expect(browserUrl('http://nn:9870', '/kafka/a/dt=2026-11-21/0-1.txt')).toBe(
      'http://nn:9870/explorer.html#/kafka/a/dt=2026-11-21',
    )
    expect(browserUrl('http://nn:9870', '/a b#"c/0.txt')).toBe(
      'http://nn:9870/explorer.html#/a%20b%23%22c',
    )
    expect(browserUrl('http://nn:9870', '/0.txt')).toBe('http://nn:9870/explorer.html#/')
  })
})
