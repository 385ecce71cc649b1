import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { InspectReport } from '../../src/audit/inspect.ts'
import { HdfsDamage, publishedPaths } from '../support/hdfs-damage.ts'
import { Ledger } from '../support/ledger.ts'
import { runCommand } from '../support/sink-command.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

/** The report, after its exit code was compared with it. */
async function inspect(settings: SinkSettings, file: string): Promise<InspectReport> {
  const { code, out, err } = await runCommand(stackInfo(), settings, ['inspect', file, '--json'])
  const report = JSON.parse(out || 'null') as InspectReport | null
  if (report === null) throw new Error(`inspect ended with ${code}: ${err}`)
  expect(code).toBe(report.ok ? 0 : 3)
  return report
}

it('shows what a file of JSON lines holds, here and in HDFS, and what is wrong with it', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  const format = { type: 'json-lines', compression: 'zstd' }
  const flush = { records: 1_000, intervalMs: 300 }
  const settings = newSettings('inspect', { format, flush })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.produce(3_000)
  await runToTheEnd(settings)
  const [, second = '', third = ''] = await publishedPaths(stack, settings)
  const bytes = await damage.bytesOf(second)
  const found = await inspect(settings, second)
  const offsets = { startOffset: 1_000, endOffset: 1_999 }
  expect(found).toMatchObject({
    version: 1,
    ok: true,
    path: second,
    byteLength: bytes.length,
    codec: 'zstd',
    format: 'json-lines',
    records: 1_000,
    firstOffset: 1_000,
    lastOffset: 1_999,
    stamp: { path: second, ...offsets, records: 1_000, byteLength: bytes.length },
    problems: [],
  })
  expect(found.firstRecord?.text).toContain('"offset":1000')
  expect(Date.parse(found.modifiedAt)).toBeGreaterThan(Date.now() - 600_000)

  const text = await runCommand(stack, settings, ['inspect', second])
  expect(text).toMatchObject({ code: 0, err: '' })
  expect(text.out).toMatch(/^format +json-lines, zstd$/m)
  expect(text.out).toMatch(/^offsets +1000 to 1999$/m)
  expect(text.out).toMatch(/^problems +none$/m)

  await damage.truncate(third, bytes.length >>> 1)
  const cut = await inspect(settings, third)
  expect(cut.problems).toHaveLength(3)
  expect(cut.problems[0]).toMatch(/^Has \d+ bytes, its stamp says \d+\.$/)
  expect(cut.problems[1]).toContain('not valid zstd'.slice(1))

  const local = path.join(stack.directory, `${settings.topic}.jsonl.zst`)
  writeFileSync(local, bytes)
  const here = await inspect(settings, `local:${local}`)
  expect(here).toMatchObject({ ok: true, records: 1_000, lastOffset: 1_999, stamp: null })
})

it('shows a file of somebody else, and says when there is none', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  const settings = newSettings('inspect-other')
  const file = `${settings.root}-other.txt`
  await damage.put(file, Buffer.from('a\n\nlast'))
  const found = await inspect(settings, file)
  expect(found).toMatchObject({ ok: false, records: 2, stamp: null, byteLength: 7 })
  expect(found.problems).toEqual(['Its last line has no line break at its end, after 2 records.'])
  const none = await runCommand(stack, settings, ['inspect', `${settings.root}/none`])
  expect(none).toEqual({ code: 1, out: '', err: `There is no file at ${settings.root}/none.\n` })
})
