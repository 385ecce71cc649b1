import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { StackInfo } from '../../stack/index.ts'
import { parseMetrics, type Sample } from './metrics.ts'
import { type Usage, usageOf } from './process-usage.ts'
import { SinkLog } from './sink-log.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const READY_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 60_000
const BUILD_TIMEOUT_MS = 120_000
const READY_POLL_MS = 20
/** Between two published flushes. */
const DEFAULT_PATIENCE_MS = 60_000

/** Keys of the configuration; the rest are the sink's defaults. */
export type SinkFlags = Readonly<Record<string, string | number>>

export interface SinkTask {
  readonly topics: readonly string[]
  /** Names its group and its root. */
  readonly run: string
  readonly flags: SinkFlags
}

/** As the image starts it: what is built, not its sources. */
export const BUILT: readonly string[] = ['--max-semi-space-size=4', 'dist/main.js']
const IMAGE_ENV = { MALLOC_ARENA_MAX: '1' }

/** Builds what SinkProcess starts. */
export async function buildSink(): Promise<void> {
  await promisify(execFile)('npm', ['run', 'build'], { cwd: ROOT, timeout: BUILD_TIMEOUT_MS })
}

/** A running sink. */
export class SinkProcess {
  readonly log: SinkLog
  readonly spawnedMs: number
  readonly #child: ChildProcess

  constructor(stack: StackInfo, task: SinkTask, program: readonly string[] = BUILT) {
    this.spawnedMs = Date.now()
    this.#child = spawn(process.execPath, [...program, 'run', ...argsOf(stack, task)], {
      cwd: ROOT,
      env: { ...IMAGE_ENV, ...process.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (this.#child.stderr === null) throw new Error('the sink has no standard error')
    this.log = new SinkLog(this.#child.stderr)
    const child = this.#child
    const end = (): void => void child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** User and system time so far, and the peak of its memory. */
  usage(): Usage {
    return usageOf(this.pid)
  }

  /** Resolves with the time at which all of its workers are members of the group. */
  async ready(): Promise<number> {
    await this.log.until('it served its health', () => this.log.url !== '')
    const deadlineMs = Date.now() + READY_TIMEOUT_MS
    while (Date.now() < deadlineMs) {
      if (this.log.ended) throw new Error(`the sink ended\n${this.log.complaints.join('\n')}`)
      const response = await fetch(`${this.log.url}/readyz`)
      await response.arrayBuffer()
      if (response.ok) return Date.now()
      await wait(READY_POLL_MS)
    }
    throw new Error('the sink did not become ready')
  }

  /** Resolves when it knows the position of so many partitions, which is after their claims. */
  async claimed(partitions: number): Promise<void> {
    const isKnown = ({ name }: Sample) => name === 'partition_committed_offset'
    const deadlineMs = Date.now() + READY_TIMEOUT_MS
    while (Date.now() < deadlineMs) {
      const known = (await this.metrics()).filter(isKnown)
      if (known.length >= partitions) return
      await wait(READY_POLL_MS * 5)
    }
    throw new Error(`the sink did not claim ${partitions} partitions`)
  }

  async metrics(): Promise<Sample[]> {
    const response = await fetch(`${this.log.url}/metrics`)
    return parseMetrics(await response.text())
  }

  /** Resolves when so many records are in published files; throws when it does not get on. */
  async published(records: number, patienceMs = DEFAULT_PATIENCE_MS): Promise<void> {
    const { log } = this
    while (log.records < records) {
      const before = log.records
      const what = `${records} records were published, after ${before}`
      try {
        const patience = AbortSignal.timeout(patienceMs)
        await log.until(what, () => log.records > before, patience)
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
        throw new Error(`the sink is stuck after ${before} of ${records} records`)
      }
    }
  }

  /** SIGTERM, and SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await ended.finally(() => clearTimeout(timer))
  }
}

function argsOf(stack: StackInfo, { topics, run, flags }: SinkTask): string[] {
  const settings = {
    'kafka.brokers': stack.brokers.join(','),
    'kafka.topics': topics.join(','),
    'kafka.group': run,
    'hdfs.urls': stack.webhdfsUrls.join(','),
    'hdfs.user': stack.hdfsUser,
    'hdfs.root': `/${run}`,
    'http.host': '127.0.0.1',
    'http.port': 0,
    'log.format': 'json',
    ...flags,
  }
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
}
