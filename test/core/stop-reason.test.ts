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
      [/--topic clicks:3 --reset-offsets --to-offset 42 --execute/, /hdfs\.root/],
    ],
    [
      'a moved group',
      { reason: 'group-moved', end: 50, committed: { offset: 7, metadata: '' } },
      [/ends at 50/, /stands at 7/, /--group my-sink --topic clicks:3 .* --to-offset 50 --execute/],
    ],
    [
      'a truncated log',
      { reason: 'log-truncated', end: 95, log: LOG },
      [/hdfs dfs -mv \/data\/_sink\/my-sink\/clicks\/3/, /--delete-offsets --topic clicks:3/],
    ],
    [
      'retention that was faster',
      { reason: 'retention-passed', end: 50, log: LOG },
      [/removed 20 offsets/, /kafka\.onRetentionGap: skip/],
    ],
    [
      'a foreign journal',
      { reason: 'foreign-journal', expected: 'topic a', found: 'topic b' },
      [/belongs to topic b, not to topic a/, /another hdfs\.root or kafka\.group/],
    ],
    ['a damaged journal', { reason: 'journal-damaged', found: 'none' }, [/restore it/i]],
    ['a journal that is gone', { reason: 'journal-gone' }, [/Restore the directory/]],
    ['a path that is taken', { reason: 'path-taken', path: '/x/1' }, [/\/x\/1/, /Move it away/]],
  ])('by %s says what was found and what resolves it', (_, stop, expected) => {
    const text = explain(stop)
    for (const part of expected) expect(text).toMatch(part)
  })

  it('names the brokers in every command for Kafka', () => {
    const committed = { offset: 1, metadata: '' }
    expect(explain({ reason: 'group-moved', end: 2, committed })).toContain(
      `--bootstrap-server ${CONTEXT.brokers}`,
    )
    expect(explain({ reason: 'log-truncated', end: 95, log: LOG })).toContain(CONTEXT.brokers)
  })

  it('by a record is that of the record', () => {
    expect(explain({ reason: 'unwritable', explanation: 'A line break.' })).toBe('A line break.')
  })
})
