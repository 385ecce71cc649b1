import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drained, installClock, type VirtualClock } from './clock.ts'
import { Life } from './life.ts'

describe('the virtual clock', () => {
  let clock: VirtualClock
  let happened: string[]

  beforeEach(() => {
    clock = installClock(() => 0.25)
    happened = []
  })
  afterEach(() => clock.uninstall())

  /** Starts a timer of each kind in the name of `life`. */
  function startTimers(life: Life): void {
    life.run(() => {
      setTimeout(() => happened.push('timer'), 100)
      void delay(100).then(() => happened.push('delay'))
    })
  }

  it('moves only when it is told to, also for node:timers/promises', async () => {
    startTimers(new Life('a'))
    clock.advance(99)
    await drained()
    expect(happened).toEqual([])
    clock.advance(1)
    await drained()
    expect(happened).toEqual(['timer', 'delay'])
    expect(Date.now()).toBe(100)
    expect(Math.random()).toBe(0.25)
  })

  it('lets who stands still hear of its timers when it goes on', async () => {
    const life = new Life('a')
    startTimers(life)
    life.stall()
    clock.advance(1_000)
    await drained()
    expect(happened).toEqual([])
    life.wake()
    await drained()
    expect(happened).toEqual(['timer', 'delay'])
  })

  it('does not call back what was cleared before its owner went on', async () => {
    const life = new Life('a')
    const timer = life.run(() => setTimeout(() => happened.push('timer'), 100))
    life.stall()
    clock.advance(100)
    clearTimeout(timer)
    life.wake()
    expect(happened).toEqual([])
  })

  it('never calls the dead', async () => {
    const life = new Life('a')
    startTimers(life)
    life.kill()
    life.deliver(() => happened.push('told'))
    clock.advance(1_000)
    await drained()
    expect(happened).toEqual([])
  })

  it('knows whose code runs, however it came to run', async () => {
    const life = new Life('a')
    life.run(() => void delay(10).then(() => happened.push(Life.current?.who ?? 'nobody')))
    clock.advance(10)
    await drained()
    expect(happened).toEqual(['a'])
    expect(Life.current).toBeUndefined()
  })

  it('is the real one again when it is uninstalled', async () => {
    clock.uninstall()
    const before = performance.now()
    await delay(5)
    expect(performance.now() - before).toBeGreaterThan(3)
    expect(Date.now()).toBeGreaterThan(1e12)
    expect(Math.random()).not.toBe(Math.random())
  })
})
