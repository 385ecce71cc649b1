import { describe, expect, it } from 'vitest'
import { formatMetadata } from '../../src/core/journal.ts'
import { explainStop, type StopReason } from '../../src/core/stop-reason.ts'

const CONTEXT = {
  at: { topic: 'clicks', partition: 3 },
  group: 'my-sink',
  brokers: 'kafka-1:9092,kafka-2:9092',
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
        /hdfs dfs -mv \/data\/_sink\/my-sink\/clicks\/3 /,
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
      [/stands at \/x\/1\./, /Move it away/, /change hdfs\.path/],
    ],
  ])('by %s says what was found and what resolves it', (_, stop, expected) => {
    const text = explain(stop)
    for (const part of expected) expect(text).toMatch(part)
  })

  it.each<[string, StopReason, string]>([
    [
      "go on at the group's offset",
      { reason: 'journal-lost', committed: { offset: 42, metadata: '' } },
      '--topic clicks:3 --reset-offsets --to-offset 42 --execute',
    ],
    [
      "go on at the journal's end",
      { reason: 'group-moved', end: 50, committed: { offset: 7, metadata: '' } },
      '--topic clicks:3 --reset-offsets --to-offset 50 --execute',
    ],
    [
      "forget the group's offset",
      { reason: 'log-truncated', end: 95, next: 97, log: LOG },
      '--delete-offsets --topic clicks:3',
    ],
  ])('ends with the whole command to %s', (_, stop, rest) => {
    const command = `kafka-consumer-groups.sh --bootstrap-server ${CONTEXT.brokers} --group my-sink`
    expect(explain(stop).endsWith(`${command} ${rest}`)).toBe(true)
  })

  it('by a record is that of the record', () => {
    expect(explain({ reason: 'unwritable', explanation: 'A line break.' })).toBe('A line break.')
  })
})
