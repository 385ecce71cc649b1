import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { DaemonError, describeExit } from './errors.ts'
import type { Daemon, DaemonExit } from './types.ts'
import { readyOrEnded } from './wait.ts'

export interface DaemonSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** Whether it is ready for work; an error means not yet. */
  readonly isReady: () => Promise<boolean>
  readonly startTimeoutMs: number
  readonly onUnexpectedEnd?: ((error: Error) => void) | undefined
}

const GUARD = path.join(import.meta.dirname, 'guard.sh')
const STOP_TIMEOUT_MS = 15_000

/** One life of the process, from spawn to exit. */
interface Life {
  readonly guard: ChildProcess
  readonly pid: number
  readonly ended: Promise<DaemonExit>
  /** Somebody waits for its end: start(), while it is not ready, or who asked it to end. */
  endIsExpected: boolean
}

/**
 * A daemon as a plain process. It runs under guard.sh in a session of its own: a Ctrl-C in our
 * terminal does not reach it, and the end of our process, of whatever kind, ends it. Signals go
 * through the guard, which knows whether the process id is still the daemon's.
 */
export class ProcessDaemon implements Daemon {
  readonly #spec: DaemonSpec
  #life: Life | undefined

  constructor(spec: DaemonSpec) {
    this.#spec = spec
  }

  get name(): string {
    return this.#spec.name
  }

  get pid(): number | undefined {
    return this.#life?.pid
  }

  get running(): boolean {
    return this.#life !== undefined
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#life !== undefined) throw new Error(`${this.name} is running already`)
    const life = await this.#spawn()
    const timeoutMs = this.#spec.startTimeoutMs
    const outcome = await readyOrEnded(this.#spec.isReady, life.ended, { timeoutMs, signal })
    if (outcome === 'ready') {
      life.endIsExpected = false
      return
    }
    if (outcome === 'over') {
      const error = this.#error(`was not ready within ${timeoutMs} ms`)
      await this.kill()
      throw error
    }
    throw this.#error(`ended ${describeExit(outcome)} before it was ready`)
  }

  async stop(): Promise<void> {
    const life = this.#end('TERM')
    if (life === undefined) return
    const timer = setTimeout(() => life.guard.stdin?.write('KILL\n'), STOP_TIMEOUT_MS)
    await life.ended.finally(() => clearTimeout(timer))
  }

  async kill(): Promise<void> {
    await this.#end('KILL')?.ended
  }

  async pause(): Promise<void> {
    this.#send('STOP')
  }

  async resume(): Promise<void> {
    this.#send('CONT')
  }

  #end(signalName: string): Life | undefined {
    if (this.#life !== undefined) this.#life.endIsExpected = true
    this.#send(signalName)
    this.#send('CONT')
    return this.#life
  }

  #send(signalName: string): void {
    this.#life?.guard.stdin?.write(`${signalName}\n`)
  }

  async #spawn(): Promise<Life> {
    const { command, args, env, logFile } = this.#spec
    const guard = spawn('/bin/sh', [GUARD, logFile, command, ...args], {
      detached: true,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    // A guard that is gone cannot be written to; its exit says so.
    guard.stdin.on('error', () => undefined)
    const ended = new Promise<DaemonExit>((resolve, reject) => {
      guard.once('error', reject)
      guard.once('exit', (code, signal) => resolve({ code, signal }))
    })
    const pid = await Promise.race([firstLine(guard), ended.then(() => '')])
    const life: Life = { guard, pid: Number(pid), ended, endIsExpected: true }
    this.#life = life
    void ended.then((exit) => this.#ended(life, exit))
    return life
  }

  #ended(life: Life, exit: DaemonExit): void {
    this.#life = undefined
    if (!life.endIsExpected) {
      this.#spec.onUnexpectedEnd?.(this.#error(`ended ${describeExit(exit)}`))
    }
  }

  #error(what: string): DaemonError {
    return new DaemonError(this.name, what, this.#spec.logFile)
  }
}

async function firstLine(guard: ChildProcess): Promise<string> {
  if (guard.stdout === null) throw new Error('the guard has no standard output')
  for await (const line of createInterface({ input: guard.stdout })) return line
  return ''
}
