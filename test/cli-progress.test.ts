import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { progressTo } from '../src/cli-progress.ts'

function open(isTTY: boolean, environment: Record<string, string> = {}) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 60 })
  const clock = { ms: 0 }
  const nowMs = () => clock.ms
  const progress = progressTo({ stream, name: 'verify', nowMs, environment })
  return { progress, clock, written: () => String(stream.read() ?? '') }
}

describe('progress', () => {
  it('is a bar on a terminal, drawn anew at most ten times a second, and wiped at the end', () => {
    const { progress, clock, written } = open(true)
    progress.report('t: 5 files checked', { done: 5, total: 10 })
    expect(written()).toContain('[############------------]  50 % t: 5 files checked')
    clock.ms += 50
    progress.report('t: 6 files checked', { done: 6, total: 10 })
    expect(written()).toBe('')
    clock.ms += 50
    progress.report('t: 70 files checked, which is more than there were', { done: 70, total: 10 })
    const line = written()
    expect(line).toContain('100 %')
    expect(line.slice(line.indexOf('['))).not.toContain('were')
    progress.end()
    expect(written()).not.toMatch(/\w{3}/)
  })

  it('is a line every five seconds elsewhere, without a control character', () => {
    for (const { progress, clock, written } of [open(false), open(true, { TERM: 'dumb' })]) {
      progress.report('t: 1 files listed')
      expect(written()).toBe('')
      clock.ms += 5_000
      progress.report('t: 2 files checked', { done: 2, total: 8 })
      expect(written()).toBe('verify: t: 2 files checked (25 %)\n')
      progress.end()
      expect(written()).toBe('')
    }
  })
})
