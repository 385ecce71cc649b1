import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { abortable, together } from '../../demo/cancel.ts'

const never = () => new Promise<never>(() => undefined)

describe('abortable', () => {
  it('settles as the work does', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(1), signal)).toBe(1)
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
  })

  it('rejects with the reason, before and during the work', async () => {
    const ending = new AbortController()
    const waiting = abortable(never(), ending.signal)
    ending.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(abortable(never(), ending.signal)).rejects.toThrow('enough')
  })
})

describe('together', () => {
  it('gives what the second gives when both are done', async () => {
    const { signal } = new AbortController()
    const result = together(
      signal,
      async () => 'first',
      async () => 'second',
    )
    expect(await result).toBe('second')
  })

  it('ends the one when the other fails, and waits for that', async () => {
    const { signal } = new AbortController()
    let ended = false
    const failing = together(
      signal,
      async () => {
        throw new Error('broken')
      },
      async (inner) => {
        await sleep(60_000, undefined, { signal: inner }).catch(() => undefined)
        ended = true
      },
    )
    await expect(failing).rejects.toThrow('broken')
    expect(ended).toBe(true)
  })
})
