import { expect, it, vi } from 'vitest'
import { createGroupOffsets, GroupInUseError } from '../../src/kafka/group-offsets.ts'
import { problemsOf } from '../support/checker.ts'
import { shell } from '../support/checker-files.ts'
import { journalEnds } from '../support/checker-journal.ts'
import { Ledger } from '../support/ledger.ts'
import { committedOffsets } from '../support/ledger-kafka.ts'
import { whenDone } from '../support/scope.ts'
import { runCommand } from '../support/sink-command.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, caughtUp, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

it('a sink is moved in journal and group at once, by whom and why is kept, and it goes on from there', async () => {
  const stack = stackInfo()
  const settings = newSettings('reset', { flush: { records: 5, intervalMs: 500 } })
  const { topic, group, root } = settings
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.produce(20)
  await runToTheEnd(settings)
  const reset = (...args: string[]) =>
    runCommand(stack, settings, ['offsets', 'reset', '--topic', `${topic}:1`, ...args])

  const dry = await reset('--to', '5')
  expect(dry).toMatchObject({ code: 0, err: 'Nothing was changed: add --execute to do it.\n' })
  expect(dry.out).toContain(`${topic}-1: journal 10, group 10 -> 5\n  Rewinds by 5`)
  const refused = await reset('--to', '5', '--execute')
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('from 5 to 9. Move') })
  expect(await journalEnds(stack, settings, 2)).toEqual([10, 10])
  expect(await committedOffsets(stack, group, topic)).toEqual([10, 10])

  const digits = (offset: number) => String(offset).padStart(20, '0')
  await shell(stack, '-rm', `${root}/${topic}/1/${digits(5)}-${digits(9)}.txt`)
  const done = await reset('--to', '5', '--reason', 'a "bad" day', '--execute')
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(await journalEnds(stack, settings, 2)).toEqual([10, 5])
  expect(await committedOffsets(stack, group, topic)).toEqual([10, 5])
  const shown = await runCommand(stack, settings, ['offsets', 'show', '--json'])
  expect(JSON.parse(shown.out)).toMatchObject({
    group,
    partitions: [
      { partition: 0, journal: { end: 10 }, lastReset: null },
      {
        partition: 1,
        journal: { end: 5 },
        group: { offset: 5, ours: true },
        log: { start: 0, end: 10 },
        lastReset: {
          by: expect.stringMatching(/^.+@.+$/),
          from: 10,
          fromGroup: 10,
          to: 5,
          reason: 'a "bad" day',
        },
      },
    ],
  })
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

it('a time is an offset of each partition, and what it skips is told', async () => {
  const stack = stackInfo()
  const settings = newSettings('time')
  const { topic } = settings
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.send(0, ['old'])
  const timeMs = Date.now() + 1
  await vi.waitUntil(() => Date.now() >= timeMs, { interval: 1 })
  await ledger.send(0, ['young'])
  const { code, out } = await runCommand(stack, settings, [
    ...['offsets', 'reset', '--topic', topic, '--to', new Date(timeMs).toISOString(), '--json'],
  ])
  const { moves } = JSON.parse(out)
  expect({ code, moves }).toMatchObject({
    code: 0,
    moves: [
      { topic, partition: 0, to: 1, direction: 'begin' },
      { topic, partition: 1, to: 0, direction: 'begin' },
    ],
  })
  expect(await journalEnds(stack, settings, 2)).toEqual([undefined, undefined])
})

it('a sink that runs cannot be moved, by the command or beside it, and its status is well', async () => {
  const stack = stackInfo()
  const settings = newSettings('running')
  const { topic, group, root } = settings
  const ledger = await Ledger.open(stack, topic, 1)
  await ledger.send(0, ['a', 'b'])
  const sink = await SinkProcess.start(stack, settings)
  await caughtUp(sink, settings)
  await sink.awaitMessage('flushed')

  const reset = ['offsets', 'reset', '--topic', topic, '--to', '1', '--keep-files', '--execute']
  const refused = await runCommand(stack, settings, reset)
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('kafka-hdfs-sink at ') })
  const offsets = offsetsOf(settings)
  const commit = offsets.commitToEmptyGroup([{ topic, partition: 0, offset: 1, metadata: '' }])
  await expect(commit).rejects.toBeInstanceOf(GroupInUseError)
  expect(await journalEnds(stack, settings, 1)).toEqual([2])

  const { url } = await sink.awaitMessage('metrics and health are served')
  const status = ['status', '--url', String(url), '--files', '--json']
  const digits = (offset: number) => String(offset).padStart(20, '0')
  const { code, out } = await runCommand(stack, settings, status)
  expect({ code, ...JSON.parse(out) }).toMatchObject({
    code: 0,
    group,
    sink: { answered: true },
    partitions: [
      {
        state: 'ok',
        journal: { end: 2 },
        log: { start: 0, end: 2 },
        lag: 0,
        lastFile: `${root}/${topic}/0/${digits(0)}-${digits(1)}.txt`,
        lastFileEnd: 1,
      },
    ],
  })
  expect(await sink.stop()).toEqual(CLEAN)
})

function offsetsOf({ group }: SinkSettings) {
  const { brokers } = stackInfo()
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const options = { brokers, groupId: group, clientId: 'test', requestTimeoutMs: 10_000, logger }
  const offsets = createGroupOffsets(options)
  whenDone(() => offsets.close())
  return offsets
}
