import { expect, it } from 'vitest'
import { forgetGroup, takeSnapshot } from '../faults/operator-acts.ts'
import { problemsOf } from '../support/checker.ts'
import { shell } from '../support/checker-files.ts'
import { Ledger } from '../support/ledger.ts'
import { runCommand } from '../support/sink-command.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { awaitStop, CLEAN, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

/* The disasters of docs/OPERATING.md, and what it says to do about them, to the letter. */

const flush = { records: 10, intervalMs: 500 }

async function command(settings: SinkSettings, ...args: string[]): Promise<string> {
  const { code, out, err } = await runCommand(stackInfo(), settings, args)
  expect({ args, code, err }, out).toEqual({ args, code: 0, err: '' })
  return out
}

it('journals and group both lost: each partition goes on behind its last file', async () => {
  const stack = stackInfo()
  const settings = newSettings('both-lost', { flush })
  const { topic, root } = settings
  const ledger = await Ledger.open(stack, topic, 2)
  await ledger.produce(40)
  await runToTheEnd(settings)
  await shell(stack, '-rm', '-r', '-skipTrash', `${root}/_sink`)
  await forgetGroup(stack, settings)

  const { partitions } = JSON.parse(await command(settings, 'status', '--files', '--json')) as {
    partitions: { partition: number; state: string; lastFile: string }[]
  }
  for (const { partition, state, lastFile } of partitions) {
    const last = Number(/-(\d{20})\.txt$/.exec(lastFile)?.[1])
    expect([state, last]).toEqual(['new', 19])
    const to = ['--topic', `${topic}:${partition}`, '--to', String(last + 1)]
    await command(settings, 'offsets', 'reset', ...to, '--execute')
  }
  await ledger.produce(10)
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
  await command(settings, 'verify')
})

it('HDFS restored from a snapshot: what is missing is written again out of Kafka', async () => {
  const stack = stackInfo()
  const settings = newSettings('restored', { flush })
  const { topic, root } = settings
  const ledger = await Ledger.open(stack, topic, 1)
  await ledger.produce(20)
  await runToTheEnd(settings)
  await takeSnapshot(stack, root, 'of-yesterday')
  await ledger.produce(20)
  await runToTheEnd(settings)

  // What is above the journals and the files stays: a directory with snapshots cannot be renamed.
  await shell(stack, '-cp', '-ptopax', `${root}/.snapshot/of-yesterday`, `${root}-restored`)
  await shell(stack, '-rm', '-r', '-skipTrash', `${root}/_sink`, `${root}/${topic}`)
  await shell(stack, '-mv', `${root}-restored/_sink`, `${root}-restored/${topic}`, root)
  const sink = await SinkProcess.start(stack, settings)
  await awaitStop(sink, 0, 'group-moved')
  expect(await sink.stop()).toEqual(CLEAN)
  await command(settings, 'offsets', 'reset', '--topic', topic, '--to', 'journal', '--execute')
  await runToTheEnd(settings)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
  await command(settings, 'verify')
})
