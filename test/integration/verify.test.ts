import { expect, it } from 'vitest'
import type { Thoroughness } from '../../src/audit/context.ts'
import type { Finding } from '../../src/audit/findings.ts'
import type { VerifyReport } from '../../src/audit/verify.ts'
import { runVerify } from '../../src/compose-verify.ts'
import { loadConfig } from '../../src/config/load.ts'
import { linesOf } from '../support/checker.ts'
import { journalPath } from '../support/checker-journal.ts'
import { listDirectory } from '../support/checker-webhdfs.ts'
import { HdfsDamage, publishedPaths } from '../support/hdfs-damage.ts'
import { Ledger } from '../support/ledger.ts'
import { withAdmin } from '../support/ledger-kafka.ts'
import { runCommand } from '../support/sink-command.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { configOf, newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

const QUICK_FLUSH = { records: 1_000, intervalMs: 300 }

/** In this process: a new one for each look would take most of the time. */
async function verify(
  settings: SinkSettings,
  thoroughness: Thoroughness = 'normal',
): Promise<VerifyReport> {
  const text = JSON.stringify(configOf(stackInfo(), settings))
  const config = loadConfig({ file: 'sink.yaml', text, env: {}, sets: [] })
  return await runVerify(config, { topics: [], thoroughness, progress: () => undefined })
}

/** As a command, whose exit code has to fit its report. */
async function verifyCommand(settings: SinkSettings, ...flags: string[]): Promise<VerifyReport> {
  const { code, out, err } = await runCommand(stackInfo(), settings, ['verify', '--json', ...flags])
  const report = JSON.parse(out || 'null') as VerifyReport | null
  if (report === null) throw new Error(`verify ended with ${code}: ${err}`)
  expect(code).toBe(report.ok ? 0 : 3)
  return report
}

function kinds({ findings }: VerifyReport, level: Finding['level']): string[] {
  return findings.filter((finding) => finding.level === level).map(({ kind }) => kind)
}

function only({ findings }: VerifyReport, kind: Finding['kind']): Finding {
  const found = findings.filter((finding) => finding.kind === kind)
  expect(found, JSON.stringify(findings, null, 2)).toHaveLength(1)
  return found[0] as Finding
}

it('finds nothing wrong with what the sink wrote, however closely it looks', async () => {
  const stack = stackInfo()
  const settings = newSettings('verify-good', { flush: QUICK_FLUSH })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  await ledger.produce(9_000)
  await runToTheEnd(settings)
  await ledger.produce(300)
  for (const flags of [[], ['--quick'], ['--deep', '--topic', settings.topic]]) {
    const report = await verifyCommand(settings, ...flags)
    expect(report).toMatchObject({ version: 1, ok: true, problems: 0, counts: {}, findings: [] })
    expect(report.partitions).toHaveLength(3)
    // What is not written yet is lag, and not wrong.
    for (const row of report.partitions) {
      expect(row).toMatchObject({
        journalStart: 0,
        journalEnd: 3_000,
        groupOffset: 3_000,
        logEnd: 3_100,
        lagOffsets: 100,
        files: 3,
        records: 3_000,
        newerFiles: 0,
      })
    }
  }
  const { code, out, err } = await runCommand(stack, settings, ['verify'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('All right: 9 files with 9,000 records in 3 partitions checked')
  expect(out).toMatch(new RegExp(`${settings.topic} .* 0 .* 3 .* 3,000 .* none`))
  const other = await runCommand(stack, settings, ['verify', '--topic', 'nobody-knows'])
  expect(other).toMatchObject({ code: 1, out: '' })
  expect(other.err).toContain(`nobody-knows. It reads ${settings.topic}.`)
})

it('finds each damage, and says where', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  const settings = newSettings('verify-bad', { flush: QUICK_FLUSH })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.produce(10_000)
  await runToTheEnd(settings)
  const paths = await publishedPaths(stack, settings)
  expect(paths).toHaveLength(10)
  const [, deleted = '', longer = '', shorter = '', copied = '', twice = '', fewer = ''] = paths
  const directory = `${settings.root}/${settings.topic}/0`
  const bytes = await damage.bytesOf(shorter)
  const lines = (await damage.bytesOf(fewer)).toString()
  await damage.remove(deleted)
  await damage.append(longer, 'x')
  await damage.truncate(shorter, bytes.length - 5)
  await damage.copy(copied, `${directory}/copy.txt`, { stamped: false })
  await damage.copy(twice, `${directory}/twice.txt`, { stamped: true })
  await damage.replace(fewer, Buffer.from(lines.replace('\n', ' ')))
  await damage.put(`${settings.root}/${settings.topic}/stranger`, Buffer.from('who?\n'))

  const report = await verifyCommand(settings)
  expect(kinds(report, 'problem').sort()).toEqual(
    [
      ...['gap', 'wrong-length', 'wrong-length', 'unknown-file', 'unknown-file'],
      ...['overlap', 'overlap', 'wrong-records'],
    ].sort(),
  )
  expect(only(report, 'gap')).toMatchObject({
    startOffset: 1_000,
    endOffset: 1_999,
    records: 1_000,
  })
  const wrongLength = report.findings.filter(({ kind }) => kind === 'wrong-length')
  expect(wrongLength.map(({ path }) => path)).toEqual([longer, shorter])
  expect(wrongLength[0]?.text).toMatch(/appended/)
  expect(wrongLength[1]?.text).toContain(
    `${bytes.length - 5} bytes, its stamp says ${bytes.length}. It was truncated.`,
  )
  const unknown = report.findings.filter(({ kind }) => kind === 'unknown-file')
  expect(unknown.map(({ path }) => path).sort()).toEqual(
    [`${directory}/copy.txt`, `${settings.root}/${settings.topic}/stranger`].sort(),
  )
  const overlaps = report.findings.filter(({ kind }) => kind === 'overlap')
  expect(overlaps.map(({ startOffset, endOffset }) => [startOffset, endOffset])).toEqual([
    [5_000, 5_999],
    [5_000, 5_999],
  ])
  expect(only(report, 'wrong-records')).toMatchObject({ path: fewer })
  expect(report.partitions[0]).toMatchObject({ files: 10, problems: 6 })

  const quick = await verify(settings, 'quick')
  expect(quick.problems).toBe(report.problems - 1)
  const { code, out } = await runCommand(stack, settings, ['verify'])
  expect(code).toBe(3)
  expect(out).toContain('PROBLEM gap (1)')
  expect(out).toContain(`${settings.topic}-0 @1000-1999`)
  expect(out).toContain('8 problems: ')
})

it('finds bytes that cannot be decoded under a stamp that fits', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  for (const compression of ['gzip', 'zstd']) {
    const format = { type: 'json-lines', compression }
    const settings = newSettings('verify-bytes', { format, flush: QUICK_FLUSH })
    const ledger = await Ledger.open(stack, settings.topic, 1)
    await ledger.produce(3_000)
    await runToTheEnd(settings)
    expect(await verify(settings)).toMatchObject({ ok: true })
    const [, path = ''] = await publishedPaths(stack, settings)
    const bytes = await damage.bytesOf(path)
    bytes[bytes.length >>> 1]! ^= 0xff
    await damage.replace(path, bytes)
    const found = only(await verify(settings), 'undecodable')
    expect(found).toMatchObject({ path, startOffset: 1_000, endOffset: 1_999 })
    expect(found.text).toContain(`not valid ${compression}`.slice(1))
    expect(await verify(settings, 'quick')).toMatchObject({ ok: true })
  }
})

it.each(['json-lines', 'text'])(
  'takes files of record times for what they are (%s): only what is missing or twice is wrong',
  async (type) => {
    const stack = stackInfo()
    const damage = new HdfsDamage(stack)
    const path = '{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset}.{extension}'
    const flush = { records: 3_000, intervalMs: 60_000 }
    const settings = newSettings('verify-time', { format: { type }, hdfs: { path }, flush })
    const ledger = await Ledger.open(stack, settings.topic, 1, { days: 3 })
    await ledger.produce(3_000)
    await runToTheEnd(settings)
    const good = await verify(settings, 'deep')
    expect(good).toMatchObject({ ok: true, findings: [] })
    expect(good.partitions[0]).toMatchObject({ records: 3_000 })

    // The oldest day first: it has the offsets 2, 5, 8 ...
    const [first = '', second = ''] = await publishedPaths(stack, settings)
    const copied = first.replace('/0-0', '/0-9')
    await damage.copy(first, copied, { stamped: true })
    const twice = await verify(settings)
    expect(twice.findings.map(({ kind }) => kind)).toEqual(['overlap', 'overlap'])
    const lines = linesOf(await damage.bytesOf(second)).length
    await damage.remove(copied, second)
    const gap = only(await verify(settings), 'gap')
    expect(gap).toMatchObject({ records: lines, endOffset: 2_999 })
    if (type === 'json-lines') expect(gap.startOffset).toBe(1)
  },
)

it('offsets without records are no gaps, and what Kafka has no more cannot be checked', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  const settings = newSettings('verify-kafka', { flush: QUICK_FLUSH })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.produce(1_000)
  await ledger.sendAborted(0, ['a', 'b', 'c'])
  await ledger.produce(1_000)
  await ledger.sendAborted(0, ['d'])
  await runToTheEnd(settings)
  const report = await verify(settings, 'deep')
  expect(report).toMatchObject({ ok: true, findings: [] })
  const row = { journalEnd: 2_006, records: 2_000 }
  expect(report.partitions[0]).toMatchObject(row)
  expect(report.partitions[0]?.offsetsWithoutRecords).toBeGreaterThan(0)

  const paths = await publishedPaths(stack, settings)
  await damage.remove(paths[0] ?? '')
  expect(only(await verify(settings), 'gap')).toMatchObject({ startOffset: 0, records: 1_000 })
  await withAdmin(stack, async (admin) => {
    // kafkajs has to be told the leaders first.
    await admin.fetchTopicOffsets(settings.topic)
    const partitions = [{ partition: 0, offset: '1004' }]
    await admin.deleteTopicRecords({ topic: settings.topic, partitions })
  })
  const later = await verify(settings)
  expect(later).toMatchObject({ ok: true, problems: 0 })
  expect(only(later, 'unchecked').text).toContain('no longer in Kafka')
  expect(later.partitions[0]?.offsetsUnchecked).toBeGreaterThanOrEqual(1_000)
})

it('never finds anything wrong beside a sink that runs', { timeout: 120_000 }, async () => {
  const stack = stackInfo()
  const settings = newSettings('verify-live', { flush: { records: 500, intervalMs: 200 } })
  const ledger = await Ledger.open(stack, settings.topic, 4)
  await ledger.produce(2_000)
  const sink = await SinkProcess.start(stack, settings)
  const reports: VerifyReport[] = []
  const levels = ['normal', 'deep', 'quick'] as const
  const newerFiles = () => reports.flatMap((r) => r.partitions.map((p) => p.newerFiles))
  const verifying = (async () => {
    // Until each has been used, and something was published meanwhile.
    for (let n = 0; n < 4 || Math.max(...newerFiles()) === 0; n++) {
      reports.push(await verify(settings, levels[n % levels.length]))
    }
  })()
  let isDone = false
  void verifying.finally(() => {
    isDone = true
  })
  while (!isDone) {
    const flush = sink.awaitNextFlush()
    await ledger.produce(800)
    await flush
  }
  await verifying
  for (const report of reports) expect(kinds(report, 'problem'), JSON.stringify(report)).toEqual([])
  await caughtUp(sink, settings)
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await verify(settings)).toMatchObject({ ok: true, findings: [] })
})

it('tells what is not published yet, and uploads that are left over, from what is lost', async () => {
  const stack = stackInfo()
  const damage = new HdfsDamage(stack)
  const settings = newSettings('verify-temps', { flush: QUICK_FLUSH })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.produce(3_000)
  await runToTheEnd(settings)
  const journal = journalPath(settings, 0)
  const [head] = await listDirectory(stack, journal)
  const flush = head?.pathSuffix.split('.')[3]
  const last = (await publishedPaths(stack, settings)).at(-1) ?? ''
  // As if the sink had died between commit and publish.
  await damage.move(last, `${journal}/${flush}.77.tmp`)
  await damage.put(`${journal}/gone-1.0.tmp`, Buffer.from('half'))
  const report = await verify(settings)
  expect(report).toMatchObject({ ok: true })
  expect(only(report, 'unpublished')).toMatchObject({ path: last, startOffset: 2_000 })
  expect(only(report, 'temps')).toMatchObject({ partition: 0 })
  const next = await SinkProcess.start(stack, settings)
  // Its token alone.
  await next.eventually('tidied up', async () => (await listDirectory(stack, journal)).length === 1)
  expect(await next.stop()).toEqual(CLEAN)
  expect(await verify(settings)).toMatchObject({ ok: true, findings: [] })

  await damage.remove(journal)
  const lost = await verify(settings)
  expect(kinds(lost, 'problem')).toEqual(['journal-lost'])
  expect(lost.findings[0]?.text).toContain('offsets reset')
})

it('names the group that was moved, and files beyond the end of a journal that was rewound', async () => {
  const stack = stackInfo()
  const settings = newSettings('verify-moved', { flush: QUICK_FLUSH })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.produce(3_000)
  await runToTheEnd(settings)
  await withAdmin(stack, (admin) =>
    admin.setOffsets({
      groupId: settings.group,
      topic: settings.topic,
      partitions: [{ partition: 0, offset: '10' }],
    }),
  )
  expect(kinds(await verify(settings), 'problem')).toEqual(['group-moved'])

  const journal = journalPath(settings, 0)
  const [head] = await listDirectory(stack, journal)
  const [, seq, , ...rest] = head?.pathSuffix.split('.') ?? []
  const rewound = `head.${Number(seq) + 1}.1000.${rest.join('.')}`
  await new HdfsDamage(stack).move(`${journal}/${head?.pathSuffix}`, `${journal}/${rewound}`)
  const report = await verify(settings)
  expect(kinds(report, 'problem')).toEqual(['group-moved', 'beyond-journal'])
  expect(only(report, 'beyond-journal')).toMatchObject({ startOffset: 2_000 })
})
