import { describe, expect, it } from 'vitest'
import { ProblemLog } from '../../src/telemetry/problem-log.ts'

describe('the last problems', () => {
  it('count alike ones once, with the last error, the newest first', () => {
    const log = new ProblemLog()
    log.note('warn', { err: new Error('first') }, 'rename failed', 1)
    log.note('error', { reason: 'out-of-memory' }, 'worker ended', 2)
    log.note('warn', { err: new Error('second') }, 'rename failed', 3)
    expect(log.recent).toEqual([
      { level: 'warn', text: 'rename failed', detail: 'second', firstMs: 1, lastMs: 3, count: 2 },
      {
        ...{ level: 'error', text: 'worker ended', detail: 'out-of-memory' },
        ...{ firstMs: 2, lastMs: 2, count: 1 },
      },
    ])
  })

  it('are 50 at most, and none of them long', () => {
    const log = new ProblemLog()
    for (let index = 0; index < 200; index++) {
      log.note('warn', {}, `${index} ${'x'.repeat(10_000)}`, index)
    }
    expect(log.recent).toHaveLength(50)
    expect(log.recent[0]?.text).toMatch(/^199 x+ \.\.\.$/)
    expect(JSON.stringify(log.recent).length).toBeLessThan(50 * 1_700)
  })

  it('hide a secret also where the text is cut', () => {
    const log = new ProblemLog(['hunter2'])
    for (let before = 1_485; before < 1_505; before++)
      log.note('warn', {}, `${'x'.repeat(before)}hunter2`, 1)
    expect(JSON.stringify(log.recent)).not.toContain('hu')
  })

  it('are handed from a worker to the main thread once', () => {
    const [worker, main] = [new ProblemLog(), new ProblemLog()]
    for (const atMs of [1, 2]) worker.note('warn', undefined, 'again', atMs)
    main.merge(worker.take())
    main.merge(worker.take())
    worker.note('warn', undefined, 'again', 9)
    main.merge(worker.take())
    expect(main.recent).toMatchObject([{ firstMs: 1, lastMs: 9, count: 3, detail: null }])
  })

  it('hold no secret, neither a known one nor what looks like one', () => {
    const log = new ProblemLog(['hunter2'])
    const err = new Error('POST http://me:pa55@host/x?token=abc failed; password: "s3cret"')
    log.note('error', { err }, 'login with hunter2, Authorization: Bearer eyJhbGciOi.x', 1)
    const shown = JSON.stringify(log.recent)
    for (const secret of ['hunter2', 'pa55', 'abc', 's3cret', 'eyJhbGciOi']) {
      expect(shown).not.toContain(secret)
    }
    expect(shown).toContain('http://[secret]@host/x?token=[secret] failed')
  })
})
