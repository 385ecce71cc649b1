import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchTopics } from '../../src/sink/topic-watch.ts'
import { NO_LOG } from '../simulation/sim-process.ts'

vi.mock('node:timers/promises', async () => {
  const delay = await import('../support/delay.ts')
  return { ...delay, default: delay }
})

describe('topics that are chosen by a pattern', () => {
  let found: () => Promise<Map<string, number>>
  let changes: (readonly string[])[]
  let ended: AbortController
  let watching: Promise<void>

  beforeEach(() => {
    vi.useFakeTimers()
    changes = []
    ended = new AbortController()
    watching = watchTopics(
      {
        resolve: () => found(),
        everyMs: 1_000,
        changed: (topics) => changes.push(topics),
        signal: ended.signal,
        log: NO_LOG,
      },
      ['b', 'a'],
    )
  })
  afterEach(async () => {
    ended.abort()
    await watching
    vi.useRealTimers()
  })

  const look = async (...topics: string[]) => {
    found = async () => new Map(topics.map((topic) => [topic, 1]))
    await vi.advanceTimersByTimeAsync(1_000)
  }

  it('are told of once, when others match', async () => {
    await look('a', 'b')
    expect(changes).toEqual([])
    await look('c', 'a', 'b')
    await look('a', 'b', 'c')
    expect(changes).toEqual([['a', 'b', 'c']])
    await look('a')
    expect(changes.at(-1)).toEqual(['a'])
  })

  it('stay as they are while Kafka does not answer, or knows none', async () => {
    found = () => Promise.reject(new Error('no broker'))
    await vi.advanceTimersByTimeAsync(1_000)
    await look()
    await look('a', 'b')
    expect(changes).toEqual([])
  })

  it('keep nobody waiting at the end, however long Kafka takes', async () => {
    const late = Promise.withResolvers<Map<string, number>>()
    found = () => late.promise
    await vi.advanceTimersByTimeAsync(1_000)
    ended.abort()
    await watching
    late.resolve(new Map([['c', 1]]))
    await vi.advanceTimersByTimeAsync(0)
    expect(changes).toEqual([])
  })

  it('are not looked for any more after the end', async () => {
    const resolve = vi.fn(async () => new Map([['z', 1]]))
    found = resolve
    ended.abort()
    await watching
    await vi.advanceTimersByTimeAsync(5_000)
    expect(resolve).not.toHaveBeenCalled()
  })
})
