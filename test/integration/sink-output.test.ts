import { expect, it } from 'vitest'
import { linesOf, problemsOf, problemsOfOutput } from '../support/checker.ts'
import { shell, webHdfsReader } from '../support/checker-files.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

/** The bytes of one partition's files, oldest first. */
async function storedBytes({ root, topic }: SinkSettings, partition: number): Promise<Buffer> {
  const reader = webHdfsReader(stackInfo())
  const files = await reader.tree(`${root}/${topic}/${partition}`)
  const contents = await reader.read(files)
  return Buffer.concat([...contents.keys()].sort().map((path) => contents.get(path) as Buffer))
}

async function storedLines(settings: SinkSettings, partition: number): Promise<string[]> {
  return linesOf(await storedBytes(settings, partition)).map(String)
}

it('a line break in text stops its partition at that record, loudly, and no other', async () => {
  const stack = stackInfo()
  const settings = newSettings('refused', { flush: { records: 1_000, intervalMs: 300 } })
  const ledger = await Ledger.open(stack, settings.topic, 3)
  const sink = await SinkProcess.start(stack, settings)
  await ledger.send(1, ['a', 'b', 'c'])
  await ledger.send(1, ['broken\nin two, by a back\\slash'])
  await ledger.send(1, ['d'])
  const stopped = await sink.awaitLog('stopped', ({ msg }) => msg.startsWith('partition stopped'))
  expect(stopped).toMatchObject({ level: 'error', topic: settings.topic, partition: 1 })
  expect(stopped.msg).toMatch(/-1@3 has a line break/)
  await sink.eventually('counted as stopped', async () => {
    return (await sink.metric('stopped_partitions')) === 1
  })

  await ledger.send(0, ['e', 'f'])
  await ledger.send(2, ['g'])
  const { topic, root, group } = settings
  await sink.eventually('flushed of the others', async () => {
    return (await sink.metric('records_committed_total')) === 6
  })
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await storedLines(settings, 1)).toEqual(['a', 'b', 'c'])
  expect(await storedLines(settings, 0)).toEqual(['e', 'f'])
  expect(await storedLines(settings, 2)).toEqual(['g'])

  // As the message says.
  expect(stopped.msg).toContain("Set format.lineBreaks to 'escape'")
  const format = { type: 'text', lineBreaks: 'escape' }
  const again = await SinkProcess.start(stack, { topic, root, group, format })
  await caughtUp(again, settings)
  expect(await again.stop()).toEqual(CLEAN)
  const escaped = String.raw`broken\nin two, by a back\\slash`
  expect(await storedLines(settings, 1)).toEqual(['a', 'b', 'c', escaped, 'd'])
})

it('a line break that is to be kept is kept, byte for byte', async () => {
  const stack = stackInfo()
  const settings = newSettings('kept', { format: { type: 'text', lineBreaks: 'keep' } })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  const bytes = Buffer.from([0x61, 0x0a, 0x62, 0x0d, 0x0a, 0xff, 0x00, 0xc3])
  await ledger.send(0, [bytes, '정은'])
  await runToTheEnd(settings)
  expect(await storedBytes(settings, 0)).toEqual(Buffer.concat([bytes, Buffer.from('\n정은\n')]))
})

it('gzip files are read by Hadoop', async () => {
  const stack = stackInfo()
  const format = { type: 'text', compression: 'gzip' }
  const settings = newSettings('gzip', { format, flush: { records: 4_000, intervalMs: 2_000 } })
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.produce(20_000)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
  const text = await shell(stack, '-text', `${settings.root}/${settings.topic}/*/*.txt.gz`)
  expect(linesOf(text)).toHaveLength(20_000)
})

it('zstd files of JSON lines hold every record with its place in Kafka', async () => {
  const stack = stackInfo()
  const format = { type: 'json-lines', compression: 'zstd' }
  const settings = newSettings('zstd', { format, flush: { records: 4_000, intervalMs: 2_000 } })
  const ledger = await Ledger.open(stack, settings.topic, 2)
  await ledger.produce(20_000)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('the interval publishes what is buffered though no further record comes', async () => {
  const stack = stackInfo()
  const settings = newSettings('interval', { flush: { records: 1_000, intervalMs: 1_500 } })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  const sink = await SinkProcess.start(stack, settings)
  await ledger.send(0, ['a', 'b', 'c'])
  const flush = await sink.awaitMessage('flushed')
  expect(flush).toMatchObject({ trigger: 'interval', records: 3, startOffset: 0, endOffset: 3 })
  expect(await problemsOfOutput(webHdfsReader(stack), { ...settings, ledger })).toEqual([])
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it.each(['none', 'gzip'])(
  'a file that is uploaded in segments is one file (%s)',
  async (compression) => {
    const stack = stackInfo()
    const settings = newSettings('segments', {
      // A second member would end files when it joins.
      workers: 1,
      format: { type: 'text', compression },
      kafka: { maxBytesPerPartition: 40_000, maxDecompressedBatchBytes: 1_048_576 },
      flush: { records: 3_000, intervalMs: 60_000, bytes: 1_000_000_000 },
      memory: { budgetBytes: 4_194_304, segmentBytes: 20_000 },
    })
    const ledger = await Ledger.open(stack, settings.topic, 2)
    await ledger.produce(6_000)
    const sink = await SinkProcess.start(stack, settings)
    await caughtUp(sink, settings)
    await sink.eventually('two files, each joined once', async () => {
      const files = await sink.metric('files_committed_total')
      const joined = await sink.metric('hdfs_request_duration_seconds_count', { op: 'CONCAT' })
      return files === 2 && joined === 2
    })
    expect(await sink.stop()).toEqual(CLEAN)
    expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
  },
)
