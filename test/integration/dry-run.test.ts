import { expect, it } from 'vitest'
import type { DryRunEvent, DryRunSummary } from '../../src/dry-run/events.ts'
import { listDirectory, webHdfs } from '../support/checker-webhdfs.ts'
import { publishedPaths } from '../support/hdfs-damage.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets } from '../support/ledger-kafka.ts'
import { runCommand } from '../support/sink-command.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

type Line = DryRunEvent | ({ readonly type: 'summary' } & DryRunSummary)

async function rehearse(settings: SinkSettings) {
  const { code, out, err } = await runCommand(stackInfo(), settings, ['run', '--dry-run', '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  const flushes = lines.flatMap((line) => (line.type === 'flush' ? [line] : []))
  const files = flushes.flatMap((flush) => flush.files)
  return { flushes, files, summary: lines.at(-1) }
}

async function lengthOf(path: string): Promise<number> {
  const response = await webHdfs(stackInfo(), path, 'GETFILESTATUS')
  const answer = (await response.json()) as { FileStatus: { length: number } }
  return answer.FileStatus.length
}

it('a rehearsal names the files that a sink then writes, and changes nothing anywhere', async () => {
  const stack = stackInfo()
  const format = { type: 'json-lines', compression: 'gzip' }
  const flush = { records: 1_000, intervalMs: 60_000 }
  const settings = newSettings('dry-run', { format, flush })
  const { topic, group, root } = settings
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.produce(4_000)

  const first = await rehearse(settings)
  expect(first.summary).toMatchObject({ files: 4, records: 4_000, stopped: 0, complete: true })
  expect(first.flushes.map(({ trigger, isOpen }) => ({ trigger, isOpen }))).toEqual(
    Array.from({ length: 4 }, () => ({ trigger: 'records', isOpen: false })),
  )
  expect(await listDirectory(stack, root)).toEqual([])
  expect(await committedOffsets(stack, group, topic)).toEqual([-1, -1])

  await runToTheEnd(settings)
  const written = await publishedPaths(stack, settings)
  const expected = new Map(first.files.map(({ path, byteLength }) => [path, byteLength]))
  expect([...expected.keys()].sort()).toEqual([...written].sort())
  for (const path of written) expect(await lengthOf(path)).toBe(expected.get(path))

  await ledger.produce(10)
  const second = await rehearse(settings)
  expect(second.summary).toMatchObject({ files: 2, records: 10, complete: true })
  expect(second.flushes).toMatchObject([
    { startOffset: 2_000, endOffset: 2_005, isOpen: true },
    { startOffset: 2_000, endOffset: 2_005, isOpen: true },
  ])
  expect(await committedOffsets(stack, group, topic)).toEqual([2_000, 2_000])
})

it('a rehearsal says what would stop, and ends with 3', async () => {
  const stack = stackInfo()
  const settings = newSettings('dry-stop', { flush: { records: 2, intervalMs: 60_000 } })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.send(0, ['a', 'b', 'two\nlines', 'c'])
  const { code, out, err } = await runCommand(stack, settings, ['run', '--dry-run'])
  expect(code).toBe(3)
  expect(out).toContain(`${settings.topic}-0 offsets 0 to 1, 2 records (records)\n`)
  expect(err).toMatch(/-0 would stop: .*line break/)
  expect(err).toContain('1 would stop. Nothing was written to HDFS')
  expect(await listDirectory(stack, settings.root)).toEqual([])
})
