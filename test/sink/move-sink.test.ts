import { describe, expect, it } from 'vitest'
import {
  formatHead,
  formatIdentity,
  formatStamp,
  IDENTITY_ATTRIBUTE,
  parseIdentity,
  STAMP_ATTRIBUTE,
} from '../../src/core/journal.ts'
import { parseResetNote, RESET_ATTRIBUTE } from '../../src/core/reset-note.ts'
import { PathTakenError } from '../../src/sink/journal-store.ts'
import {
  JournalMovedOnError,
  JournalUnusableError,
  type MoveOptions,
} from '../../src/sink/move-sink.ts'
import { SimFileSystem } from '../simulation/sim-file-system.ts'
import { claimed, found, IDENTITY, JOURNAL, move as moveAs, NOTE, world } from './journals.ts'

type World = Pick<Awaited<ReturnType<typeof claimed>>, 'hdfs' | 'schedule'>

function move({ hdfs, schedule }: World, more: Partial<MoveOptions> = {}) {
  return moveAs({ fs: new SimFileSystem(hdfs, 'mover', schedule), from: 0, ...more })
}

function namesIn({ hdfs }: World, path = JOURNAL): string[] {
  return (hdfs.list(path) ?? []).map(({ name }) => name)
}

describe('a move', () => {
  it('is a claim, and a commit whose end is where to go on', async () => {
    const made = await claimed()
    const { head, journalId } = await move(made)
    expect(head).toEqual({ seq: made.head.seq + 2, end: 7, flush: undefined, writer: 'mover0-0' })
    expect(namesIn(made)).toEqual([formatHead(head)])
    expect(journalId).toBe('id')
  })

  it('writes down who did it and why, over what stood there before', async () => {
    const made = await claimed()
    await move(made, { note: { ...NOTE, reason: 'the first' } })
    await move(made, { from: 7 })
    const attributes = made.hdfs.getXattrs(JOURNAL)
    expect(parseResetNote(attributes?.get(RESET_ATTRIBUTE) ?? '')).toEqual(NOTE)
  })

  it('fences whoever had the journal', async () => {
    const made = await claimed()
    await move(made)
    const late = made.journal.moveToken(made.base, made.head, { ...made.head, seq: 9, end: 20 })
    await expect(late).rejects.toThrow()
    expect((await found(made.journal)).head.end).toBe(7)
  })

  it('publishes what the last flush still has, first', async () => {
    const made = await claimed()
    await commitWithoutPublishing(made, '/out/t/0/a')
    await move(made, { from: 2 })
    expect(made.hdfs.status('/out/t/0/a')?.type).toBe('file')
    expect(namesIn(made).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('is not made when the journal went on since it was decided', async () => {
    const made = await claimed()
    await commitWithoutPublishing(made, '/out/t/0/a')
    await expect(move(made)).rejects.toBeInstanceOf(JournalMovedOnError)
    expect((await found(made.journal)).head.end).toBe(2)
    await expect(move(made, { from: undefined })).rejects.toBeInstanceOf(JournalMovedOnError)
  })

  it('changes nothing where a file of the last flush cannot get its name', async () => {
    const made = await claimed()
    const { end } = await commitWithoutPublishing(made, '/out/t/0/a')
    made.hdfs.makeDirectory('/out/t/0/a')
    await expect(move(made, { from: 2 })).rejects.toBeInstanceOf(PathTakenError)
    expect((await found(made.journal)).head.end).toBe(end)
  })

  it.each(['reply-lost', 'not-done'] as const)(
    'begins again when a rename is %s, whichever it is',
    async (fate) => {
      for (const before of [0, 1]) {
        const made = await claimed()
        const well = Array.from({ length: before }, () => 'done' as const)
        made.schedule.fates.set('RENAME', [...well, fate])
        const { head } = await move(made)
        expect(namesIn(made)).toEqual([formatHead(head)])
        expect(head.end).toBe(7)
      }
    },
  )

  it('asks again before each try whether somebody writes', async () => {
    const made = await claimed()
    made.schedule.fates.set('RENAME', ['not-done'])
    let asked = 0
    const assertNobodyWrites = async (): Promise<void> => {
      asked += 1
      if (asked === 2) throw new Error('a member')
    }
    await expect(move(made, { assertNobodyWrites })).rejects.toThrow('a member')
    expect((await found(made.journal)).head).toEqual(made.head)
  })

  it('makes a journal where there is none', async () => {
    const made = world()
    const { head, journalId } = await move(made, { from: undefined, topicId: 'x' })
    expect([head.end, namesIn(made)]).toEqual([7, [formatHead(head)]])
    const identity = parseIdentity(made.hdfs.getXattrs(JOURNAL)?.get(IDENTITY_ATTRIBUTE) ?? '')
    expect(identity).toEqual({ ...IDENTITY, topicId: 'x', journalId, start: 7 })
  })

  it('says which of the topics that had this name the journal is for now', async () => {
    const made = world()
    const topicId = 'old'
    await made.store('a').create({ start: 3, writer: 'a-0', topicId }, 'id')
    const identity = () =>
      parseIdentity(made.hdfs.getXattrs(JOURNAL)?.get(IDENTITY_ATTRIBUTE) ?? '')
    await move(made, { from: 3, to: 9, topicId })
    expect(identity()).toMatchObject({ topicId, start: 3 })
    await move(made, { from: 9, to: 2, topicId })
    expect(identity()).toMatchObject({ topicId, start: 2 })
    await move(made, { from: 2, to: 5, topicId: 'new' })
    expect(identity()).toMatchObject({ topicId: 'new', start: 5, journalId: 'id' })
  })
})

describe('a journal that is not ours, or damaged,', () => {
  it('is left alone', async () => {
    const made = await claimed()
    made.hdfs.makeDirectory(`${JOURNAL}/head.9.5.-.b`)
    const before = namesIn(made)
    await expect(move(made)).rejects.toBeInstanceOf(JournalUnusableError)
    expect(namesIn(made)).toEqual(before)
  })

  it('is put aside also when a stamp of its last flush cannot be read', async () => {
    const made = await claimed()
    await commitWithoutPublishing(made, '/out/t/0/a')
    made.hdfs.setXattr(`${JOURNAL}/a-2.0.tmp`, STAMP_ATTRIBUTE, '{bad', 'set')
    await expect(move(made, { from: 2, to: 0 })).rejects.toBeInstanceOf(JournalUnusableError)
    const { head, putAside } = await move(made, { from: 2, to: 0, newJournal: true })
    expect(namesIn(made)).toEqual([formatHead(head)])
    expect(head.end).toBe(0)
    expect(namesIn(made, putAside)).toContain('a-2.0.tmp')
  })

  it.each(['damaged', 'foreign'])('is put aside and kept when it is %s', async (what) => {
    const made = await claimed()
    if (what === 'damaged') made.hdfs.makeDirectory(`${JOURNAL}/head.9.5.-.b`)
    else {
      const other = formatIdentity({ ...IDENTITY, clusterId: 'other', journalId: 'id' })
      made.hdfs.setXattr(JOURNAL, IDENTITY_ATTRIBUTE, other, 'set')
    }
    const { head, putAside, journalId } = await move(made, { from: undefined, newJournal: true })
    expect(putAside).toMatch(/^\/out\/_sink\/g\/t\/0\.aside-mover\d+$/)
    expect(namesIn(made, putAside).length).toBe(what === 'damaged' ? 2 : 1)
    expect(namesIn(made)).toEqual([formatHead(head)])
    expect(journalId).not.toBe('id')
    // A process that was frozen meanwhile knows the old journal by its inode.
    const late = made.journal.moveToken(made.base, made.head, { ...made.head, seq: 9, end: 20 })
    await expect(late).rejects.toThrow()
  })
})

/** A flush of one file whose writer died after its commit. */
async function commitWithoutPublishing(made: Awaited<ReturnType<typeof claimed>>, path: string) {
  const { hdfs, journal, base, head } = made
  const temp = `${JOURNAL}/a-2.0.tmp`
  hdfs.create(temp, Buffer.from('a\n'))
  const stamp = { path, startOffset: 0, endOffset: 1, records: 2, byteLength: 2 }
  hdfs.setXattr(temp, STAMP_ATTRIBUTE, formatStamp(stamp), 'set')
  const committed = { ...head, seq: head.seq + 1, end: 2, flush: 'a-2' }
  await journal.moveToken(base, head, committed)
  return committed
}
