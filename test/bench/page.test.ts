import { describe, expect, it } from 'vitest'
import { pageOf } from '../../bench/page/page.ts'
import { merged } from '../../bench/page/store.ts'
import { cell, markdownTable, tableOf } from '../../bench/page/tables.ts'
import { SCENARIOS } from '../../bench/scenarios/table.ts'
import { RUN, resultOf } from './results.ts'

const TEXT = resultOf('text-100', {
  sink: [
    { recordsPerSecond: 1_000_000, cpuSecondsPerMillion: 0.4 },
    { recordsPerSecond: 3_000_000, cpuSecondsPerMillion: 0.6 },
  ],
  'ceiling: raw fetch': [{ recordsPerSecond: 9_000_000 }],
})

describe('a table', () => {
  it('has a column for each figure that any subject has, and none for others', () => {
    const { head, rows } = tableOf(TEXT)
    expect(head).toEqual(['', 'records/s', 'CPU s per million records'])
    expect(rows).toEqual([
      ['sink', '2,000,000 (1,000,000-3,000,000)', '0.50 (0.40-0.60)'],
      ['ceiling: raw fetch', '9,000,000', ''],
    ])
  })

  it('shows no spread of a single value', () => {
    expect(cell('ofCeiling', [0.5])).toBe('50 %')
    expect(cell('ofCeiling', [])).toBe('')
  })

  it('keeps its columns apart in Markdown whatever is in them', () => {
    expect(markdownTable({ head: ['a', 'b'], rows: [['x|y', '1']] })).toBe(
      '| a | b |\n|---|---:|\n| x\\|y | 1 |',
    )
  })
})

describe('the page', () => {
  it('has a section that each target leads to, and each picture that it shows', () => {
    const { markdown, charts } = pageOf([TEXT])
    expect(markdown).toContain('[CPU: 100 B, files of 50,000 records](#text-100)')
    expect(markdown).toContain('<a id="text-100"></a>')
    const shown = [...markdown.matchAll(/\(benchmarks\/(.+?)\.svg\)/g)].map(([, name]) => name)
    expect(shown).toEqual(charts.map(({ name }) => name))
    expect(shown.length).toBeGreaterThan(0)
    expect(charts.every(({ svg }) => svg.startsWith('<svg'))).toBe(true)
  })

  it('says what the servers leave for the sink where it does not reach its share of the ceiling', () => {
    const subjects = {
      sink: [{ recordsPerSecond: 200_000, ofCeiling: 0.4 }],
      'ceiling: raw fetch': [
        { recordsPerSecond: 1_000_000, cpuSecondsPerMillion: 1, coresBusy: 1.5 },
      ],
      'ceiling: raw upload': [
        { recordsPerSecond: 500_000, cpuSecondsPerMillion: 0.5, coresBusy: 2 },
      ],
    }
    const { markdown } = pageOf([resultOf('text-1k', subjects)])
    // 2 cores for 400,000 records/s; 0.5 s of the broker and 3.5 s of HDFS.
    expect(markdown).toContain('would be 400,000 records/s')
    expect(markdown).toContain('5.00 CPU s for a million records. The servers took 4.00')
    expect(markdown).toContain('leaves 1.00 for whoever moves the records')
    expect(markdown).toContain('took 1.50.')
    const enough = { ...subjects, sink: [{ recordsPerSecond: 450_000, ofCeiling: 0.9 }] }
    expect(pageOf([resultOf('text-1k', enough)]).markdown).not.toContain('leaves')
  })

  it('says the same of flushes that are fewer than the raw requests allow', () => {
    const flushes = resultOf('small-flushes', {
      'sink, 1 worker': [{ filesPerSecond: 80, ofRaw: 0.8, cpuMillisPerFile: 4, coresBusy: 1.6 }],
      'raw requests of the protocol': [{ filesPerSecond: 100, cpuMillisPerFile: 2 }],
    })
    const { markdown } = pageOf([flushes])
    // 20 ms for a file of the sink, 16 of them of the servers; 17.8 ms at 90 files/s.
    expect(markdown).toContain('would be 90 files/s')
    expect(markdown).toContain('have 17.8 CPU ms for a file. The servers took 16.0 of them')
    expect(markdown).toContain('leaves 1.8 for the sink')
    expect(markdown).toContain('took 2.0 by themselves')
  })

  it('says what could not be measured, in one line', () => {
    const failed = resultOf('latency', {}, { failures: ['sink: it ended\nwith a long log'] })
    const { markdown } = pageOf([failed])
    expect(markdown).toContain('- Not measured: sink: it ended\n')
    expect(markdown).not.toContain('long log')
  })

  it('tells runs of different commits apart', () => {
    const other = resultOf('latency', {}, { run: { ...RUN, commit: 'def' } })
    const { markdown } = pageOf([TEXT, other])
    expect(markdown).toMatch(/commit abc.*`text-100`.*commit def.*`latency`/s)
  })
})

describe('results of another run', () => {
  it('replace those of the same scenario and leave the others, in the order of the page', () => {
    const earlier = [resultOf('latency', {}), TEXT]
    const again = resultOf('text-100', {}, { facts: 'again' })
    const all = merged(earlier, [again])
    expect(all.map(({ name, facts }) => [name, facts])).toEqual([
      ['text-100', 'again'],
      ['latency', 'Facts.'],
    ])
  })

  it('take titles and words from the table of scenarios as it is now', () => {
    const [first] = merged([], [TEXT])
    expect(first?.title).toBe(SCENARIOS[0]?.title)
  })
})
