import { describe, expect, it } from 'vitest'
import { formatMetadata } from '../../src/core/journal.ts'
import { explainStop, type StopReason } from '../../src/core/stop-reason.ts'

const CONTEXT = {
  at: { topic: 'clicks', partition: 3 },
  group: 'my-sink',
  journal: '/data/_sink/my-sink/clicks/3',
}
const LOG = { start: 70, end: 90 }
const explain = (stop: StopReason): string => explainStop(stop, CONTEXT)

describe('the explanation of a stop', () => {
  it.each<[string, StopReason, RegExp[]]>([
    [
      'a lost journal',
      { reason: 'journal-lost', committed: { offset: 42, metadata: formatMetadata('j', 1) } },
      [/no journal at \/data\/_sink\/my-sink\/clicks\/3/, /offset 42 of clicks-3/, /hdfs\.root/],
    ],
    [
      'a moved group',
      { reason: 'group-moved', end: 50, committed: { offset: 7, metadata: '' } },
      [/journal of clicks-3 ends at 50/, /group my-sink stands at 7/],
    ],
    [
      'a truncated log',
      { reason: 'log-truncated', end: 95, next: 97, log: LOG },
      [
        /clicks-3 ends at 95, records before 97 were read/,
        /log ends at 90/,
        /Files up to 95 stay as they are; move them away first/,
      ],
    ],
    [
      'a topic that was created again',
      { reason: 'topic-recreated', end: 50, log: LOG },
      [/journal of clicks-3 was made for another topic/, /Files up to 50 stay/],
    ],
    [
      'retention that was faster',
      { reason: 'retention-passed', end: 50, log: LOG },
      [/clicks-3 ends at 50/, /begins at 70/, /removed 20 offsets/, /kafka\.onRetentionGap: skip/],
    ],
    [
      'a foreign journal',
      { reason: 'foreign-journal', expected: 'topic a', found: 'topic b' },
      [
        /at \/data\/_sink\/my-sink\/clicks\/3 belongs to topic b, not to topic a/,
        /another hdfs\.root or kafka\.group/,
      ],
    ],
    [
      'a damaged journal',
      { reason: 'journal-damaged', found: '2' },
      [/at \/data\/_sink\/my-sink\/clicks\/3 .* found 2\./, /restore it/],
    ],
    [
      'a journal that is gone',
      { reason: 'journal-gone' },
      [/at \/data\/_sink\/my-sink\/clicks\/3 was deleted/, /Restore the directory/],
    ],
    [
      'a path that is taken',
      { reason: 'path-taken', path: '/x/1' },
      [/stands at \/x\/1\./, /move it away/, /Change hdfs\.path/],
    ],
  ])('by %s says what was found and what resolves it', (_, stop, expected) => {
    const text = explain(stop)
    for (const part of expected) expect(text).toMatch(part)
  })

  it.each<[string, StopReason, string[]]>([
    [
      "begin at the group's offset",
      { reason: 'journal-lost', committed: { offset: 42, metadata: '' } },
      ['--to group'],
    ],
    [
      'go on from the journal, or skip',
      { reason: 'group-moved', end: 50, committed: { offset: 60, metadata: '' } },
      ['--to journal', '--to group'],
    ],
    [
      'go on where a log ends now, or read a new one from its beginning',
      { reason: 'log-truncated', end: 95, next: 97, log: LOG },
      ['--to 90', '--to earliest'],
    ],
    [
      'read a new topic from its beginning',
      { reason: 'topic-recreated', end: 50, log: LOG },
      ['--to earliest'],
    ],
    ['go on after a gap', { reason: 'retention-passed', end: 50, log: LOG }, ['--to earliest']],
    [
      'begin beside a foreign journal',
      { reason: 'foreign-journal', expected: 'topic a', found: 'topic b' },
      ['--to earliest --new-journal'],
    ],
    [
      'begin beside a damaged journal',
      { reason: 'journal-damaged', found: '2' },
      ['--to group --new-journal'],
    ],
    ['begin anew', { reason: 'journal-gone' }, ['--to group --new-journal']],
    [
      'leave a record out',
      { reason: 'unwritable', explanation: 'A line break.', offset: 7 },
      ['--to 8'],
    ],
  ])('names the whole command to %s', (_, stop, options) => {
    const commands = options.map(
      (option) => `kafka-hdfs-sink offsets reset --topic clicks:3 ${option} --execute`,
    )
    expect(explain(stop).match(/kafka-hdfs-sink .*?--execute/g)).toEqual(commands)
  })

  it('by a moved group says what either choice costs', () => {
    const moved = (offset: number) =>
      explain({ reason: 'group-moved', end: 50, committed: { offset, metadata: '' } })
    expect(moved(7)).toContain('which writes 43 offsets again')
    expect(moved(60)).toContain('which skips 10 offsets for good')
  })

  it('by a path names the command that hides what stands there, for a shell', () => {
    const command = (path: string) => explain({ reason: 'path-taken', path }).split(': ').at(-1)
    expect(command('/x/1.txt')).toBe('hdfs dfs -mv /x/1.txt /x/_1.txt')
    expect(command("/a b/it's")).toBe("hdfs dfs -mv '/a b/it'\\''s' '/a b/_it'\\''s'")
  })

  it('by more than one record is that of what is wrong', () => {
    expect(explain({ reason: 'unwritable', explanation: 'A bad CRC.' })).toBe('A bad CRC.')
  })
})
