import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { load, MINIMAL, problemsOf, refused } from './support.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sink-config-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function fileWith(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe('values come from', () => {
  it('the defaults, where nothing else is said', () => {
    expect(load(MINIMAL)).toMatchObject({
      kafka: { group: 'kafka-hdfs-sink', startFrom: 'earliest', sessionTimeoutMs: 30_000 },
      hdfs: { root: '/kafka', timeZone: 'UTC' },
      format: { type: 'text', lineBreaks: 'refuse', compression: 'none', compressionLevel: 1 },
      flush: { records: 100_000, intervalMs: 60_000, bytes: 16_777_216 },
      workers: 'auto',
      http: { host: '0.0.0.0', port: 8080 },
    })
  })

  it('the file, then variables, then flags, each over the one before', () => {
    const text = `${MINIMAL}flush:\n  records: 1\n  bytes: 1024\n  intervalMs: 100\n`
    const env = { SINK_FLUSH__RECORDS: '2', SINK_FLUSH__BYTES: '2048' }
    const config = load(text, { env, sets: ['flush.bytes=4096'] })
    expect(config.flush).toEqual({ records: 2, intervalMs: 100, bytes: 4096 })
  })

  it('variables and flags alone, without any file', () => {
    const env = { SINK_KAFKA__BROKERS: 'a:1,b:2', SINK_HDFS__URLS: '["http://nn:9870/"]' }
    const config = loadConfig({ env, sets: ['kafka.topics=x, y', 'kafka.topics=x,z'] })
    expect(config.kafka).toMatchObject({ brokers: ['a:1', 'b:2'], topics: ['x', 'z'] })
    expect(config.hdfs.urls).toEqual(['http://nn:9870'])
  })

  it('a file on disk', () => {
    const file = fileWith('sink.yaml', MINIMAL)
    expect(loadConfig({ file, env: {}, sets: [] }).kafka.topics).toEqual(['select-color'])
  })

  it('a file that is larger than all memory, which goes to HDFS in segments', () => {
    const sets = [`flush.bytes=${16 * 2 ** 30}`]
    expect(load(MINIMAL, { sets }).flush.bytes).toBe(16 * 2 ** 30)
  })

  it('sections that are empty, as if they were not there', () => {
    expect(load(`${MINIMAL}flush:\nlog: # nothing yet\n`).log.level).toBe('info')
  })

  it('a port that is switched off', () => {
    expect(load(`${MINIMAL}http: {port: false}`).http.port).toBeNull()
    expect(load(`${MINIMAL}http: {port: null}`).http.port).toBeNull()
    expect(load(MINIMAL, { env: { SINK_HTTP__PORT: 'false' } }).http.port).toBeNull()
    expect(load(MINIMAL, { sets: ['http.port=0'] }).http.port).toBe(0)
  })
})

describe('environment variables', () => {
  it('match keys whatever their letter case and single underscores', () => {
    const env = {
      SINK_KAFKA__CLIENTID: 'one',
      SINK_KAFKA__SESSION_TIMEOUT_MS: '20000',
      SINK_hdfs__timeZone: 'Asia/Seoul',
      SINK_WORKERS: '3',
    }
    const config = load(MINIMAL, { env })
    expect(config.kafka).toMatchObject({ clientId: 'one', sessionTimeoutMs: 20_000 })
    expect(config).toMatchObject({ hdfs: { timeZone: 'Asia/Seoul' }, workers: 3 })
  })

  it('keep a text that looks like a number, where a text is wanted', () => {
    expect(load(MINIMAL, { env: { SINK_KAFKA__GROUP: '007' } }).kafka.group).toBe('007')
  })

  it('that are empty are unset', () => {
    const env = { SINK_KAFKA__GROUP: '', SINK_NONSENSE: '' }
    expect(load(MINIMAL, { env }).kafka.group).toBe('kafka-hdfs-sink')
  })

  it('may name a file that holds the value', () => {
    const path = fileWith('group', 'from-a-file\n')
    const env = { SINK_KAFKA__GROUP_FILE: path }
    expect(load(MINIMAL, { env }).kafka.group).toBe('from-a-file')
    expect(problemsOf(MINIMAL, { env: { SINK_KAFKA__GROUP_FILE: `${path}.not` } })).toEqual([
      expect.stringMatching(/SINK_KAFKA__GROUP_FILE: expected the path of a readable file.*ENOENT/),
    ])
    expect(problemsOf(MINIMAL, { env: { ...env, SINK_KAFKA__GROUP: 'x' } })).toEqual([
      expect.stringContaining('sets kafka.group, which SINK_KAFKA__GROUP sets as well'),
    ])
  })

  it('that are unknown are refused, with the nearest known one', () => {
    const env = { SINK_HTTP_PORT: '1', SINK_KAFKA__GRUP: 'x', SINK_KAFKA: 'x', OTHER: 'x' }
    expect(problemsOf(MINIMAL, { env })).toEqual([
      'environment variable SINK_HTTP_PORT: is not a variable of the sink | ' +
        'did you mean `SINK_HTTP__PORT`?',
      expect.stringContaining('SINK_KAFKA: is not a variable'),
      'environment variable SINK_KAFKA__GRUP: is not a variable of the sink | ' +
        'did you mean `SINK_KAFKA__GROUP`?',
    ])
  })

  it('that Kubernetes makes for a service called sink are let pass', () => {
    const env = {
      SINK_SERVICE_HOST: '10.0.0.1',
      SINK_SERVICE_PORT: '8080',
      SINK_SERVICE_PORT_HTTP: '8080',
      SINK_PORT: 'tcp://10.0.0.1:8080',
      SINK_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      SINK_PORT_8080_TCP_ADDR: '10.0.0.1',
      SINK_METRICS_SERVICE_HOST: '10.0.0.2',
    }
    expect(load(MINIMAL, { env }).http.port).toBe(8080)
  })

  it('are named where their value is wrong, as flags are', () => {
    const env = { SINK_FLUSH__RECORDS: 'many', SINK_KAFKA__TOPICS: 'a,b c' }
    expect(problemsOf(MINIMAL, { env, sets: ['http.port=80a', 'x', 'kafka.gruop=x'] })).toEqual([
      '--set x: expected key=value, found "x"',
      '--set kafka.gruop: "kafka.gruop" is not a key of the configuration | ' +
        'did you mean `kafka.group`?',
      expect.stringMatching(/variable SINK_KAFKA__TOPICS: kafka\.topics\.1: .*found "b c"/),
      'environment variable SINK_FLUSH__RECORDS: flush.records: expected an integer, 1 or more, ' +
        'found "many"',
      '--set http.port: http.port: expected a port from 0 to 65535, or false, found "80a"',
    ])
  })
})

describe('a placeholder in the file', () => {
  it('is filled in from the environment, or by its default', () => {
    const text = `kafka:
  brokers: \${BROKERS:-localhost:9092}
  group: \${GROUP:-7}
  topics: ["\${TOPIC:-a}"]
hdfs:
  urls: "\${URLS}"
  user: pre\${USER_SUFFIX:-}
http:
  port: \${PORT:-9090}
`
    const config = load(text, { env: { BROKERS: 'a:1,b:2', URLS: 'http://x:1', PORT: '' } })
    expect(config.kafka).toMatchObject({ brokers: ['a:1', 'b:2'], group: '7', topics: ['a'] })
    expect(config.hdfs).toMatchObject({ urls: ['http://x:1'], user: 'pre' })
    expect(config.http.port).toBe(9090)
  })

  it('can be escaped, and is left alone in comments', () => {
    const text = `# \${UNSET}\n${MINIMAL}log: {level: info} # \${UNSET}\n`
    expect(load(`${text}http: {host: "$\${UNSET}"}`).http.host).toBe(`\${UNSET}`)
  })

  it('without a value is an error at its place, and the only one about it', () => {
    const error = refused(`${MINIMAL}http:\n  port: \${PORT}\n  host: "a \${B C}"\n`)
    expect(error.problems.map(({ place, message }) => `${place.name} ${message}`)).toEqual([
      'sink.yaml:7:9 expected the environment variable PORT to be set, found it unset',
      `sink.yaml:8:12 expected \${VARIABLE} or \${VARIABLE:-default}, found \${B C}`,
    ])
  })

  it('is named where what it brought is wrong', () => {
    expect(problemsOf(`${MINIMAL}http:\n  port: \${PORT}\n`, { env: { PORT: 'x' } })).toEqual([
      'sink.yaml:7:9: http.port: expected a port from 0 to 65535, or false, found "x" ' +
        `(filled in from \${PORT})`,
    ])
  })
})

describe('an error', () => {
  it('shows the line, points into it, and says what was expected, found and probably meant', () => {
    const error = refused(`${MINIMAL}flush:\n  records: 10\n  intervalms: 5\n`)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.exitCode).toBe(78)
    expect(error.message).toBe(`sink.yaml:8:3: unknown key "intervalms" in flush, \
expected one of records, intervalMs, bytes
    8 |   intervalms: 5
      |   ^^^^^^^^^^
      = did you mean \`intervalMs\`?

The configuration has 1 problem.`)
  })

  it('names all problems at once, in the order of the file', () => {
    const text = `kafka:
  brokers: localhost:9092
  topics: [a, b, a]
  grop: x
hdfs:
  urls: [ftp://x]
  timeZone: Asia/Soul
format: {type: txt}
flush: 5
workers: 65
`
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^sink\.yaml:2:12: kafka\.brokers: .* \| write \[localhost:9092\]$/),
      expect.stringMatching(/^sink\.yaml:3:18: kafka\.topics\.2: .* "a" \(it is listed twice\)$/),
      expect.stringMatching(/^sink\.yaml:4:3: unknown key "grop" in kafka, .* mean `group`\?$/),
      expect.stringMatching(/^sink\.yaml:6:10: hdfs\.urls\.0: .*found "ftp:\/\/x"$/),
      expect.stringMatching(/^sink\.yaml:7:13: hdfs\.timeZone: .* did you mean `Asia\/Seoul`\?$/),
      expect.stringMatching(/^sink\.yaml:8:16: format\.type: expected one of text, json-lines, /),
      'sink.yaml:9:8: flush: expected a section of keys, found 5',
      'sink.yaml:10:10: workers: expected "auto" or an integer from 1 to 64, found 65',
    ])
  })

  it('about something missing leads to its section', () => {
    expect(problemsOf('# sink\nkafka:\n  topics: [a]\n')).toEqual([
      expect.stringMatching(/^sink\.yaml:2:1: kafka\.brokers: .* or set SINK_KAFKA__BROKERS$/),
      expect.stringMatching(/^sink\.yaml:1:1: hdfs\.urls: .* found nothing/),
    ])
    expect(() => loadConfig({ env: {}, sets: [] })).toThrow(/^configuration: kafka\.brokers: /)
  })

  it('about a key in the wrong section names the right one', () => {
    expect(problemsOf(`${MINIMAL}uploadsInFlight: 3\n`)).toEqual([
      expect.stringContaining('did you mean `hdfs.uploadsInFlight`?'),
    ])
  })

  it('about YAML itself has its place too', () => {
    expect(problemsOf(`${MINIMAL}log:\n  level: info\n  level: warn\n`).at(0)).toMatch(
      /^sink\.yaml:8:3: YAML: Map keys must be unique/,
    )
    expect(problemsOf('kafka: [\n').at(0)).toMatch(/^sink\.yaml:2:1: YAML: /)
    expect(problemsOf('kafka: *nowhere\n').at(0)).toMatch(/^sink\.yaml:1:8: YAML: .*alias/)
    expect(problemsOf('- a\n')).toEqual(['sink.yaml:1:1: expected a section of keys, found a list'])
  })

  it('about a file that cannot be read names it', () => {
    const file = join(directory, 'missing.yaml')
    expect(() => loadConfig({ file, env: {}, sets: [] })).toThrow(
      /missing\.yaml: expected a readable file, found none \(ENOENT/,
    )
  })

  it('keeps its caret in place after tabs', () => {
    const { message } = refused(`${MINIMAL}log: {\tlevel: loud}\n`)
    expect(message).toContain('    6 | log: {\tlevel: loud}\n      |       \t       ^^^^')
  })
})
