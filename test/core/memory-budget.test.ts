import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../../src/core/memory-budget.ts'

function twoWorkers(limitBytes: number): [MemoryBudget, MemoryBudget] {
  const shared = MemoryBudget.share(2)
  return [new MemoryBudget(limitBytes, shared, 0), new MemoryBudget(limitBytes, shared, 1)]
}

describe('a budget of two workers', () => {
  it('is one number for both', () => {
    const [a, b] = twoWorkers(100)
    a.add(60)
    b.add(39)
    expect([a.usedBytes, b.usedBytes]).toEqual([99, 99])
    expect([a.heldBytes, b.heldBytes]).toEqual([60, 39])
    expect(a.exhausted).toBe(false)
    b.add(1)
    expect(a.exhausted).toBe(true)
  })

  it('is relieved only by a margin', () => {
    const [a, b] = twoWorkers(100)
    a.add(100)
    a.add(-20)
    expect([b.exhausted, b.relieved]).toEqual([false, false])
    a.add(-1)
    expect(b.relieved).toBe(true)
  })

  it('forgets a worker that died', () => {
    const [a, b] = twoWorkers(100)
    a.add(10)
    b.add(90)
    b.clear()
    expect(a.usedBytes).toBe(10)
  })

  it('knows the share of each', () => {
    expect(twoWorkers(100)[0].workerShareBytes).toBe(50)
  })

  it('lets each keep its share, and more where the other leaves it', () => {
    const [a, b] = twoWorkers(100)
    a.add(30)
    expect([a.keepBytes, b.keepBytes]).toEqual([100, 70])
    a.add(40)
    expect([a.keepBytes, b.keepBytes]).toEqual([100, 50])
  })

  it('has less room for records with more partitions, but half of it at least', () => {
    const limitBytes = 2 ** 20
    const [a, b] = twoWorkers(limitBytes)
    a.reserveFor(2)
    const room = limitBytes - 2 * 48 * 1024
    expect([b.roomBytes, b.workerShareBytes, b.keepBytes]).toEqual([room, room / 2, room])
    b.add(room - 1)
    expect(a.exhausted).toBe(false)
    b.add(1)
    expect([a.exhausted, a.usedBytes, a.heldBytes]).toEqual([true, room, 0])
    a.reserveFor(1_000)
    b.reserveFor(1_000)
    expect(a.roomBytes).toBe(limitBytes / 2)
    b.clear()
    a.reserveFor(0)
    expect([a.roomBytes, a.usedBytes]).toEqual([limitBytes, 0])
  })

  it('counts beyond 4 GiB', () => {
    const [a, b] = twoWorkers(2 ** 40)
    a.add(2 ** 35)
    b.add(2 ** 35)
    expect(a.usedBytes).toBe(2 ** 36)
  })

  it('has no place for a third', () => {
    expect(() => new MemoryBudget(1, MemoryBudget.share(2), 2)).toThrow(RangeError)
  })
})
