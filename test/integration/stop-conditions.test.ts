import path from 'node:path'
import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { journalPath } from '../support/checker-journal.ts'
import { listDirectory } from '../support/checker-webhdfs.ts'
import { Ledger } from '../support/ledger.ts'
import { withAdmin } from '../support/ledger-kafka.ts'
import { runCommand } from '../support/sink-command.ts'
import { type LogLine, SinkProcess } from '../support/sink-process.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { CLEAN, runAdvice, runToTheEnd } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

/*
 * Every condition that stops a partition, each on a partition of its own: 20 records are written in
 * two files, something is broken, 10 more are produced, the partition stops and names a command. When
 * that was run to the letter a sink writes what is left, and each record is there exactly once.
 */

interface Condition {
  readonly reason: string
  /** What somebody does to a sink that is stopped, or that runs. */
  readonly happens: (at: Place) => Promise<void>
  readonly whileItRuns?: true
  /** Offsets that the decision leaves out, or that nobody has any more. */
  readonly without?: readonly [from: number, to: number]
  /** The files from here on are moved away first, as their records will be written again. */
  readonly writesAgainFrom?: number
  /** Of several commands in the message. */
  readonly choice?: number
}

interface Place {
  readonly settings: SinkSettings
  readonly partition: number
  readonly journal: string
}

const CONDITIONS: readonly Condition[] = [
  { reason: 'journal-lost', happens: ({ journal }) => remove(journal) },
  { reason: 'group-moved', happens: (at) => moveGroup(at, 7) },
  { reason: 'group-moved', happens: (at) => moveGroup(at, 10), choice: 1, writesAgainFrom: 10 },
  { reason: 'group-moved', happens: (at) => moveGroup(at, 25), choice: 1, without: [20, 25] },
  { reason: 'retention-passed', happens: (at) => expire(at, 25), without: [20, 25] },
  { reason: 'foreign-journal', happens: giveToOthers, writesAgainFrom: 0 },
  { reason: 'journal-damaged', happens: addToken },
  { reason: 'log-truncated', happens: (at) => pretendToBeAt(at, 900), without: [20, 30] },
  {
    reason: 'log-truncated',
    happens: (at) => pretendToBeAt(at, 900),
    choice: 1,
    writesAgainFrom: 0,
  },
  { reason: 'path-taken', happens: (at) => makeDirectory(fileOf(at, 20)) },
  { reason: 'unwritable', happens: async () => undefined, without: [25, 26] },
  { reason: 'journal-gone', happens: ({ journal }) => remove(journal), whileItRuns: true },
]

it('every stop names the command that resolves it, and the records are there exactly once', {
  timeout: 300_000,
}, async () => {
  const stack = stackInfo()
  const settings = newSettings('stops', { flush: { records: 10, intervalMs: 500 } })
  const ledger = await Ledger.open(stack, settings.topic, CONDITIONS.length)
  const places = CONDITIONS.map((condition, partition) => {
    return { ...condition, settings, partition, journal: journalPath(settings, partition) }
  })
  for (const { partition } of places) await ledger.send(partition, values(0, 20))
  await runToTheEnd(settings)

  for (const place of places.filter(({ whileItRuns }) => !whileItRuns)) {
    await ledger.send(place.partition, values(20, 30, place.reason))
    await place.happens(place)
  }
  const sink = await SinkProcess.start(stack, settings)
  for (const place of places.filter(({ whileItRuns }) => whileItRuns)) {
    const { topic } = settings
    const labels = { topic, partition: String(place.partition) }
    const isWriting = async () => (await sink.metric('partition_committed_offset', labels)) === 20
    await sink.eventually('writing', isWriting)
    await place.happens(place)
    await ledger.send(place.partition, values(20, 30))
  }
  const stops = await Promise.all(places.map((place) => stopOf(sink, place)))
  const { url } = await sink.awaitMessage('metrics and health are served')
  const stopped = places.map(({ reason }) => ['stopped', reason])
  await sink.eventually('reported', async () => {
    return (await sink.metric('stopped_partitions')) === places.length
  })
  expect(await statusOf(settings, String(url))).toEqual({ code: 3, states: stopped })
  const tooEarly = await runCommand(stack, settings, reset(places[1] as Place, '--to', 'journal'))
  expect(tooEarly).toMatchObject({ code: 1, err: expect.stringContaining('Stop the sink first') })
  expect(await sink.stop()).toEqual(CLEAN)

  for (const [i, place] of places.entries()) await resolve(stops[i] as LogLine, place)
  const well = places.map(() => ['ok', null])
  expect(await statusOf(settings, String(url))).toEqual({ code: 0, states: well })
  await runToTheEnd(settings)

  for (const { partition, without } of places) {
    if (without !== undefined) {
      ledger.entries[partition]?.splice(without[0], without[1] - without[0])
    }
  }
  await removeWhatIsKept(places)
  expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
})

/** What stands in the way is named first, and nothing is done before it is gone. */
async function resolve(stop: LogLine, place: Place & Condition): Promise<void> {
  const { settings, writesAgainFrom, choice = 0, reason } = place
  if (writesAgainFrom !== undefined) {
    const to = reason === 'group-moved' ? 'group' : 'earliest'
    const dryRun = reset(place, '--to', to, '--new-journal').filter((arg) => arg !== '--execute')
    const shown = await runCommand(stackInfo(), settings, dryRun)
    expect(shown).toMatchObject({ code: 0, err: 'Nothing was changed: add --execute to do it.\n' })
    expect(shown.out).toContain(fileOf(place, writesAgainFrom))
    if (reason === 'group-moved') {
      const refused = await runCommand(stackInfo(), settings, [...dryRun, '--execute'])
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('Move them away') })
    }
    for (let start = writesAgainFrom; start < 20; start += 10) await remove(fileOf(place, start))
  }
  await runAdvice(stop, settings, { choice })
}

function reset({ settings, partition }: Place, ...options: string[]): string[] {
  const topic = `${settings.topic}:${partition}`
  return ['offsets', 'reset', '--topic', topic, ...options, '--execute']
}

async function stopOf(sink: SinkProcess, { partition, reason }: Place & Condition) {
  const stop = await sink.awaitLog(`partition ${partition} stopped`, (line) => {
    return line.partition === partition && /^partition stopped/.test(line.msg)
  })
  expect(stop).toMatchObject({ level: 'error', reason })
  return stop
}

async function statusOf(settings: SinkSettings, url: string) {
  const args = ['status', '--json', '--url', url]
  const { code, out, err } = await runCommand(stackInfo(), settings, args)
  expect(err).toBe('')
  const { partitions } = JSON.parse(out) as {
    partitions: { state: string; reason: string | null }[]
  }
  return { code, states: partitions.map(({ state, reason }) => [state, reason]) }
}

/** Journals that were put aside, and the directory that was moved out of the way. */
async function removeWhatIsKept(places: readonly Place[]): Promise<void> {
  const [{ journal }] = places as [Place]
  const parent = path.dirname(journal)
  const names = (await listDirectory(stackInfo(), parent)).map(({ pathSuffix }) => pathSuffix)
  const kept = names.filter((name) => name.includes('.aside-'))
  expect(kept.map((name) => name.replace(/-.*/, ''))).toEqual(['5.aside', '6.aside'])
  const index = CONDITIONS.findIndex(({ reason }) => reason === 'path-taken')
  const taken = fileOf(places[index] as Place, 20)
  const hidden = `${path.dirname(taken)}/_${path.basename(taken)}`
  for (const each of [hidden, ...kept.map((name) => `${parent}/${name}`)]) await remove(each)
}

/** Of the ten records from there on. */
function fileOf({ settings: { root, topic }, partition }: Place, start: number): string {
  const digits = (offset: number) => String(offset).padStart(20, '0')
  return `${root}/${topic}/${partition}/${digits(start)}-${digits(start + 9)}.txt`
}

function values(from: number, to: number, reason?: string): string[] {
  return Array.from({ length: to - from }, (_, i) => {
    return reason === 'unwritable' && from + i === 25 ? 'two\nlines' : `value ${from + i}`
  })
}

// ---------------------------------------------------------------- what can happen to a sink

/** By plain requests: Hadoop's own client takes seconds for each. */
async function change(
  method: 'PUT' | 'DELETE',
  path: string,
  params: Record<string, string>,
): Promise<void> {
  const { webhdfsUrls, hdfsUser } = stackInfo()
  const query = new URLSearchParams({ ...params, 'user.name': hdfsUser })
  const response = await fetch(`${webhdfsUrls[0]}/webhdfs/v1${path}?${query}`, { method })
  expect([response.status, await response.text()], `${params.op} ${path}`).toEqual([
    200,
    expect.stringMatching(/^(\{"boolean":true\})?$/),
  ])
}

function remove(path: string): Promise<void> {
  return change('DELETE', path, { op: 'DELETE', recursive: 'true' })
}

function makeDirectory(path: string): Promise<void> {
  return change('PUT', path, { op: 'MKDIRS' })
}

async function moveGroup({ settings, partition }: Place, offset: number): Promise<void> {
  const { group: groupId, topic } = settings
  const partitions = [{ partition, offset: String(offset) }]
  await withAdmin(stackInfo(), (admin) => admin.setOffsets({ groupId, topic, partitions }))
}

async function expire({ settings: { topic }, partition }: Place, to: number): Promise<void> {
  const partitions = [{ partition, offset: String(to) }]
  await withAdmin(stackInfo(), async (admin) => {
    // kafkajs finds the leaders only so.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions })
  })
}

async function giveToOthers({ journal, settings: { group, topic } }: Place): Promise<void> {
  const identity = { journalId: 'j', clusterId: 'another', topic, group }
  await change('PUT', journal, {
    op: 'SETXATTR',
    'xattr.name': 'user.sink.journal',
    'xattr.value': JSON.stringify(identity),
    flag: 'REPLACE',
  })
}

async function pretendToBeAt({ journal }: Place, end: number): Promise<void> {
  const [head] = (await listDirectory(stackInfo(), journal)).map(({ pathSuffix }) => pathSuffix)
  const moved = String(head).replace(/^(head\.\d+)\.\d+/, `$1.${end}`)
  await change('PUT', `${journal}/${head}`, { op: 'RENAME', destination: `${journal}/${moved}` })
}

async function addToken({ journal }: Place): Promise<void> {
  await makeDirectory(`${journal}/head.99.5.-.somebody`)
}
