import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  FencedMembershipError,
  KafkaUnavailableError,
  OffsetMetadataTooLargeError,
} from '../../src/core/errors.ts'
import type { Membership, OffsetToCommit } from '../../src/core/ports.ts'
import { OffsetCommitter } from '../../src/sink/offset-committer.ts'
import { NO_LOG, NO_OBSERVER } from '../simulation/sim-process.ts'

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
  let ended: AbortController
  let committer: OffsetCommitter

  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
    results = []
    ended = new AbortController()
    const commitOffsets = ({ generation }: Membership, offsets: readonly OffsetToCommit[]) =>
      new Promise<void>((resolve, reject) => {
        const answer = (error?: Error) => (error === undefined ? resolve() : reject(error))
        const text = offsets.map(({ partition, offset }) => `${partition}@${offset}`).join()
        sent.push({ generation, offsets: text, answer })
      })
    const observer = { ...NO_OBSERVER, offsetCommit: (result: string) => results.push(result) }
    committer = new OffsetCommitter({ commitOffsets }, { observer, log: NO_LOG }, ended.signal)
  })
  afterEach(() => void vi.useRealTimers())

  const later = () => vi.advanceTimersByTimeAsync(1_000)
  const isIdle = async (): Promise<boolean> => {
    let idle = false
    void committer.idle().then(() => {
      idle = true
    })
    await vi.advanceTimersByTimeAsync(0)
    return idle
  }

  it('sends nothing before the coordinator has acknowledged a membership', async () => {
    committer.add(1, offsetOf(0, 5))
    await later()
    expect(sent).toEqual([])
    committer.confirm(membership(1))
    await later()
    expect(sent).toMatchObject([{ generation: 10, offsets: '0@5' }])
  })

  it('sends one request at a time, and then the newest of each partition', async () => {
    committer.confirm(membership(1))
    committer.add(1, offsetOf(0, 5))
    await later()
    for (const next of [offsetOf(0, 6), offsetOf(1, 3), offsetOf(0, 9)]) committer.add(1, next)
    await later()
    expect(sent).toHaveLength(1)
    sent[0]?.answer()
    await later()
    expect(sent.map(({ offsets }) => offsets)).toEqual(['0@5', '0@9,1@3'])
  })

  it('sends the newest when it tries again', async () => {
    committer.confirm(membership(1))
    committer.add(1, offsetOf(0, 5))
    await later()
    committer.add(1, offsetOf(0, 8))
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
    committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(new FencedMembershipError('m', 10, 'simulated'))
    await later()
    expect(sent).toHaveLength(1)
    expect(results).toEqual(['fenced'])
    expect(await isIdle()).toBe(true)
  })

  it('drops what belongs to an assignment that is over', async () => {
    committer.confirm(membership(2))
    committer.add(1, offsetOf(0, 5))
    committer.add(2, offsetOf(1, 7))
    await later()
    expect(sent).toMatchObject([{ generation: 20, offsets: '1@7' }])
    expect(results).toEqual(['fenced'])
  })

  it('keeps what belongs to the next assignment until that is acknowledged', async () => {
    committer.add(2, offsetOf(0, 5))
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
    committer.add(2, offsetOf(0, 9))
    committer.add(1, offsetOf(0, 5))
    committer.confirm(membership(2))
    await later()
    expect(sent).toMatchObject([{ offsets: '0@9' }])
  })

  it('is idle only when everything is answered', async () => {
    expect(await isIdle()).toBe(true)
    committer.confirm(membership(1))
    committer.add(1, offsetOf(0, 5))
    await later()
    expect(await isIdle()).toBe(false)
    committer.add(1, offsetOf(0, 6))
    sent[0]?.answer()
    await later()
    expect(await isIdle()).toBe(false)
    const idle = committer.idle()
    sent[1]?.answer()
    await expect(idle).resolves.toBeUndefined()
  })

  it('is idle when a new assignment makes the rest worthless', async () => {
    committer.add(1, offsetOf(0, 5))
    const idle = committer.idle()
    committer.confirm(membership(2))
    await expect(idle).resolves.toBeUndefined()
    expect(sent).toEqual([])
  })

  it('gives up what will never be accepted, and goes on with what comes later', async () => {
    committer.confirm(membership(1))
    committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(new OffsetMetadataTooLargeError(5_000))
    await later()
    expect(await isIdle()).toBe(true)
    committer.add(1, offsetOf(0, 6))
    await later()
    expect(sent.map(({ offsets }) => offsets)).toEqual(['0@5', '0@6'])
  })

  it('stops trying when the worker ends', async () => {
    committer.confirm(membership(1))
    committer.add(1, offsetOf(0, 5))
    await later()
    sent[0]?.answer(UNAVAILABLE)
    ended.abort()
    await later()
    expect(sent).toHaveLength(1)
    expect(await isIdle()).toBe(true)
  })
})
