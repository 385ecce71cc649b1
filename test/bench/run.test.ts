import { describe, expect, it } from 'vitest'
import type { Figures } from '../../bench/figures.ts'
import { runScenario } from '../../bench/run.ts'
import { compareToText, GZIP, JSON_STRING, TEXT } from '../../bench/scenarios/formats.ts'
import { latencies, seenFile } from '../../bench/scenarios/latency.ts'
import { compareToRaw } from '../../bench/scenarios/small-flushes.ts'
import { compareToCeilings } from '../../bench/scenarios/throughput.ts'
import type { Bench, Prepared, Scenario, Subject } from '../../bench/types.ts'
import { RUN } from './results.ts'

// The scenarios here never look at the stack.
const BENCH = { full: false, scale: 1, peers: [], say: () => undefined } as Partial<Bench> as Bench

function scenarioOf(prepared: Partial<Prepared>): Scenario {
  const whole = { facts: '', subjects: [], cleanUp: async () => undefined, ...prepared }
  const rounds = { quick: 1, full: 1 }
  return { name: 'n', title: 't', about: 'a', rounds, prepare: async () => whole }
}

function run(prepared: Partial<Prepared>, rounds: number) {
  const { signal } = new AbortController()
  return runScenario(BENCH, scenarioOf(prepared), { rounds, info: RUN, signal })
}

describe('a scenario', () => {
  it('measures its subjects in turn, and backwards in every second round', async () => {
    const order: string[] = []
    const subject = (name: string): Subject => ({
      name,
      async run(round) {
        order.push(`${name}${round}`)
        return { files: round }
      },
    })
    const result = await run({ subjects: [subject('a'), subject('b')] }, 2)
    expect(order).toEqual(['a1', 'b1', 'b2', 'a2'])
    expect(result.subjects[0]).toEqual({ subject: 'a', rounds: [{ files: 1 }, { files: 2 }] })
  })

  it('adds what compares the subjects of a round to their figures', async () => {
    const result = await run(
      {
        subjects: [{ name: 'a', run: async () => ({ files: 1 }) }],
        compare: () => new Map([['a', { ofRaw: 0.5 }]]),
      },
      1,
    )
    expect(result.subjects[0]?.rounds).toEqual([{ files: 1, ofRaw: 0.5 }])
  })

  it('goes on with the others when one fails, and does not try that one again', async () => {
    let tries = 0
    let cleaned = false
    const failing = async (): Promise<Figures> => {
      tries++
      throw new Error('broken')
    }
    const result = await run(
      {
        subjects: [
          { name: 'bad', run: failing },
          { name: 'good', run: async () => ({ files: 1 }) },
        ],
        cleanUp: async () => {
          cleaned = true
        },
      },
      2,
    )
    expect(tries).toBe(1)
    expect(result.failures).toEqual(['bad: broken'])
    expect(result.subjects.map(({ subject }) => subject)).toEqual(['good'])
    expect(cleaned).toBe(true)
  })

  it('is reported as failed when it cannot be prepared', async () => {
    const failing = { ...scenarioOf({}), prepare: () => Promise.reject(new Error('no disk')) }
    const { signal } = new AbortController()
    const result = await runScenario(BENCH, failing, { rounds: 1, info: RUN, signal })
    expect(result.failures).toEqual(['no disk'])
  })
})

describe('what subjects are compared to', () => {
  it('is the lower ceiling, of which reading is that of the faster reader', () => {
    const round = new Map<string, Figures>([
      ['sink', { recordsPerSecond: 50 }],
      ['ceiling: raw fetch', { recordsPerSecond: 200 }],
      ['ceiling: ConsumerPerformance (Java)', { recordsPerSecond: 90 }],
      ['ceiling: raw upload', { recordsPerSecond: 100 }],
      ['ceiling: raw fetch and raw upload at once', { recordsPerSecond: 80 }],
    ])
    expect(compareToCeilings(round).get('sink')).toEqual({ ofCeiling: 0.5, ofBoth: 0.625 })
    expect([...compareToCeilings(round).keys()]).toEqual(['sink'])
  })

  it('is text, and for a codec what it uses by itself', () => {
    const round = new Map<string, Figures>([
      [TEXT.name, { cpuSecondsPerMillion: 1 }],
      [JSON_STRING.name, { cpuSecondsPerMillion: 2.5 }],
      [GZIP.name, { cpuSecondsPerMillion: 5.2 }],
      ['codec alone: gzip 1', { cpuSecondsPerMillion: 4 }],
    ])
    const compared = compareToText(round, [TEXT, JSON_STRING, GZIP])
    expect(compared.get(JSON_STRING.name)).toEqual({ ofText: 2.5 })
    expect(compared.get(GZIP.name)?.ofCodec).toBeCloseTo(1.05)
  })

  it('is the raw requests of the protocol', () => {
    const round = new Map<string, Figures>([
      ['sink, 1 worker', { filesPerSecond: 45 }],
      ['raw requests of the protocol', { filesPerSecond: 50 }],
    ])
    expect(compareToRaw(round).get('sink, 1 worker')).toEqual({ ofRaw: 0.9 })
  })
})

describe('latency', () => {
  it('counts each record from the time of its batch to the time its file was seen', () => {
    const produced = [
      { partition: 0, offset: 0, records: 50, timeMs: 0 },
      { partition: 0, offset: 50, records: 49, timeMs: 1_000 },
      { partition: 1, offset: 0, records: 1, timeMs: 0 },
    ]
    const seen = [seenFile(0, '00000-00098.txt', 2_000), seenFile(1, '00000-00000.txt', 9_000)]
    expect(latencies(produced, seen)).toEqual({
      latencyP50Seconds: 2,
      latencyP99Seconds: 2,
      latencyMaxSeconds: 9,
    })
  })

  it('takes a batch apart that two files share', () => {
    const produced = [{ partition: 0, offset: 0, records: 10, timeMs: 0 }]
    const seen = [seenFile(0, '0-3.txt', 1_000), seenFile(0, '4-9.txt', 3_000)]
    expect(latencies(produced, seen)).toMatchObject({
      latencyP50Seconds: 3,
      latencyMaxSeconds: 3,
    })
  })

  it('is not guessed from files without offsets in their names', () => {
    expect(() => seenFile(0, 'part-0001.txt', 0)).toThrow('expected offsets')
  })
})
