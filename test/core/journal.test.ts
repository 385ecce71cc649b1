import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  flushOfTemp,
  formatHead,
  formatIdentity,
  formatMetadata,
  formatStamp,
  type Head,
  IDENTITY_ATTRIBUTE,
  identityIn,
  inodePath,
  isOurMetadata,
  journalDirectory,
  parseHead,
  parseIdentity,
  parseStamp,
  STAMP_ATTRIBUTE,
  stampIn,
  tempName,
  topicDirectory,
} from '../../src/core/journal.ts'
import { parseResetNote } from '../../src/core/reset-note.ts'

const name = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), fc.nat({ max: 999 }))
  .map(([writer, n]) => `${writer}-${n}`)
const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const heads: fc.Arbitrary<Head> = fc.record({
  seq: offset,
  end: offset,
  flush: fc.option(name, { nil: undefined }),
  writer: name,
})

describe('the token', () => {
  it('says in its name what the state is', () => {
    expect(formatHead({ seq: 4, end: 120, flush: 'w-3', writer: 'w-0' })).toBe('head.4.120.w-3.w-0')
    expect(formatHead({ seq: 0, end: 0, flush: undefined, writer: 'w-0' })).toBe('head.0.0.-.w-0')
  })

  it('can be read back, whatever it holds', () => {
    fc.assert(
      fc.property(heads, (head) => {
        expect(parseHead(formatHead(head))).toEqual(head)
      }),
    )
  })

  it('has different names for different states', () => {
    fc.assert(
      fc.property(heads, heads, (a, b) => {
        const equal =
          JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
        expect(formatHead(a) === formatHead(b)).toBe(equal)
      }),
    )
  })

  it.each(['W', 'a.b', '', 'a/b', 'ä'])('has no place for a writer called "%s"', (writer) => {
    expect(() => formatHead({ seq: 0, end: 0, flush: undefined, writer })).toThrow(RangeError)
  })

  it.each(['head', 'head.1.2.-', 'head.-1.2.-.w', 'head.1.2.-.w.x', 'x.0.tmp', 'head.1.2.A.w'])(
    'is not "%s"',
    (other) => expect(parseHead(other)).toBeUndefined(),
  )
})

describe('a temp file', () => {
  it('names its flush', () => {
    fc.assert(
      fc.property(name, fc.nat(), (flush, n) => {
        expect(flushOfTemp(tempName(flush, n))).toBe(flush)
        expect(parseHead(tempName(flush, n))).toBeUndefined()
      }),
    )
  })

  it('is never a token, nor anything else', () => {
    fc.assert(
      fc.property(heads, (head) => {
        expect(flushOfTemp(formatHead(head))).toBeUndefined()
      }),
    )
    for (const other of ['x.tmp', 'x.y.tmp', 'x.0.tmp.gz', '.0.tmp']) {
      expect(flushOfTemp(other)).toBeUndefined()
    }
  })
})

describe('attributes', () => {
  it('hold stamps and identities', () => {
    const stamp = {
      path: '/데이터/a.txt',
      startOffset: 0,
      endOffset: 9,
      records: 3,
      byteLength: 77,
    }
    expect(parseStamp(formatStamp(stamp))).toEqual(stamp)
    const identity = { journalId: 'j', clusterId: 'c', topic: 't', group: '그룹' }
    expect(parseIdentity(formatIdentity(identity))).toEqual(identity)
    const newer = { ...identity, topicId: 'i', start: 4, added: 'later' }
    expect(parseIdentity(JSON.stringify(newer))).toEqual(newer)
  })

  it.each([
    ...['', '{bad', 'null', '7', '[]', '{}', '{path:/a}'],
    '{"path":"a","startOffset":0,"endOffset":9,"records":3,"byteLength":77}',
    '{"path":"/a","startOffset":0,"endOffset":"9","records":3,"byteLength":77}',
    '{"path":"/a","startOffset":-1,"endOffset":9,"records":3,"byteLength":77}',
    '{"journalId":"j","clusterId":"c","topic":"t"}',
    '{"journalId":"j","clusterId":"c","topic":"t","group":"g","topicId":7}',
    '{"journalId":"j","clusterId":"c","topic":"t","group":"g","topicId":null}',
    '{"journalId":"j","clusterId":"c","topic":"t","group":"g","start":"4"}',
  ])('that somebody else has written are none: %s', (text) => {
    expect([parseStamp(text), parseIdentity(text), parseResetNote(text)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(identityIn(new Map([[IDENTITY_ATTRIBUTE, text]]))).toBe('unreadable')
    expect(stampIn(new Map([[STAMP_ATTRIBUTE, text]]))).toBe('unreadable')
  })

  it('that are not there are neither', () => {
    expect([identityIn(new Map()), stampIn(new Map())]).toEqual([undefined, undefined])
  })
})

describe('places', () => {
  it('are below _sink, by group, topic and partition', () => {
    const at = { topic: 't', partition: 3 }
    expect(journalDirectory('/data', 'g', at)).toBe('/data/_sink/g/t/3')
    expect(journalDirectory('/', 'g', at)).toBe('/_sink/g/t/3')
    expect(inodePath(77)).toBe('/.reserved/.inodes/77')
  })

  it('differ for different groups, each in one segment that is no dot', () => {
    const group = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    const segment = (of: string) => topicDirectory('/r', of, 't').slice('/r/_sink/'.length, -2)
    fc.assert(
      fc.property(group, group, (a, b) => {
        expect(segment(a) === segment(b)).toBe(a === b)
        expect(decodeURIComponent(segment(a).replaceAll('=', '%'))).toBe(a)
        expect(segment(a)).not.toMatch(/[/%:]|^\.+$/)
      }),
      {
        examples: [
          ['.', '..'],
          ['a/b', 'a=2Fb'],
          ['%', '=25'],
          ['a/b', 'a_b'],
          ['a:b', 'a/b'],
        ],
      },
    )
  })
})

it('offset metadata is told from that of others', () => {
  expect(isOurMetadata(formatMetadata('some-id', 12))).toBe(true)
  expect(formatMetadata('some-id', 12)).toContain('some-id')
  for (const other of ['', 'kafka', 'NULL', 'another journal=x seq=1', 'kafka-hdfs-sink']) {
    expect(isOurMetadata(other)).toBe(false)
  }
})
