import { describe, expect, it } from 'vitest'
import type { NamedFile } from '../../src/audit/file-check.ts'
import type { Baseline } from '../../src/audit/journal-audit.ts'
import { auditTopic } from '../../src/audit/topic-audit.ts'
import { TopicFiles } from '../../src/audit/topic-files.ts'
import { verify } from '../../src/audit/verify.ts'
import type { Stamp } from '../../src/core/journal.ts'
import {
  contextOf,
  directoryOf,
  directoryStatus,
  type FakeWorld,
  fileStatus,
  TOPIC,
} from './fakes.ts'

const DEFAULT_PATH = '{topic}/{partition}/{startOffset}-{endOffset}.{extension}'
const RECORDS_PER_FILE = 10

const digits = (offset: number) => String(offset).padStart(20, '0')
const nameOf = (file: number) =>
  `${digits(file * RECORDS_PER_FILE)}-${digits((file + 1) * RECORDS_PER_FILE - 1)}.txt`

/** Partitions with as many whole files each, none of which exists before it is listed. */
function bigWorld(partitions: number, filesEach: number): FakeWorld {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition)
  const end = filesEach * RECORDS_PER_FILE
  return {
    directories: new Map([
      ['/kafka/clicks', directoryOf(numbers.map((n) => directoryStatus(String(n))))],
      ...numbers.map((n) => {
        const entry = (file: number) => fileStatus(nameOf(file), 100)
        return [`/kafka/clicks/${n}`, { size: filesEach, entry }] as const
      }),
    ]),
    journals: numbers.map(() => ({ start: 0, end })),
    stampOf: (path): Stamp | undefined => {
      const [, start, last] = /(\d{20})-(\d{20})\.txt$/.exec(path) ?? []
      if (start === undefined) return undefined
      const offsets = { startOffset: Number(start), endOffset: Number(last) }
      return { path, ...offsets, records: RECORDS_PER_FILE, byteLength: 100 }
    },
  }
}

function baselines(world: FakeWorld): Map<number, Baseline> {
  return new Map(
    world.journals.map(({ start, end }, partition) => [
      partition,
      {
        at: { topic: TOPIC, partition },
        committed: undefined,
        log: { start: 0, end },
        head: { seq: 1, end, flush: undefined, writer: 'w' },
        start,
        reset: undefined,
        unpublished: [],
      },
    ]),
  )
}

describe('a topic of a million files', () => {
  const windowFiles = 125_000
  const world = bigWorld(8, 125_000)

  it('is gone through in order, with a bounded number of files in memory', {
    timeout: 120_000,
  }, async () => {
    const context = contextOf(world, DEFAULT_PATH, { windowFiles })
    const pattern = context.patternOf(TOPIC)
    const files = new TopicFiles(context, TOPIC, pattern, baselines(world))
    let seen = 0
    let last: NamedFile | undefined
    for await (const window of files.windows()) {
      expect(window.length).toBeLessThanOrEqual(windowFiles)
      for (const file of window) {
        const follows =
          last === undefined ||
          file.partition > last.partition ||
          file.startOffset === last.startOffset + RECORDS_PER_FILE
        if (!follows) throw new Error(`${file.path} comes after ${last?.path}`)
        last = file
      }
      seen += window.length
    }
    expect(seen).toBe(1_000_000)
    expect(files.passes).toBe(8)
    expect(files.mostHeld).toBeLessThanOrEqual(2 * windowFiles)
    // All once, and then only the partitions that a window is about.
    expect(context.files.listedEntries).toBeLessThan(5_000_000)
  })

  it('is judged as one of ten files is', async () => {
    const context = contextOf(bigWorld(3, 2_000), DEFAULT_PATH, { windowFiles: 400 })
    const report = await verify(context, new Map([[TOPIC, 3]]))
    expect(report).toMatchObject({ ok: true, counts: {} })
    expect(report.partitions.map(({ files, records }) => [files, records])).toEqual([
      [2_000, 20_000],
      [2_000, 20_000],
      [2_000, 20_000],
    ])
  })

  it('may be all unknown: then findings are counted, and few of them kept', async () => {
    const whole = bigWorld(1, 3_000)
    const context = contextOf({ ...whole, stampOf: () => undefined }, DEFAULT_PATH)
    await auditTopic(context, TOPIC, 1)
    expect(context.findings.counts).toEqual({ 'unknown-file': 3_000 })
    expect(context.findings.kept).toHaveLength(200)
  })
})

it('files at the border of two windows are compared with each other', async () => {
  const whole = bigWorld(1, 100)
  const directory = whole.directories.get('/kafka/clicks/0')
  if (directory === undefined) throw new Error('no directory')
  for (const missing of [9, 10, 11, 19, 20, 99]) {
    const entry = (i: number) => directory.entry(i < missing ? i : i + 1)
    const directories = new Map([...whole.directories, ['/kafka/clicks/0', { size: 99, entry }]])
    const context = contextOf({ ...whole, directories }, DEFAULT_PATH, { windowFiles: 10 })
    await auditTopic(context, TOPIC, 1)
    expect(context.findings.kept).toEqual([
      expect.objectContaining({
        kind: 'gap',
        startOffset: missing * RECORDS_PER_FILE,
        endOffset: (missing + 1) * RECORDS_PER_FILE - 1,
        records: RECORDS_PER_FILE,
      }),
    ])
  }
})
