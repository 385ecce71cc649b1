import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { StackInfo } from '../../stack/index.ts'
import { becomesTrue } from '../../stack/wait.ts'
import { COMPILE_CACHE } from './compile-cache.ts'
import { whenDone } from './scope.ts'
import { configOf, type SinkSettings } from './sink-process-settings.ts'

export interface SinkProcessOptions {
  readonly nodeFlags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** One line of the sink's log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Watcher {
  readonly seen: (line: LogLine) => void
  readonly ended: (exit: Exit) => void
}

const ROOT = path.join(import.meta.dirname, '../..')
const WAIT_MS = 40_000
const POLL_MS = 50
/** Of the log, in the message of an error. */
const SHOWN_LINES = 12

/**
 * The sink as a process of its own, started as its users start it. It ends with the test, if not
 * before. Whatever a test waits for, it waits for a line of the log, a metric, or the end.
 */
export class SinkProcess {
  readonly log: LogLine[] = []
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #watchers = new Set<Watcher>()
  #exited: Exit | undefined

  constructor(stack: StackInfo, settings: SinkSettings, options: SinkProcessOptions = {}) {
    const directory = mkdtempSync(path.join(stack.directory, 'sink-'))
    const config = path.join(directory, 'sink.yaml')
    // JSON is YAML too.
    writeFileSync(config, JSON.stringify(configOf(stack, settings), null, 2))
    const args = [...(options.nodeFlags ?? []), 'src/main.ts', 'run', '--config', config]
    this.#child = spawn(process.execPath, args, {
      cwd: ROOT,
      // Nothing of ours may configure it.
      env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const killWithUs = () => this.#child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.exit = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      // `close` comes after the last line of the log.
      this.#child.once('close', (code, signal) => resolve({ code, signal }))
    })
    const forget = whenDone(async () => {
      this.kill('SIGKILL')
      await this.exit
    })
    void this.exit.then((exit) => {
      this.#exited = exit
      forget()
      process.removeListener('exit', killWithUs)
      for (const { ended } of this.#watchers) ended(exit)
    })
    if (this.#child.stderr === null) throw new Error('the sink has no standard error')
    createInterface({ input: this.#child.stderr }).on('line', (text) => this.#hear(text))
  }

  /** Resolves when it is ready. */
  static async start(
    stack: StackInfo,
    settings: SinkSettings,
    options: SinkProcessOptions = {},
  ): Promise<SinkProcess> {
    const sink = new SinkProcess(stack, settings, options)
    await sink.awaitReady()
    return sink
  }

  get hasEnded(): boolean {
    return this.#exited !== undefined
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGTERM, and its end. */
  async stop(): Promise<Exit> {
    this.kill('SIGTERM')
    return await this.exit
  }

  /** The first line of the log that fits, earlier ones included. */
  awaitLog(
    what: string,
    fits: (line: LogLine) => boolean,
    timeoutMs: number = WAIT_MS,
  ): Promise<LogLine> {
    const known = this.log.find(fits)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        settle()
        reject(new Error(`no log line "${what}": ${why}\n${this.describe()}`))
      }
      const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs)
      const watcher: Watcher = {
        seen: (line) => {
          if (!fits(line)) return
          settle()
          resolve(line)
        },
        ended: ({ code, signal }) => fail(`the sink ended: ${signal ?? code}`),
      }
      const settle = () => {
        clearTimeout(timer)
        this.#watchers.delete(watcher)
      }
      if (this.#exited === undefined) this.#watchers.add(watcher)
      else watcher.ended(this.#exited)
    })
  }

  awaitMessage(message: string): Promise<LogLine> {
    return this.awaitLog(message, ({ msg }) => msg === message)
  }

  /** The log's account of a flush, the next after those that were logged already. */
  awaitNextFlush(timeoutMs = WAIT_MS): Promise<LogLine> {
    const known = new Set(this.log)
    const isNext = (line: LogLine) => line.msg === 'flushed' && !known.has(line)
    return this.awaitLog('flushed', isNext, timeoutMs)
  }

  async awaitReady(): Promise<void> {
    const url = await this.#url()
    await this.eventually('ready', async () => {
      const { status } = await fetch(`${url}/readyz`)
      return status === 200
    })
  }

  /** The HTTP status of an answer. */
  async statusOf(path: string): Promise<number> {
    return (await fetch((await this.#url()) + path)).status
  }

  /** One of the checks of /readyz. */
  async check(name: string): Promise<boolean> {
    const response = await fetch(`${await this.#url()}/readyz`)
    const { checks } = (await response.json()) as { checks: { name: string; ok: boolean }[] }
    return checks.some((check) => check.name === name && check.ok)
  }

  /** Of one metric, all series whose labels fit, by name without the prefix. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const response = await fetch(`${await this.#url()}/metrics`)
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    let sum = 0
    for (const line of (await response.text()).split('\n')) {
      const [, found, found_labels = '', value] = METRIC_LINE.exec(line) ?? []
      if (found !== name || !wanted.every((label) => found_labels.includes(label))) continue
      sum += Number(value)
    }
    return sum
  }

  /** Polls until the answer is true; fails at once when the sink has ended. */
  async eventually(
    what: string,
    check: () => Promise<boolean>,
    timeoutMs: number = WAIT_MS,
  ): Promise<void> {
    const attempt = async () => this.#exited !== undefined || (await check())
    const came = await becomesTrue(attempt, { timeoutMs, intervalMs: POLL_MS })
    if (this.#exited !== undefined) throw this.#never(what, 'the sink ended')
    if (!came) throw this.#never(what, `not within ${timeoutMs} ms`)
  }

  /** The end of the log, for the message of an error. */
  describe(): string {
    const lines = this.log.slice(-SHOWN_LINES).map((line) => `  ${JSON.stringify(line)}`)
    return [`The log of sink ${this.pid} ends with:`, ...lines].join('\n')
  }

  #never(what: string, why: string): Error {
    return new Error(`never ${what}: ${why}\n${this.describe()}`)
  }

  async #url(): Promise<string> {
    const line = await this.awaitMessage('metrics and health are served')
    return String(line.url)
  }

  #hear(text: string): void {
    const line = parse(text)
    this.log.push(line)
    for (const { seen } of [...this.#watchers]) seen(line)
  }
}

const METRIC_LINE = /^kafka_hdfs_sink_(\w+)(?:\{(.*)\})? (\S+)$/

/** What is no JSON, such as a crash of Node, is a line of level `raw`. */
function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return { level: 'raw', msg: text }
  }
}
