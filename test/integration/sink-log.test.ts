import { expect, it } from 'vitest'
import { problemsOf, problemsOfOutput } from '../support/checker.ts'
import { webHdfsReader } from '../support/checker-files.ts'
import { journalEnds } from '../support/checker-journal.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets, withAdmin } from '../support/ledger-kafka.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { awaitStop, CLEAN, runAdvice, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

/*
 * Logs of Kafka that are not simply a row of records.
 */

it('records of a transaction that was aborted are never written, and the group passes them', async () => {
  const stack = stackInfo()
  const settings = newSettings('aborted', { flush: { records: 1_000, intervalMs: 500 } })
  const ledger = await Ledger.open(stack, settings.topic, 1)
  await ledger.send(0, ['a', 'b'])
  await ledger.sendAborted(0, ['not', 'this'])
  const sink = await SinkProcess.start(stack, settings)
  // Two records, two aborted ones, and the marker of the abort.
  await sink.eventually('at the end', async () => {
    return (await committedOffsets(stack, settings.group, settings.topic)).join() === '5'
  })
  await ledger.sendAborted(0, ['nor', 'that'])
  await sink.eventually('at the end again', async () => {
    return (await committedOffsets(stack, settings.group, settings.topic)).join() === '8'
  })
  expect(await problemsOfOutput(webHdfsReader(stack), { ...settings, ledger })).toEqual([])
  expect(await sink.stop()).toEqual(CLEAN)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('records that retention removed stop their partition; with skip it goes on after them', async () => {
  const stack = stackInfo()
  const settings = newSettings('retention')
  const { topic } = settings
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.produce(2_000)
  await runToTheEnd(settings)
  await ledger.produce(2_000)
  await withAdmin(stack, async (admin) => {
    // kafkajs deletes only where it has asked for offsets before.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '1500' }] })
  })

  const stopped = await SinkProcess.start(stack, settings)
  const stop = await awaitStop(stopped, 1, 'retention-passed')
  expect(stop.msg).toMatch(/ends at 1000, but the log begins at 1500.* 500 offsets/)
  expect(stop.msg).toContain('set kafka.onRetentionGap: skip')
  await stopped.eventually('written elsewhere', async () => {
    return (await journalEnds(stack, settings, 2)).join() === '2000,1000'
  })
  expect(await stopped.stop()).toEqual(CLEAN)

  await runToTheEnd({ ...settings, kafka: { onRetentionGap: 'skip' } })
  ledger.entries[1]?.splice(1_000, 500)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('a topic that was created again stops, and what the log says begins it anew', async () => {
  const stack = stackInfo()
  const settings = newSettings('recreated')
  const { topic, root, group } = settings
  const ledger = await Ledger.open(stack, topic, 1)
  await ledger.send(0, ['a', 'b', 'c', 'd'])
  await runToTheEnd(settings)
  await withAdmin(stack, (admin) => admin.deleteTopics({ topics: [topic] }))
  const again = await Ledger.open(stack, topic, 1)
  // More than the journal has seen: only the topic's id tells the two logs apart.
  await again.send(0, ['e', 'f', 'g', 'h', 'i'])

  const stopped = await SinkProcess.start(stack, settings)
  const stop = await awaitStop(stopped, 0, 'topic-recreated')
  expect(await stopped.stop()).toEqual(CLEAN)
  expect(stop.msg).toContain('move them away first, as their names could come again')
  const { out } = await runAdvice(stop, settings)
  expect(out).toContain('1 published files are of another log')
  await runToTheEnd(settings)
  expect(await committedOffsets(stack, group, topic)).toEqual([5])
  const files = await webHdfsReader(stack).tree(`${root}/${topic}/0`)
  const digits = (offset: number) => String(offset).padStart(20, '0')
  expect(files.map(({ path }) => path.slice(`${root}/${topic}/0/`.length))).toEqual([
    `${digits(0)}-${digits(3)}.txt`,
    `${digits(0)}-${digits(4)}.txt`,
  ])
})
