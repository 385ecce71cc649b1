import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SinkLog } from '../../demo/sink-log.ts'

async function newLog(): Promise<{ log: SinkLog; add: (text: string) => Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sink-log-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'sink.log')
  return { log: new SinkLog(file), add: (text) => appendFile(file, text) }
}

it('a log that does not exist yet has no news', async () => {
  const { log } = await newLog()
  expect(await log.news()).toEqual([])
})

it('shows warnings, errors with their cause, and lines that are no log, once each', async () => {
  const { log, add } = await newLog()
  await add('{"level":"info","msg":"starting"}\n{"level":"warn","msg":"slow"}\n')
  expect(await log.news()).toEqual(['warn: slow'])
  await add('{"level":"error","msg":"failed","err":{"message":"refused"}}\nUnknown key\n')
  expect(await log.news()).toEqual(['error: failed (refused)', 'Unknown key'])
  expect(await log.news()).toEqual([])
})

it('waits for the end of a line, also inside a Korean letter', async () => {
  const { log, add } = await newLog()
  const line = Buffer.from('{"level":"warn","msg":"하늘"}\n')
  const file = log.file
  await appendFile(file, line.subarray(0, 23))
  expect(await log.news()).toEqual([])
  await appendFile(file, line.subarray(23))
  expect(await log.news()).toEqual(['warn: 하늘'])
  await add('')
})

it('does not repeat what repeats itself', async () => {
  const { log, add } = await newLog()
  await add('{"level":"warn","msg":"again","error":"rejoin"}\n'.repeat(3))
  expect(await log.news()).toEqual(['warn: again (rejoin)'])
})

it('refers to the file when there is too much', async () => {
  const { log, add } = await newLog()
  for (let i = 0; i < 30; i++) await add(`line ${i}\n`)
  const shown = await log.news()
  expect(shown).toHaveLength(21)
  expect(shown.at(-1)).toMatch(/see its log/)
  await add('line 31\n')
  expect(await log.news()).toEqual([])
})
