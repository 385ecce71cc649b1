import { describe, expect, it } from 'vitest'
import { partitionPage, partitionQuery } from '../../../src/http/page/partition-page.ts'
import { partitionRow, STOPPED } from './sample.ts'

const names = (rows: readonly { partition: number }[]) => rows.map(({ partition }) => partition)

describe('the partitions that are shown', () => {
  it('are 50 of a thousand, those in trouble first, then those that are behind most', () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => partitionRow(index))
    rows[600] = partitionRow(600, { lagRecords: 2_000 })
    rows[700] = partitionRow(700, { state: 'paused', lagRecords: 1 })
    rows[800] = partitionRow(800, { state: 'stopped', lagRecords: null })
    rows[900] = partitionRow(900, { state: 'recovering' })
    const page = partitionPage(rows, { filter: '', page: 1 })
    expect(page).toMatchObject({ total: 1_000, matching: 1_000, page: 1, pages: 20 })
    expect(page.rows).toHaveLength(50)
    expect(names(page.rows).slice(0, 6)).toEqual([800, 900, 700, 600, 0, 1])
  })

  it('are found by a part of their name, whatever its case, or by their state', () => {
    const rows = [partitionRow(1), partitionRow(11), STOPPED]
    expect(names(partitionPage(rows, { filter: 'COLOR-1', page: 1 }).rows)).toEqual([1, 11])
    expect(names(partitionPage(rows, { filter: 'stopped', page: 1 }).rows)).toEqual([7])
  })

  it('are those of the last page where a later one is asked for', () => {
    const rows = Array.from({ length: 51 }, (_, index) => partitionRow(index))
    expect(partitionPage(rows, { filter: '', page: 99 })).toMatchObject({ page: 2, pages: 2 })
    expect(partitionPage([], { filter: '', page: 3 })).toMatchObject({ page: 1, rows: [] })
  })
})

describe('the query', () => {
  it('makes sense of everything', () => {
    const query = (text: string) => partitionQuery(new URLSearchParams(text))
    expect(query('')).toEqual({ filter: '', page: 1 })
    expect(query('q=%20a%20&page=3')).toEqual({ filter: 'a', page: 3 })
    for (const page of ['-1', '0', '1.5', 'x', '1e99']) expect(query(`page=${page}`).page).toBe(1)
    expect(query(`q=${'x'.repeat(5_000)}`).filter).toHaveLength(249)
  })
})
