import { describe, expect, it } from 'vitest'
import type { AuditContext } from '../../src/audit/context.ts'
import { auditTopic } from '../../src/audit/topic-audit.ts'
import type { Stamp } from '../../src/core/journal.ts'
import {
  contextOf,
  directoryOf,
  directoryStatus,
  type FakeWorld,
  fileStatus,
  TOPIC,
} from './fakes.ts'

const PATH = '{topic}/{partition}/{startOffset:1}-{endOffset:1}.txt'
const TIME_PATH = '{topic}/{yyyy}/{partition}-{startOffset:1}-{endOffset:1}.jsonl'
const DIRECTORY = '/kafka/clicks/0'
const YEAR = '/kafka/clicks/2026'

interface FileSpec {
  readonly start: number
  readonly end: number
  readonly records?: number
  readonly stamped?: false
}

/** One partition whose journal goes from 0 to `end`, with these files. */
function worldOf(
  files: readonly FileSpec[],
  end: number,
  more: Partial<FakeWorld> = {},
  directory = DIRECTORY,
): FakeWorld {
  const nameOf = ({ start, end: last }: FileSpec) =>
    directory === DIRECTORY ? `${start}-${last}.txt` : `0-${start}-${last}.jsonl`
  const stamps = new Map(
    files.map((file): [string, Stamp | undefined] => {
      const path = `${directory}/${nameOf(file)}`
      const { start: startOffset, end: endOffset, stamped = true } = file
      const records = file.records ?? endOffset - startOffset + 1
      const stamp = { path, startOffset, endOffset, records, byteLength: 7 }
      return [path, stamped ? stamp : undefined]
    }),
  )
  const names = files.map((file) => fileStatus(nameOf(file), 7))
  names.sort((a, b) => (a.name < b.name ? -1 : 1))
  const parent = directory.slice(0, directory.lastIndexOf('/'))
  return {
    directories: new Map([
      [parent, directoryOf([directoryStatus(directory.slice(parent.length + 1))])],
      [directory, directoryOf(names)],
    ]),
    stampOf: (path) => stamps.get(path),
    journals: [{ start: 0, end }],
    ...more,
  }
}

async function findingsOf(
  world: FakeWorld,
  path = PATH,
  more: Partial<AuditContext> = {},
): Promise<(readonly [string, number | null, number | null, number | null])[]> {
  const context = contextOf(world, path, more)
  await auditTopic(context, TOPIC, 1)
  return context.findings.kept.map(
    ({ kind, startOffset, endOffset, records }) => [kind, startOffset, endOffset, records] as const,
  )
}

describe('a partition', () => {
  const whole = [
    { start: 0, end: 9 },
    { start: 10, end: 19 },
    { start: 20, end: 29 },
  ]

  it('whose files join from the journal’s start to its end is all right', async () => {
    expect(await findingsOf(worldOf(whole, 30))).toEqual([])
  })

  it.each([
    ['at its start', 0, [0, 9]],
    ['in its middle', 1, [10, 19]],
    ['at its end', 2, [20, 29]],
  ] as const)('has a gap where a file is missing %s', async (_, missing, [start, end]) => {
    const files = whole.filter((_file, i) => i !== missing)
    expect(await findingsOf(worldOf(files, 30))).toEqual([['gap', start, end, 10]])
  })

  it('has no gap where Kafka has no records, and one no larger than its records', async () => {
    const files = [whole[0], whole[2]].flatMap((file) => file ?? [])
    const none = worldOf(files, 30, { hasRecord: (_, offset) => offset < 10 || offset >= 20 })
    expect(await findingsOf(none)).toEqual([])
    const some = worldOf(files, 30, { hasRecord: (_, offset) => offset === 13 || offset === 15 })
    expect(await findingsOf(some)).toEqual([['gap', 13, 15, 2]])
  })

  it('is not judged where Kafka has forgotten', async () => {
    const files = [whole[0], whole[2]].flatMap((file) => file ?? [])
    expect(await findingsOf(worldOf(files, 30, { logStart: 20 }))).toEqual([
      ['unchecked', 10, 19, null],
    ])
    expect(await findingsOf(worldOf(files, 30, { logStart: 15 }))).toEqual([
      ['gap', 15, 19, 5],
      ['unchecked', 10, 14, null],
    ])
  })

  it('has no gap where somebody moved the sink on purpose, but one beside it', async () => {
    const reset = { by: 'root@here', at: '2026-01-01T00:00:00Z', fromGroup: null, reason: 'old' }
    const files = [whole[0], whole[2]].flatMap((file) => file ?? [])
    const skipped = { reset: { ...reset, from: 12, to: 20 } }
    const hasRecord = (_: unknown, offset: number) => offset < 10 || offset >= 12
    expect(await findingsOf(worldOf(files, 30, { ...skipped, hasRecord }))).toEqual([
      ['skipped', 12, 19, null],
    ])
    expect(await findingsOf(worldOf(files, 30, skipped))).toEqual([
      ['gap', 10, 11, 2],
      ['skipped', 12, 19, null],
    ])
    expect(await findingsOf(worldOf(files, 30, { reset: { ...reset, from: 40, to: 5 } }))).toEqual([
      ['gap', 10, 19, 10],
    ])
  })

  it('has an overlap where two files hold an offset', async () => {
    const files = [...whole, { start: 15, end: 24 }]
    expect(await findingsOf(worldOf(files, 30))).toEqual([['overlap', 10, 29, 10]])
  })

  it('has its gap covered by a file without a stamp, which is wrong enough', async () => {
    const files = whole.map((file, i) => (i === 1 ? { ...file, stamped: false as const } : file))
    expect(await findingsOf(worldOf(files, 30))).toEqual([['unknown-file', 10, null, null]])
  })

  it('has files of other lengths where Kafka counts other records, if it is asked', async () => {
    const files = whole.map((file, i) => (i === 1 ? { ...file, records: 9 } : file))
    expect(await findingsOf(worldOf(files, 30))).toEqual([])
    const world = { ...worldOf(files, 30), bytesOf: () => Buffer.from('\n'.repeat(10)) }
    const deep = await findingsOf(world, PATH, { thoroughness: 'deep', countsLines: false })
    expect(deep).toEqual([['wrong-records', 10, 19, 9]])
  })

  it('has no file across the end of its journal', async () => {
    expect(await findingsOf(worldOf(whole, 25))).toEqual([['beyond-journal', 20, 29, null]])
  })

  it('ends where the journal did: what is newer is not judged, unless no journal knows it', async () => {
    const newer = worldOf([...whole, { start: 30, end: 39 }], 30)
    expect(await findingsOf(newer)).toEqual([['beyond-journal', 30, null, null]])
    const journals = [{ start: 0, end: 30 }]
    const context = contextOf({ ...newer, journals }, PATH)
    const list = context.files.list.bind(context.files)
    let reads = 0
    context.files.list = async (path) => {
      // The sink goes on after the audit has begun.
      if (path.startsWith('/.reserved') && ++reads === 2) journals[0] = { start: 0, end: 40 }
      return await list(path)
    }
    const [report] = await auditTopic(context, TOPIC, 1)
    expect(context.findings.kept).toEqual([])
    expect(report).toMatchObject({ files: 3, newerFiles: 1, problems: 0 })
  })
})

describe('files of record times', () => {
  const lines = (offsets: readonly number[]) =>
    offsets
      .map((offset) => `{"topic":"clicks","partition":0,"offset":${offset},"timestamp":0,}\n`)
      .join('')
  const even = [0, 2, 4, 6, 8]
  const odd = [1, 3, 5, 7, 9]
  const world = (more: Partial<FakeWorld> = {}) =>
    worldOf(
      [
        { start: 0, end: 8, records: 5 },
        { start: 1, end: 9, records: 5 },
      ],
      10,
      more,
      YEAR,
    )

  it('interleave: that is no overlap', async () => {
    expect(await findingsOf(world(), TIME_PATH)).toEqual([])
  })

  it('are counted where they do not tell their offsets', async () => {
    const fewer = worldOf(
      [
        { start: 0, end: 8, records: 5 },
        { start: 1, end: 9, records: 3 },
      ],
      10,
      {},
      YEAR,
    )
    expect(await findingsOf(fewer, TIME_PATH)).toEqual([['gap', 0, 9, 2]])
    const more = worldOf(
      [
        { start: 0, end: 8, records: 5 },
        { start: 1, end: 9, records: 8 },
      ],
      10,
      {},
      YEAR,
    )
    expect(await findingsOf(more, TIME_PATH)).toEqual([['overlap', 0, 9, 3]])
    const aborted = { hasRecord: (_: unknown, offset: number) => offset !== 3 && offset !== 5 }
    expect(await findingsOf({ ...fewer, ...aborted }, TIME_PATH)).toEqual([])
  })

  it('are compared offset by offset where they tell them', async () => {
    const bytesOf = (path: string) => Buffer.from(lines(path.includes('0-0-8') ? even : odd))
    const normal = { thoroughness: 'normal' } as const
    expect(await findingsOf(world({ bytesOf }), TIME_PATH, normal)).toEqual([])
    // As many records as offsets, and yet one is there twice and another not at all.
    const twice = (path: string) =>
      Buffer.from(lines(path.includes('0-0-8') ? [0, 2, 3, 6, 8] : odd))
    expect(await findingsOf(world({ bytesOf: twice }), TIME_PATH, normal)).toEqual([
      ['overlap', 0, 9, 1],
    ])
  })
})
