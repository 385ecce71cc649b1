import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CorruptBatchError } from '../../src/core/errors.ts'
import { createLogger } from '../../src/telemetry/logger.ts'

const module = new URL('../../src/telemetry/logger.ts', import.meta.url).href

let directory: string
let fileDescriptor: number

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logger-'))
  fileDescriptor = openSync(join(directory, 'lines'), 'w')
})

afterEach(() => {
  closeSync(fileDescriptor)
  rmSync(directory, { recursive: true })
})

function lines(): string[] {
  return readFileSync(join(directory, 'lines'), 'utf8').split('\n').slice(0, -1)
}

function line(): Record<string, unknown> {
  return JSON.parse(lines().at(-1) ?? 'null')
}

/** Runs a module in a process of its own and resolves to its standard error. */
async function standardErrorOf(code: string): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    code,
  ])
  return stderr
}

describe('createLogger', () => {
  it('writes JSON lines with name, bindings, level and ISO time where there is no terminal', () => {
    const logger = createLogger({ name: 'sink', bindings: { worker: 2 }, fileDescriptor })
    logger.info({ topic: 'colors' }, 'assigned')
    const { time, ...rest } = line()
    expect(rest).toEqual({
      ...{ level: 'info', name: 'sink', worker: 2 },
      ...{ topic: 'colors', msg: 'assigned' },
    })
    expect(new Date(String(time)).toISOString()).toBe(time)
  })

  it('has written a line when the call returns, and only from the chosen level on', () => {
    const logger = createLogger({ level: 'warn', fileDescriptor })
    logger.info('not this')
    expect(lines()).toHaveLength(0)
    logger.warn('this')
    expect(line()).toMatchObject({ level: 'warn', msg: 'this' })
  })

  it.each(['err', 'error'])('shows an error given as %s with its fields and its cause', (key) => {
    const error = new CorruptBatchError({ topic: 'colors', partition: 1 }, 77, 'CRC differs')
    error.cause = new Error('disk')
    createLogger({ fileDescriptor }).error({ [key]: error }, 'stopped')
    expect(line()[key]).toMatchObject({
      ...{ type: 'CorruptBatchError', action: 'stop-partition', baseOffset: 77 },
      ...{ at: { topic: 'colors', partition: 1 }, cause: { message: 'disk' } },
      message: error.message,
      stack: expect.stringContaining('CorruptBatchError'),
    })
  })

  it('tells of warnings and worse, with what was logged beside them', () => {
    const told: unknown[] = []
    const onProblem = (...problem: unknown[]) => told.push(problem)
    const logger = createLogger({ fileDescriptor, onProblem })
    const err = new Error('disk')
    logger.info({ lag: 5 }, 'fine')
    logger.warn({ err }, 'slow')
    logger.child({ worker: 1 }).error('only text')
    expect(told).toEqual([
      ['warn', { err }, 'slow'],
      ['error', 'only text', 'only text'],
    ])
    expect(lines()).toHaveLength(3)
  })

  it('writes for people when told to, without colours into a file', () => {
    const logger = createLogger({ format: 'pretty', bindings: { worker: 1 }, fileDescriptor })
    logger.warn({ lag: 5 }, 'slow')
    const text = lines().join('\n')
    expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] WARN: slow/)
    expect(text).toContain('worker: 1')
    expect(text).not.toContain('\u001b')
  })

  it.each(['json', 'pretty'] as const)(
    'loses no %s line of a process that exits at once',
    async (format) => {
      const text = await standardErrorOf(`
      import { createLogger } from ${JSON.stringify(module)}
      const logger = createLogger({ format: '${format}' })
      for (let i = 0; i < 500; i++) logger.info('line ' + i + ' end')
      process.exit(0)
    `)
      expect(text.match(/line \d+ end/g)).toHaveLength(500)
    },
  )

  it('writes from a worker thread without help of the main thread', async () => {
    const text = await standardErrorOf(`
      import { Worker } from 'node:worker_threads'
      const code = \`
        import { createLogger } from ${JSON.stringify(module)}
        createLogger({ bindings: { worker: 3 } }).info('from a thread')
        Atomics.store(new Int32Array((await import('node:worker_threads')).workerData), 0, 1)
        Atomics.notify(new Int32Array((await import('node:worker_threads')).workerData), 0)
        setInterval(() => {}, 1000)
      \`
      const flag = new SharedArrayBuffer(4)
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)), { workerData: flag })
      Atomics.wait(new Int32Array(flag), 0, 0)
      process.exit(0)
    `)
    expect(JSON.parse(text)).toMatchObject({ worker: 3, msg: 'from a thread' })
  })
})
