import { describe, expect, it } from 'vitest'
import { verdicts } from '../../bench/page/targets.ts'
import { SCENARIOS } from '../../bench/scenarios/table.ts'
import type { ScenarioResult } from '../../bench/types.ts'
import { resultOf } from './results.ts'

function verdictOn(target: string, ...results: ScenarioResult[]) {
  const found = verdicts(results).find((verdict) => verdict.target === target)
  if (found === undefined) throw new Error(`there is no target ${target}`)
  return found
}

const CPU = 'CPU: 100 B, files of 50,000 records'
const MEMORY = 'Memory: 100 B, files of 50,000 records'
const THROUGHPUT = 'Throughput: 100 B, files of 50,000 records'

describe('the targets', () => {
  it('are judged by scenarios that exist', () => {
    const names = SCENARIOS.map(({ name }) => name)
    const wanted = verdicts([]).map(({ scenario }) => scenario)
    expect(wanted.filter((name) => !names.includes(name))).toEqual([])
  })

  it('are neither met nor missed while nothing is measured', () => {
    const open = verdicts([]).filter(({ met, measured }) => met === undefined && !measured)
    expect(open).toHaveLength(verdicts([]).length)
  })

  it('take the median of CPU and rates, and the worst of memory', () => {
    const rounds = [
      { cpuSecondsPerMillion: 0.4, ofCeiling: 0.9, peakRssMib: 200 },
      { cpuSecondsPerMillion: 0.9, ofCeiling: 0.1, peakRssMib: 300 },
      { cpuSecondsPerMillion: 0.5, ofCeiling: 0.85, peakRssMib: 210 },
    ]
    const result = resultOf('text-100', { sink: rounds })
    expect(verdictOn(CPU, result)).toMatchObject({ met: true, measured: '0.50' })
    expect(verdictOn(THROUGHPUT, result)).toMatchObject({ met: true, measured: '85 %' })
    expect(verdictOn(MEMORY, result)).toMatchObject({ met: false, measured: '300' })
  })

  it('may be met by less than nothing: a codec that spares more than it costs', () => {
    const target = 'CPU beyond text of the whole process: text, zstd 1, beside the codec alone'
    const result = resultOf('formats-events', { 'text, zstd 1': [{ ofCodec: -0.5 }] })
    expect(verdictOn(target, result)).toMatchObject({ met: true, measured: '-0.50' })
  })

  it('are those of the sink with its defaults, not of another subject', () => {
    const result = resultOf('text-100', { 'sink, 1 worker': [{ cpuSecondsPerMillion: 0.1 }] })
    expect(verdictOn(CPU, result).met).toBeUndefined()
  })

  it('say the limit with its unit', () => {
    expect(verdictOn(CPU).limit).toBe('<= 0.50 CPU s per million records')
    expect(verdictOn(THROUGHPUT).limit).toBe('>= 80 % of the lower ceiling')
  })

  it('allow a cost that grows as fast as the number, and no faster', () => {
    const over = (...seconds: number[]) =>
      resultOf(
        'linear-partitions',
        Object.fromEntries(
          seconds.map((readySeconds, n) => [`${3 * 10 ** n} partitions`, [{ readySeconds }]]),
        ),
      )
    expect(verdictOn('Start-up over partitions', over(1, 2, 20)).met).toBe(true)
    expect(verdictOn('Start-up over partitions', over(1, 2, 21)).met).toBe(false)
    expect(verdictOn('Start-up over partitions', over(1)).met).toBeUndefined()
  })

  it('want recovery to cost the same with any number of files', () => {
    const over = (few: number, many: number) =>
      resultOf('linear-files', {
        '1,000 files': [{ recoveryRequests: few }],
        '1,000,000 files': [{ recoveryRequests: many }],
      })
    const target = 'Recovery over files: requests'
    expect(verdictOn(target, over(20, 21)).met).toBe(true)
    expect(verdictOn(target, over(20, 40)).met).toBe(false)
  })
})
