import { beforeEach, describe, expect, it } from 'vitest'
import type { TopicPartition } from '../../src/core/record-batch.ts'
import { FlowControl } from '../../src/sink/flow-control.ts'

const A = { topic: 't', partition: 0 }
const B = { topic: 't', partition: 1 }

describe('flow control', () => {
  let flowing: Set<number>
  let flow: FlowControl

  beforeEach(() => {
    flowing = new Set()
    flow = new FlowControl({
      pause: (all: readonly TopicPartition[]) => {
        for (const { partition } of all) flowing.delete(partition)
      },
      resume: (all: readonly TopicPartition[]) => {
        for (const { partition } of all) flowing.add(partition)
      },
    })
    flow.reset([A, B])
  })

  it('holds each partition until its journal is settled', () => {
    expect([flow.isPaused(A), flow.isPaused(B)]).toEqual([true, true])
    flow.release(A, 'recovery')
    expect([...flowing]).toEqual([0])
    expect(flow.isPaused(A)).toBe(false)
  })

  it('lets one flow only when nothing holds it back any more', () => {
    flow.hold(A, 'behind')
    flow.release(A, 'recovery')
    expect(flowing.size).toBe(0)
    flow.release(A, 'behind')
    expect([...flowing]).toEqual([0])
    flow.hold(A, 'stopped')
    expect(flowing.size).toBe(0)
  })

  it('holds all while memory is short, and then lets go only what is free', () => {
    flow.release(A, 'recovery')
    flow.holdAll()
    expect(flowing.size).toBe(0)
    expect(flow.isMemoryShort).toBe(true)
    flow.release(B, 'recovery')
    flow.hold(A, 'stopped')
    expect(flowing.size).toBe(0)
    flow.releaseAll()
    expect([...flowing]).toEqual([1])
  })

  it('forgets the reasons of the last assignment, but not that memory is short', () => {
    flow.hold(A, 'stopped')
    flow.holdAll()
    flow.reset([A])
    flow.release(A, 'recovery')
    expect(flowing.size).toBe(0)
    flow.releaseAll()
    expect([...flowing]).toEqual([0])
  })

  it('forgets the partitions of the last assignment', () => {
    flow.release(B, 'recovery')
    flow.reset([A])
    flow.release(A, 'recovery')
    flow.holdAll()
    expect(flow.isPaused(A)).toBe(true)
    flowing.clear()
    flow.releaseAll()
    expect([...flowing]).toEqual([0])
  })

  it('ignores a partition that is not ours', () => {
    flow.release({ topic: 'other', partition: 0 }, 'recovery')
    expect(flowing.size).toBe(0)
  })
})
