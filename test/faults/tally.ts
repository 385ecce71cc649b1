import type { Verdict } from './world.ts'

interface Row {
  times: number
  readonly recoveriesMs: number[]
}

/** What a run comes to. */
export class Tally {
  readonly rows = new Map<string, Row>()
  readonly failures: string[] = []
  worlds = 0
  records = 0
  files = 0
  lost = 0
  duplicated = 0

  get faults(): number {
    return [...this.rows.values()].reduce((sum, { times }) => sum + times, 0)
  }

  struck(kind: string, times: number, recoveryMs: number): void {
    const row = this.rows.get(kind) ?? { times: 0, recoveriesMs: [] }
    row.times += times
    row.recoveriesMs.push(recoveryMs)
    this.rows.set(kind, row)
  }

  audited({ records, files, lost, duplicated, problems }: Verdict): void {
    this.worlds += 1
    this.records += records
    this.files += files
    this.lost += lost
    this.duplicated += duplicated
    this.failures.push(...problems.map((problem) => `audit: ${problem}`))
  }

  failed(what: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    this.failures.push(`${what}: ${text.split('\n')[0]}`)
  }

  get isGood(): boolean {
    return this.failures.length === 0 && this.lost === 0 && this.duplicated === 0
  }

  /** `about` are the first rows of the second table: how it was run. */
  markdown(about: readonly (readonly [string, string])[]): string {
    const rows = [...this.rows].sort(([, a], [, b]) => b.times - a.times)
    const all = rows.flatMap(([, { recoveriesMs }]) => recoveriesMs)
    const line = (what: string, times: number, recoveriesMs: readonly number[]): string =>
      `| ${what} | ${count(times)} | ${seconds(median(recoveriesMs))} | ${seconds(Math.max(0, ...recoveriesMs))} |`
    return [
      '| fault | times struck | median recovery, s | longest recovery, s |',
      '|---|---:|---:|---:|',
      ...rows.map(([kind, { times, recoveriesMs }]) => line(kind, times, recoveriesMs)),
      line('**all**', this.faults, all),
      '',
      '| | |',
      '|---|---:|',
      ...about.map(([what, value]) => `| ${what} | ${value} |`),
      `| worlds (topic, group and root of their own) | ${count(this.worlds)} |`,
      `| records produced | ${count(this.records)} |`,
      `| files | ${count(this.files)} |`,
      `| **records lost** | **${count(this.lost)}** |`,
      `| **records doubled** | **${count(this.duplicated)}** |`,
      `| other failures | ${count(this.failures.length)} |`,
    ].join('\n')
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
