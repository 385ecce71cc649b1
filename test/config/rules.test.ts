import { describe, expect, it } from 'vitest'
import { pathTemplateOf, workersWithinBudget } from '../../src/config/rules.ts'
import { load, MINIMAL, problemsOf } from './support.ts'

const kafka = (lines: string) => MINIMAL.replace('  topics: [select-color]\n', lines)
const hdfs = (lines: string) => `${MINIMAL}${lines.replace(/^/gm, '  ')}\n`

describe('a combination that cannot work is refused:', () => {
  it.each([
    ['no topics', kafka(''), /^sink\.yaml:1:1.* found neither/],
    [
      'topics and a pattern',
      kafka('  topics: [a]\n  topicPattern: b\n'),
      /^sink\.yaml:3:11.* found both/,
    ],
    [
      'heartbeats too rare',
      kafka('  topics: [a]\n  sessionTimeoutMs: 8000\n'),
      /^sink\.yaml:4:21: .*heartbeatIntervalMs \(3000\).*sessionTimeoutMs \(8000\)/,
    ],
    [
      'a wait longer than the timeout',
      kafka('  topics: [a]\n  maxWaitMs: 30000\n'),
      /^sink\.yaml:4:14: .*maxWaitMs \(30000\) to be less/,
    ],
    [
      'segments larger than the memory',
      `${MINIMAL}flush: {bytes: 300000000}\nmemory: {segmentBytes: 300000000}`,
      /^sink\.yaml:7:24: .*memory\.budgetBytes \(100663296\)/,
    ],
    [
      'more workers than the memory can feed',
      `${MINIMAL}workers: 16`,
      /^sink\.yaml:6:10: .*each of 16 workers/,
    ],
    [
      'batches larger than the memory',
      kafka('  topics: [a]\n  maxDecompressedBatchBytes: 300000000\n'),
      /^sink\.yaml:4:30: .*maxDecompressedBatchBytes \(300000000\)/,
    ],
    [
      'a level that gzip does not have',
      `${MINIMAL}format: {compression: gzip, compressionLevel: 10}`,
      /^sink\.yaml:6:47: .*1 to 9 for gzip, found 10/,
    ],
    [
      'line breaks with json-lines',
      `${MINIMAL}format: {type: json-lines, lineBreaks: keep}`,
      /^sink\.yaml:6:28: expected format\.lineBreaks only with format\.type: text/,
    ],
    [
      'JSON values with text',
      `${MINIMAL}format: {values: json}`,
      /^sink\.yaml:6:10: expected format\.values only with format\.type: json-lines/,
    ],
  ])('%s', (_, text, message) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
  })

  it('a pattern with files that do not name their topic', () => {
    const text = kafka('  topicPattern: ^web\n').concat('  path: "{partition}-{startOffset}.txt"\n')
    expect(problemsOf(text)).toEqual([expect.stringContaining('does not have {topic}')])
  })

  it('from the environment, which is named then', () => {
    expect(problemsOf(MINIMAL, { env: { SINK_KAFKA__TOPIC_PATTERN: '^web' } })).toEqual([
      expect.stringMatching(/^environment variable SINK_KAFKA__TOPIC_PATTERN: .* found both/),
    ])
    expect(problemsOf(MINIMAL, { env: { SINK_FORMAT__VALUES: 'json' } })).toEqual([
      expect.stringMatching(
        /^environment variable SINK_FORMAT__VALUES: expected format\.values only/,
      ),
    ])
  })

  it('beside whatever else is wrong', () => {
    const text = `${kafka('  topics: [a]\n  sessionTimeoutMs: 8000\n')}flush: {records: 0}\nx: 1\n`
    expect(problemsOf(text)).toHaveLength(3)
  })
})

describe('a value that cannot be is refused:', () => {
  it.each([
    ['a relative root', hdfs('root: kafka'), /hdfs\.root: .*\(it does not start with "\/"\)/],
    ['a root with dots', hdfs('root: /a/../b'), /hdfs\.root: .*"\.\." as a name/],
    ['an offset as time zone', hdfs('timeZone: "+05:37"'), /hdfs\.timeZone: /],
    ['a user with a space', hdfs('user: a b'), /hdfs\.user: /],
    ['a broken pattern', kafka('  topicPattern: "web("\n'), /a regular expression, found "web\("/],
    ['a topic that Kafka forbids', kafka('  topics: [a/b]\n'), /kafka\.topics\.0: /],
    ['a group that is no directory', kafka('  topics: [a]\n  group: ..\n'), /kafka\.group: /],
    ['a broker without a port', MINIMAL.replace('localhost:9092', 'localhost'), /brokers\.0: /],
    ['a broker with port 0', MINIMAL.replace('localhost:9092', 'localhost:0'), /brokers\.0: /],
    ['a broker twice', MINIMAL.replace('[localhost:9092]', '[a:1, A:1]'), /brokers\.1.*twice/],
    ['a URL with a path', MINIMAL.replace(':9870', ':9870/webhdfs/v1'), /hdfs\.urls\.0: /],
    ['a URL twice', MINIMAL.replace(':9870', ':9870, http://localhost:9870/'), /urls\.1.*twice/],
    ['a number for a text', kafka('  topics: [2024]\n'), /found 2024 \| put it in quotes/],
    ['a fraction', `${MINIMAL}flush: {records: 1.5}`, /flush\.records: .*found 1\.5/],
    ['no topic at all', kafka('  topics: []\n'), /kafka\.topics: .*found an empty list/],
  ])('%s', (_, text, message) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
  })
})

describe('the path template', () => {
  it('is refused at its column in the file', () => {
    const plain = hdfs('path: "{topic}/{partion}-{startOffset}.txt"')
    expect(problemsOf(plain)).toEqual([
      expect.stringMatching(/^sink\.yaml:6:18: .*\{partion\}.* \| did you mean `partition`\?$/),
    ])
    const text = hdfs('path: /d/{topic}{partition}-{startOffset}.log')
    expect(problemsOf(text, { sets: ['kafka.topics=a'] })).toEqual([
      expect.stringMatching(/^sink\.yaml:6:19: .*can collide/),
    ])
  })

  it('is refused when a topic would lead it into the journal, or make it too long', () => {
    const journal = MINIMAL.replace('select-color', '_sink')
    expect(problemsOf(journal)).toEqual([
      expect.stringMatching(/^sink\.yaml:3:11: .*the sink's own journal/),
    ])
    const long = hdfs('path: "{topic}-{partition}-{startOffset}.txt"').replace(
      'select-color',
      't'.repeat(240),
    )
    expect(problemsOf(long)).toEqual([expect.stringMatching(/a name of \d+ bytes/)])
  })

  it('must not hide compression from readers', () => {
    const text = hdfs('path: /data/color-{partition}-{startOffset}.log')
    expect(problemsOf(`${text}format: {compression: gzip}\n`)).toEqual([
      expect.stringMatching(/^sink\.yaml:6:9: .*does not end in \.gz/),
    ])
  })

  it('has everything that it depends on', () => {
    const template = pathTemplateOf(load(hdfs('path: /data/color-{partition}-{startOffset}.log')))
    const file = { topic: 'select-color', partition: 0, startOffset: 10, endOffset: 19 }
    expect(template.render({ ...file, bucketTimestampMs: -1 })).toBe(
      '/data/color-0-00000000000000000010.log',
    )
  })
})

it('the memory budget says how many workers it can feed', () => {
  expect(workersWithinBudget(load(MINIMAL))).toBe(4)
  expect(workersWithinBudget(load(`${MINIMAL}flush: {bytes: 200000000}`))).toBe(4)
  const text = `${MINIMAL}flush: {bytes: 200000000}\nmemory: {segmentBytes: 60000000}`
  expect(workersWithinBudget(load(text))).toBe(1)
})
