import { describe, expect, it } from 'vitest'
import { formatMetadata, IDENTITY_ATTRIBUTE } from '../../src/core/journal.ts'
import { outlookOf, type StartSettings } from '../../src/core/journal-view.ts'
import type { CommittedOffset, LogBounds } from '../../src/core/ports.ts'
import { RESET_ATTRIBUTE } from '../../src/core/reset-note.ts'
import { readPosition } from '../../src/sink/partition-position.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { IDENTITY, JOURNAL, world } from './journals.ts'

const LOG: LogBounds = { start: 0, end: 90 }
const SETTINGS: StartSettings = { startFrom: 'latest', onRetentionGap: 'stop' }
const ours = (offset: number): CommittedOffset => ({ offset, metadata: formatMetadata('j', 1) })

interface Found {
  readonly journalAt?: number
  readonly topicId?: string
  readonly committed?: CommittedOffset
  readonly log?: LogBounds
  readonly damaged?: true
  readonly attributes?: Readonly<Record<string, string>>
  readonly initialPartitions?: number
}

/** What a sink would do with partition 0 of `t`, and the operations that found out. */
async function look(found: Found) {
  const { hdfs, schedule, store } = world()
  const {
    journalAt,
    topicId,
    committed,
    log = LOG,
    damaged,
    initialPartitions,
    attributes = {},
  } = found
  if (journalAt !== undefined) {
    await store('a').create({ start: journalAt, writer: 'a-0', topicId }, 'id')
  }
  if (damaged) hdfs.makeDirectory(`${JOURNAL}/head.1.2.-.b`)
  for (const [name, text] of Object.entries(attributes)) {
    hdfs.setXattr(JOURNAL, name, text, 'set')
  }
  if (initialPartitions !== undefined) await store('a').initialPartitions(initialPartitions)
  schedule.calls.length = 0
  const fs = new SimFileSystem(hdfs, 'looking', schedule)
  const place = { fs, root: '/out', identity: IDENTITY, at: { topic: 't', partition: 0 } }
  const kafka = { committedOffset: async () => committed, logBounds: async () => log }
  const position = await readPosition(place, kafka)
  const ops = new Set(schedule.calls.map((call) => call.split(' ')[0]))
  return { outlook: outlookOf(position, SETTINGS), ops }
}

describe('looking at a partition', () => {
  it.each<[string, Found, object]>([
    ['goes on at its journal', { journalAt: 50, committed: ours(40) }, { kind: 'start', at: 50 }],
    ['begins where it shall', {}, { kind: 'start', at: 90 }],
    ['begins at its start when it was added', { initialPartitions: 0 }, { kind: 'start', at: 0 }],
  ])('says that it %s', async (_, found, outlook) => {
    expect((await look(found)).outlook).toEqual(outlook)
  })

  it.each<[string, Found]>([
    ['journal-lost', { committed: ours(40) }],
    ['group-moved', { journalAt: 50, committed: { offset: 7, metadata: '' } }],
    ['log-truncated', { journalAt: 91 }],
    ['topic-recreated', { journalAt: 50, topicId: 'old', log: { ...LOG, topicId: 'new' } }],
    ['retention-passed', { journalAt: 50, log: { start: 60, end: 90 } }],
    ['journal-damaged', { journalAt: 50, damaged: true }],
    ['journal-damaged', { journalAt: 50, attributes: { [IDENTITY_ATTRIBUTE]: '{bad' } }],
  ])('says that a sink would stop it: %s', async (reason, found) => {
    expect((await look(found)).outlook).toMatchObject({ kind: 'stop', stop: { reason } })
  })

  it('makes nothing of a note that it cannot read', async () => {
    const found = { journalAt: 50, attributes: { [RESET_ATTRIBUTE]: '{bad' } }
    expect((await look(found)).outlook).toEqual({ kind: 'start', at: 50 })
  })

  it('touches nothing, not even where a journal is missing', async () => {
    const reads = new Set(['GETFILESTATUS', 'GETXATTRS', 'LISTSTATUS_BATCH', 'LISTSTATUS'])
    for (const found of [{}, { journalAt: 50 }]) {
      const { ops } = await look(found)
      expect([...ops].filter((op) => !reads.has(op ?? ''))).toEqual([])
    }
  })
})
