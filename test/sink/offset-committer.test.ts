import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  FencedMembershipError,
  KafkaRefusedError,
  KafkaUnavailableError,
  OffsetMetadataTooLargeError,
} from '../../src/core/errors.ts'
import type { Membership, OffsetToCommit } from '../../src/core/ports.ts'
import { OffsetCommitter } from '../../src/sink/offset-committer.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

/** As kafkajs throws it for a whole request, whatever became of its other partitions. */
const UNKNOWN = new KafkaUnavailableError('commit', 'UNKNOWN_TOPIC_OR_PARTITION', {
  cause: Object.assign(new Error('unknown'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
})
const UNAVAILABLE = new KafkaUnavailableError('commit', 'no coordinator')

function membership(epoch: number): Membership {
  return { memberId: 'm', generation: epoch * 10, epoch }
}

function offsetOf(partition: number, offset: number): OffsetToCommit {
  return { topic: 't', partition, offset, metadata: '' }
}

interface Sent {
  readonly generation: number
  readonly offsets: string
  readonly answer: (error?: Error) => void
}

describe('the offset committer', () => {
  let sent: Sent[]
  let results: string[]
  let logged: unknown[]
  let ended: AbortController
  let committer: OffsetCommitter

  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
    results = []
    logged = []
    ended = new AbortController()
    const commitOffsets = ({ generation }: Membership, offsets: readonly OffsetToCommit[]) =>
      new Promise<void>((resolve, reject) => {
        const answer = (error?: Error) => (error === undefined ? resolve() : reject(error))
        const text = offsets.map(({ partition, offset }) => `${partition}@${offset}`).join()
        sent.push({ generation, offsets: text, answer })
      })
    const observer = { ...NO_OBSERVER, offsetCommit: (result: string) => results.push(result) }
    const log = { ...NO_LOG, error: (data: object) => logged.push(data) }
    committer = new OffsetCommitter({ commitOffsets }, { observer, log }, ended.signal)
  })
  afterEach(() => void vi.useRealTimers())

  const later = () => vi.advanceTimersByTimeAsync(1_000)
  const at = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  const isIdle = (): Promise<boolean> => isOver(committer.idle())
  const isOver = async (what: Promise<void>): Promise<boolean> => {
    let over = false
    void what.then(() => {
      over = true
    })
    await at(0)
    return over
  }
  const offsetsSent = () => sent.map(({ offsets }) => offsets)
  /** Kafka knows nothing of this partition any more. */
  const answerUnless = (gone: number) => {
    const last = sent.at(-1)
    last?.answer(last.offsets.includes(`${gone}@`) ? UNKNOWN : undefined)
  }

  it('sends nothing before the coordinator has acknowledged a membership', async () => {
    void committer.add(1, offsetOf(0, 5))
    await later()
    expect(sent).toEqual([])
    committer.confirm(membership(1))
    await later()
    expect(sent).toMatchObject([{ generation: 10, offsets: '0@5' }])
  })

  it('sends one request at a time, and then the newest of each partition', async () => {
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    for (const next of [offsetOf(0, 6), offsetOf(1, 3), offsetOf(0, 9)]) void committer.add(1, next)
    await later()
    expect(sent).toHaveLength(1)
    sent[0]?.answer()
    await later()
    expect(sent.map(({ offsets }) => offsets)).toEqual(['0@5', '0@9,1@3'])
  })

  it('sends the newest when it tries again', async () => {
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    void committer.add(1, offsetOf(0, 8))
    sent[0]?.answer(UNAVAILABLE)
    await later()
    expect(sent.map(({ offsets }) => offsets)).toEqual(['0@5', '0@8'])
    sent[1]?.answer()
    await later()
    expect(sent).toHaveLength(2)
    expect(results).toEqual(['failed', 'ok'])
  })

  it('drops what the coordinator fences, without trying again', async () => {
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(new FencedMembershipError('m', 10, 'simulated'))
    await later()
    expect(sent).toHaveLength(1)
    expect(results).toEqual(['fenced'])
    expect(await isIdle()).toBe(true)
  })

  it('drops what belongs to an assignment that is over', async () => {
    committer.confirm(membership(2))
    void committer.add(1, offsetOf(0, 5))
    void committer.add(2, offsetOf(1, 7))
    await later()
    expect(sent).toMatchObject([{ generation: 20, offsets: '1@7' }])
    expect(results).toEqual(['fenced'])
  })

  it('keeps what belongs to the next assignment until that is acknowledged', async () => {
    void committer.add(2, offsetOf(0, 5))
    expect(await isIdle()).toBe(false)
    let idle = false
    void committer.idle().then(() => {
      idle = true
    })
    committer.confirm(membership(1))
    await later()
    expect([sent.length, idle]).toEqual([0, false])
    committer.confirm(membership(2))
    await later()
    sent[0]?.answer()
    await later()
    expect([sent[0]?.generation, idle]).toEqual([20, true])
  })

  it('keeps the word of the present assignment against a late one of the last', async () => {
    void committer.add(2, offsetOf(0, 9))
    void committer.add(1, offsetOf(0, 5))
    committer.confirm(membership(2))
    await later()
    expect(sent).toMatchObject([{ offsets: '0@9' }])
  })

  it('is idle only when everything is answered', async () => {
    expect(await isIdle()).toBe(true)
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    expect(await isIdle()).toBe(false)
    void committer.add(1, offsetOf(0, 6))
    sent[0]?.answer()
    await later()
    expect(await isIdle()).toBe(false)
    const idle = committer.idle()
    sent[1]?.answer()
    await expect(idle).resolves.toBeUndefined()
  })

  it('is idle when a new assignment makes the rest worthless', async () => {
    void committer.add(1, offsetOf(0, 5))
    const idle = committer.idle()
    committer.confirm(membership(2))
    await expect(idle).resolves.toBeUndefined()
    expect(sent).toEqual([])
  })

  it('gives up what will never be accepted, and goes on with what comes later', async () => {
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(new OffsetMetadataTooLargeError(5_000))
    await later()
    expect(await isIdle()).toBe(true)
    void committer.add(1, offsetOf(0, 6))
    await later()
    expect(sent.map(({ offsets }) => offsets)).toEqual(['0@5', '0@6'])
  })

  it('stops trying when the worker ends', async () => {
    committer.confirm(membership(1))
    void committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(UNAVAILABLE)
    ended.abort()
    await later()
    expect(sent).toHaveLength(1)
    expect(await isIdle()).toBe(true)
  })

  describe('of which Kafka refuses one partition', () => {
    beforeEach(async () => {
      committer.confirm(membership(1))
      for (const partition of [0, 1, 2, 3]) void committer.add(1, offsetOf(partition, 5))
    })

    it('tells the others, gives that one up, and logs it once', async () => {
      // The first request begins with the first partition that has something to tell.
      for (let i = 0; i < 8; i++) {
        answerUnless(2)
        await later()
      }
      expect(offsetsSent()).toEqual(['0@5', '1@5,2@5,3@5', '1@5', '2@5,3@5', '2@5', '3@5'])
      expect(await isIdle()).toBe(true)
      expect(logged).toMatchObject([{ topic: 't', partition: 2 }])
      void committer.add(1, offsetOf(2, 6))
      await later()
      answerUnless(2)
      await later()
      expect(logged).toHaveLength(1)
    })

    it('tries again what was not told when Kafka goes away meanwhile', async () => {
      sent[0]?.answer()
      await later()
      sent[1]?.answer(UNKNOWN)
      await at(0)
      sent[2]?.answer()
      await at(0)
      sent[3]?.answer(UNAVAILABLE)
      await later()
      expect(offsetsSent().slice(3)).toEqual(['2@5,3@5', '2@5,3@5'])
    })

    it('leaves alone what came after what it gives up', async () => {
      sent[0]?.answer(new KafkaRefusedError('commit', 'GROUP_AUTHORIZATION_FAILED'))
      await later()
      expect(offsetsSent()).toEqual(['0@5', '1@5,2@5,3@5'])
    })
  })

  describe('that has just told something', () => {
    beforeEach(async () => {
      committer.confirm(membership(1))
      void committer.add(1, offsetOf(0, 5))
      sent[0]?.answer()
      await at(0)
    })

    it('rests for half a second, and sends what came meanwhile at once', async () => {
      for (const offset of [6, 7]) void committer.add(1, offsetOf(0, offset))
      await at(400)
      void committer.add(1, offsetOf(1, 3))
      await at(99)
      expect(sent).toHaveLength(1)
      await at(1)
      expect(offsetsSent()).toEqual(['0@5', '0@7,1@3'])
    })

    it('does not rest while somebody waits for one offset, or for all', async () => {
      const told = committer.addNow(1, offsetOf(0, 6))
      sent[1]?.answer()
      expect(await isOver(told)).toBe(true)
      void committer.add(1, offsetOf(0, 7))
      await at(0)
      expect(sent).toHaveLength(2)
      const idle = committer.idle()
      sent[2]?.answer()
      expect(await isOver(idle)).toBe(true)
    })
  })

  it('an offset is waited for alone, whatever others have to tell', async () => {
    committer.confirm(membership(1))
    const told = committer.addNow(1, offsetOf(0, 5))
    void committer.add(1, offsetOf(1, 1))
    sent[0]?.answer()
    expect(await isOver(told)).toBe(true)
    expect(await isIdle()).toBe(false)
  })

  it('an offset is waited for until a newer one of its partition is told', async () => {
    committer.confirm(membership(1))
    const told = committer.addNow(1, offsetOf(0, 5))
    void committer.add(1, offsetOf(0, 6))
    sent[0]?.answer()
    expect(await isOver(told)).toBe(false)
    sent[1]?.answer()
    expect(await isOver(told)).toBe(true)
  })

  it('an offset of an assignment that is over is not waited for', async () => {
    committer.confirm(membership(1))
    const told = committer.addNow(1, offsetOf(0, 5))
    committer.confirm(membership(2))
    expect(await isOver(told)).toBe(true)
    void committer.add(2, offsetOf(1, 5))
    expect(await isOver(committer.addNow(1, offsetOf(1, 4)))).toBe(true)
  })
})
