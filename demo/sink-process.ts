import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { DaemonError } from '../stack/index.ts'

export interface SinkOptions {
  /** Added to our own environment: what config/sink.yaml takes from there. */
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Called when it ends though nobody asked it to. */
  readonly onUnexpectedEnd: (error: Error) => void
}

const ROOT = path.join(import.meta.dirname, '..')
const GUARD = path.join(ROOT, 'stack', 'guard.sh')
const SINK = ['src/main.ts', 'run', '--config', 'config/sink.yaml']

/**
 * The sink, started as anyone would start it. The guard of the stack's daemons keeps it out of our
 * terminal's reach, so that a Ctrl-C is ours to handle, and ends it when we are killed.
 */
export class SinkProcess {
  readonly #guard: ChildProcess
  readonly #exitCode: Promise<number>
  #endIsExpected = false
  #running = true

  constructor({ env, logFile, onUnexpectedEnd }: SinkOptions) {
    this.#guard = spawn('/bin/sh', [GUARD, logFile, process.execPath, ...SINK], {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    // A guard that is gone cannot be written to; its exit says so.
    this.#guard.stdin?.on('error', () => undefined)
    this.#exitCode = new Promise((resolve, reject) => {
      this.#guard.once('error', reject)
      this.#guard.once('exit', (code) => resolve(code ?? 1))
    })
    this.#exitCode.then(
      (code) => {
        this.#running = false
        const what = `ended by itself with exit code ${code}`
        if (!this.#endIsExpected) onUnexpectedEnd(new DaemonError('The sink', what, logFile))
      },
      (error: unknown) =>
        onUnexpectedEnd(new Error('The sink could not be started', { cause: error })),
    )
  }

  get running(): boolean {
    return this.#running
  }

  /** SIGTERM, and SIGKILL when that takes too long. Resolves with its exit code when it is gone. */
  async stop(timeoutMs: number): Promise<number> {
    this.#endIsExpected = true
    this.#guard.stdin?.write('TERM\n')
    const timer = setTimeout(() => this.#guard.stdin?.write('KILL\n'), timeoutMs)
    return await this.#exitCode.finally(() => clearTimeout(timer))
  }
}
