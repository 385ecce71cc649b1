import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fileExtension,
  PathRefusedError,
  PathTemplateError,
  parsePathTemplate,
} from '../../src/core/path-template.ts'

const OPTIONS = { root: '/kafka', timeZone: 'UTC', extension: 'txt' }
const FILE = {
  topic: 'select-color',
  partition: 3,
  startOffset: 120,
  endOffset: 129,
  bucketTimestampMs: Date.UTC(2024, 1, 29, 23, 59, 30),
}

const parse = (source: string, options: Partial<typeof OPTIONS & { singleTopic: boolean }> = {}) =>
  parsePathTemplate(source, { ...OPTIONS, ...options })

function problemOf(source: string, options: Parameters<typeof parse>[1] = {}): PathTemplateError {
  try {
    parse(source, options)
  } catch (error) {
    if (error instanceof PathTemplateError) return error
    throw error
  }
  throw new Error(`${source} was accepted`)
}

describe('a path template renders', () => {
  it('a relative path below the root', () => {
    const template = parse('{topic}/{partition}/{startOffset}-{endOffset}.{extension}')
    expect(template.render(FILE)).toBe(
      '/kafka/select-color/3/00000000000000000120-00000000000000000129.txt',
    )
    expect(template.usesTime).toBe(false)
    expect(template.bucketOf(FILE.bucketTimestampMs)).toBe('')
  })

  it('an absolute path as it is, and the seed layout for a single topic', () => {
    const template = parse('/data/color-{partition}-{startOffset}.log', { singleTopic: true })
    expect(template.render(FILE)).toBe('/data/color-3-00000000000000000120.log')
  })

  it('below the root directory without a double slash', () => {
    const template = parse('{topic}/{partition}-{startOffset}.txt', { root: '/' })
    expect(template.render(FILE)).toBe('/select-color/3-00000000000000000120.txt')
  })

  it('numbers with the least width that is written', () => {
    const template = parse('{topic}/{partition:05}-{startOffset:10}-{endOffset:1}.txt')
    expect(template.render(FILE)).toBe('/kafka/select-color/00003-0000000120-129.txt')
    expect(template.render({ ...FILE, endOffset: 12_345_678_901 })).toContain('-12345678901.txt')
  })

  it('the time of the records in the zone that is configured', () => {
    const source = '{topic}/dt={yyyy}-{MM}-{dd}/{HH}{mm}/{partition}-{startOffset}.{extension}'
    expect(parse(source).render(FILE)).toContain('/dt=2024-02-29/2359/')
    const seoul = parse(source, { timeZone: 'Asia/Seoul' })
    expect(seoul.usesTime).toBe(true)
    expect(seoul.render(FILE)).toContain('/dt=2024-03-01/0859/')
  })

  it('records without a time into the beginning of 1970, whatever the zone', () => {
    for (const timeZone of ['UTC', 'Asia/Seoul', 'America/New_York']) {
      const template = parse('{topic}/{yyyy}{MM}{dd}{HH}{mm}/{partition}-{endOffset}.txt', {
        timeZone,
      })
      const bucket = template.bucketOf(-1)
      expect(bucket).toBe('1970-01-01-00-00')
      expect(template.bucketOf(Number.NaN)).toBe(bucket)
      expect(template.bucketOf(Number.MIN_SAFE_INTEGER)).toBe(bucket)
      expect(template.render({ ...FILE, bucketTimestampMs: -1 })).toContain('/197001010000/')
    }
  })
})

describe('a path template is refused', () => {
  it.each([
    ['{topic}/{startOffset}.txt', /does not have \{partition\}/],
    ['{topic}/{partition}.txt', /does not have \{startOffset\}/],
    ['{partition}/{startOffset}.txt', /does not have \{topic\}/],
    ['{topic}/{partion}-{startOffset}.txt', /unknown placeholder \{partion\}/],
    ['{topic}/{}-{startOffset}.txt', /unknown placeholder \{\}/],
    ['{topic/{partition}-{startOffset}.txt', /single "\{"/],
    ['{topic}}/{partition}-{startOffset}.txt', /single "\}"/],
    ['{topic}/{partition:0}-{startOffset}.txt', /width "0"/],
    ['{topic}/{partition}-{startOffset:21}.txt', /width "21"/],
    ['{topic}/{partition}-{startOffset:-1}.txt', /width "-1"/],
    ['{topic:5}/{partition}-{startOffset}.txt', /width in \{topic:5\}/],
    ['{topic}//{partition}-{startOffset}.txt', /empty name/],
    ['{topic}/{partition}/{startOffset}/', /empty name/],
    ['//{topic}/{partition}-{startOffset}.txt', /empty name/],
    ['{topic}/../{partition}-{startOffset}.txt', /"\.\." as a name/],
    ['./{topic}/{partition}-{startOffset}.txt', /"\." as a name/],
    ['hdfs://nn/{topic}/{partition}-{startOffset}.txt', /":" in a name/],
    ['{topic}/{HH}:{mm}/{partition}-{startOffset}.txt', /":" in a name/],
    ['{topic}/a*/{partition}-{startOffset}.txt', /take for a pattern/],
    ['{topic}/a\n/{partition}-{startOffset}.txt', /control character/],
    [`{topic}/${'가'.repeat(85)}x/{partition}-{startOffset}.txt`, /256 bytes or more/],
    ['/kafka/_sink/{topic}/{partition}-{startOffset}.txt', /the sink's own journal/],
    ['_sink/{topic}/{partition}-{startOffset}.txt', /the sink's own journal/],
  ])('%s', (source, message) => {
    expect(problemOf(source).message).toMatch(message)
  })

  it.each([
    '{topic}{partition}/{startOffset}.txt',
    '{topic}-{partition}{startOffset:5}.txt',
    '{partition}{topic}/{startOffset:3}.txt',
    '{topic}/{startOffset:1}{endOffset:1}/{partition}{endOffset:1}.txt',
    '{partition}-{topic}-{startOffset:2}{endOffset:2}.txt',
  ])('%s, whose names could collide', (source) => {
    expect(problemOf(source).message).toMatch(/can collide/)
  })

  it('with the column of what is wrong', () => {
    expect(problemOf('{topic}/{partion}-{startOffset}.txt')).toMatchObject({
      column: 9,
      length: 9,
      unknown: 'partion',
    })
    expect(problemOf('{topic}/x/../{partition}-{startOffset}')).toMatchObject({
      column: 11,
      length: 2,
    })
    expect(problemOf('/d/{topic}{partition}-{startOffset}')).toMatchObject({ column: 11 })
  })

  it('when its suffix lies about the compression', () => {
    const source = '{topic}/{partition}-{startOffset}'
    expect(problemOf(`${source}.log`, { extension: 'txt.gz' }).message).toMatch(/not end in \.gz/)
    expect(problemOf(`${source}.zst`, { extension: 'txt.gz' }).message).toMatch(/not end in \.gz/)
    expect(problemOf(`${source}.gz`, { extension: 'txt' }).message).toMatch(/not compressed/)
    expect(problemOf(`${source}.{extension}.x`, { extension: 'txt.zst' }).message).toMatch(/\.zst/)
    expect(parse(`${source}.log.gz`, { extension: 'txt.gz' }).render(FILE)).toMatch(/\.log\.gz$/)
    expect(parse(`${source}.{extension}`, { extension: 'jsonl.zst' }).render(FILE)).toMatch(
      /\.jsonl\.zst$/,
    )
  })

  it('but a file below a directory that merely begins like the journal is fine', () => {
    const template = parse('/kafka/_sinks/{topic}/{partition}-{startOffset}.txt')
    expect(template.render(FILE)).toMatch(/^\/kafka\/_sinks\//)
  })
})

describe('a rendered path is refused', () => {
  it('when a topic leads it into the journal', () => {
    const template = parse('{topic}/{partition}-{startOffset}.txt')
    expect(() => template.render({ ...FILE, topic: '_sink' })).toThrow(PathRefusedError)
  })

  it('when a topic makes a name too long', () => {
    const template = parse('{topic}-{partition}-{startOffset}.txt')
    expect(() => template.render({ ...FILE, topic: 't'.repeat(249) })).toThrow(/name of 276 bytes/)
  })
})

describe('two different files', () => {
  // Templates and files from few characters, so that they run into each other if they can.
  const separator = fc.constantFrom('', '', '/', '-', '.', '1', 'a', '=', '-1')
  const needed = fc.tuple(
    fc.constant('{topic}'),
    fc.constantFrom('{partition}', '{partition:2}', '{partition:10}'),
    fc.constantFrom('{startOffset}', '{startOffset:1}', '{endOffset:2}'),
  )
  const extra = fc.constantFrom('{topic}', '{endOffset:1}', '{dd}', '{extension}')
  const source = fc
    .tuple(needed, fc.array(extra, { maxLength: 1 }))
    .chain(([placeholders, extras]) => {
      const all = [...placeholders, ...extras]
      const order = fc.shuffledSubarray(all, { minLength: all.length })
      const between = fc.array(separator, { minLength: all.length, maxLength: all.length })
      return fc.tuple(order, between)
    })
    .map(([order, between]) => order.map((name, index) => `${between[index]}${name}`).join(''))
  const topics = ['a', '1', 'a1', '1a', 'a-1', '1-1', '1.1', '11', '-1']
  const numbers = [0, 1, 2, 11, 12, 21, 101, 111, 112, 1_111_111_111]
  const files = topics.flatMap((topic) =>
    numbers.flatMap((partition) =>
      // Within a partition no two files share an offset: that is the journal's promise.
      numbers.map((startOffset) => ({
        topic,
        partition,
        startOffset,
        endOffset: startOffset + (startOffset % 3),
        bucketTimestampMs: (startOffset % 2) * 10 * 86_400_000,
      })),
    ),
  )

  function accepted(text: string): ReturnType<typeof parse> | undefined {
    try {
      return parse(text)
    } catch {
      return undefined
    }
  }

  it('never get the same path from a template that is accepted', () => {
    let tried = 0
    fc.assert(
      fc.property(source, (text) => {
        const template = accepted(text)
        if (!template) return
        tried++
        const owners = new Map(files.map((file) => [template.render(file), file]))
        const robbed = files.find((file) => owners.get(template.render(file)) !== file)
        expect(robbed && [robbed, owners.get(template.render(robbed))]).toBeUndefined()
      }),
      { numRuns: 300 },
    )
    expect(tried).toBeGreaterThan(50)
  })

  it('would get the same path from templates that are refused', () => {
    const naive = (text: string, values: Record<string, string | number>) =>
      text.replace(/\{(\w+)(?::\d+)?\}/g, (_, name: string) => String(values[name]))
    const [one, other] = [
      '{topic}{partition}/{startOffset:1}',
      '{partition}{startOffset:1}/{topic}',
    ]
    expect(naive(one, { topic: 'a', partition: 11, startOffset: 5 })).toBe(
      naive(one, { topic: 'a1', partition: 1, startOffset: 5 }),
    )
    expect(problemOf(one).message).toMatch(/can collide/)
    expect(naive(other, { topic: 'a', partition: 1, startOffset: 11 })).toBe(
      naive(other, { topic: 'a', partition: 11, startOffset: 1 }),
    )
    expect(problemOf(other).message).toMatch(/can collide/)
  })
})

it('the extension names format and codec', () => {
  expect(fileExtension('text', 'none')).toBe('txt')
  expect(fileExtension('text', 'gzip')).toBe('txt.gz')
  expect(fileExtension('json-lines', 'none')).toBe('jsonl')
  expect(fileExtension('json-lines', 'zstd')).toBe('jsonl.zst')
})
