import { describe, expect, it, vi } from 'vitest'
import { KafkaUnavailableError } from '../../src/core/errors.ts'
import { Batched } from '../../src/kafka/batched.ts'

const BAD = 7

/** Doubles numbers; what `refuse` holds is refused, and all that is asked with it. */
function doubling(refuse: readonly number[] = [], most?: number) {
  const requests: (readonly number[])[] = []
  const batched = new Batched<number, number>(async (keys) => {
    requests.push(keys)
    const bad = keys.find((key) => refuse.includes(key))
    if (bad !== undefined) throw Object.assign(new Error(`no ${bad}`), { type: 'UNKNOWN' })
    return keys.map((key) => (key === BAD ? new KafkaUnavailableError('asking', 'bad') : key * 2))
  }, most)
  return { batched, requests }
}

const askAll = (batched: Batched<number, number>, keys: readonly number[]) =>
  Promise.allSettled(keys.map((key) => batched.ask(key)))

describe('questions of one kind', () => {
  it('that come together are one request', async () => {
    const { batched, requests } = doubling()
    const answers = await askAll(batched, [1, 2, 3])
    expect(answers).toMatchObject([{ value: 2 }, { value: 4 }, { value: 6 }])
    expect(requests).toEqual([[1, 2, 3]])
  })

  it('are as many requests as needed where there are too many for one', async () => {
    const { batched, requests } = doubling([], 2)
    await askAll(batched, [1, 2, 3])
    expect(requests).toEqual([[1, 2], [3]])
  })

  it('that come while one is asked are not answered by it', async () => {
    const sent: string[][] = []
    const ends: (() => void)[] = []
    const batched = new Batched<string, number>((keys) => {
      const number = sent.push([...keys])
      return new Promise((resolve) => ends.push(() => resolve(keys.map(() => number))))
    })
    const first = batched.ask('a')
    await vi.waitFor(() => expect(sent).toEqual([['a']]))
    const second = batched.ask('a')
    ends[0]?.()
    expect(await first).toBe(1)
    await vi.waitFor(() => expect(sent).toHaveLength(2))
    ends[1]?.()
    expect(await second).toBe(2)
  })

  it('fail alone where only one of them is refused', async () => {
    const { batched, requests } = doubling([3])
    const answers = await askAll(batched, [1, 2, 3, 4])
    expect(answers.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    ])
    expect(requests).toHaveLength(5)
  })

  it('fail alone where the answer says so', async () => {
    const { batched, requests } = doubling()
    const answers = await askAll(batched, [1, BAD])
    expect(answers).toMatchObject([{ value: 2 }, { status: 'rejected' }])
    expect(requests).toHaveLength(1)
  })

  it('fail together, once, where nobody answers', async () => {
    const batched = new Batched<number, number>(async () => {
      throw new KafkaUnavailableError('asking', 'no answer')
    })
    const answers = await askAll(batched, [1, 2])
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    await expect(batched.ask(3)).rejects.toThrow('no answer')
  })
})
