import { readFile } from 'node:fs/promises'
import type { SinkProcess } from '../support/sink-process.ts'

const EVERY_MS = 500
const MiB = 1_048_576
/** Beside the budget: garbage, buffers of sockets, one fetch and one chunk of each worker. */
const SLACK_BYTES = 100 * MiB

/** Watches what a sink holds: by its own account, and by the system's. */
export class MemoryWatch {
  readonly #sink: SinkProcess
  readonly #budgetBytes: number
  readonly #residentBefore: number
  readonly #timer: NodeJS.Timeout
  #mostResident = 0
  #mostBuffered = 0

  private constructor(sink: SinkProcess, budgetBytes: number, residentBefore: number) {
    this.#sink = sink
    this.#budgetBytes = budgetBytes
    this.#residentBefore = residentBefore
    this.#timer = setInterval(() => void this.#sample().catch(() => undefined), EVERY_MS)
  }

  static async start(sink: SinkProcess): Promise<MemoryWatch> {
    const budgetBytes = await sink.metric('memory_budget_bytes')
    return new MemoryWatch(sink, budgetBytes, await residentBytes(sink.pid))
  }

  /** Throws when it was more than the budget allows. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sample()
    const grown = this.#mostResident - this.#residentBefore
    if (grown > this.#budgetBytes + SLACK_BYTES || this.#mostBuffered > this.#budgetBytes * 1.5) {
      throw new Error(
        `expected at most the budget of ${mib(this.#budgetBytes)}, found ${mib(this.#mostBuffered)} ` +
          `of records and a process that grew by ${mib(grown)}`,
      )
    }
  }

  async #sample(): Promise<void> {
    const resident = await residentBytes(this.#sink.pid)
    const buffered = await this.#sink.metric('buffered_bytes')
    this.#mostResident = Math.max(this.#mostResident, resident)
    this.#mostBuffered = Math.max(this.#mostBuffered, buffered)
  }
}

async function residentBytes(pid: number): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MiB)} MiB`
}
