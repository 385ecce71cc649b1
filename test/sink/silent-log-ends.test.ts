import { describe, expect, it } from 'vitest'
import type { LogBounds } from '../../src/core/ports.ts'
import type { TopicPartition } from '../../src/core/record-batch.ts'
import { SilentLogEnds } from '../../src/sink/silent-log-ends.ts'

const [zero, one]: [TopicPartition, TopicPartition] = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
]

/** Answers by hand. */
function kafka() {
  const asked = new Map<number, PromiseWithResolvers<LogBounds>>()
  const logBounds = ({ partition }: TopicPartition): Promise<LogBounds> => {
    const answer = Promise.withResolvers<LogBounds>()
    asked.set(partition, answer)
    return answer.promise
  }
  const told: [number, number][] = []
  const ends = new SilentLogEnds({ logBounds }, ({ partition }, end) => told.push([partition, end]))
  const answer = (partition: number, end: number) =>
    asked.get(partition)?.resolve({ start: 0, end })
  return { asked, told, ends, answer }
}

describe('the log ends of partitions that are not fetched', () => {
  it('are asked for and told, whatever fails beside', async () => {
    const { asked, told, ends, answer } = kafka()
    const done = ends.refresh(() => [zero, one])
    asked.get(0)?.reject(new Error('no leader'))
    answer(1, 70)
    await done
    expect(told).toEqual([[1, 70]])
  })

  it('are not told of a partition that is fetched again, or is gone', async () => {
    const { told, ends, answer } = kafka()
    let silent = [zero, one]
    const done = ends.refresh(() => silent)
    silent = [one]
    answer(0, 60)
    answer(1, 70)
    await done
    expect(told).toEqual([[1, 70]])
  })

  it('are not asked for again before Kafka has answered', async () => {
    const { asked, told, ends, answer } = kafka()
    const first = ends.refresh(() => [zero])
    await ends.refresh(() => [zero, one])
    expect([...asked.keys()]).toEqual([0])
    answer(0, 60)
    await first
    const second = ends.refresh(() => [one])
    answer(1, 70)
    await second
    expect(told).toEqual([
      [0, 60],
      [1, 70],
    ])
  })
})
