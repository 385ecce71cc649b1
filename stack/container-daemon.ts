import { createWriteStream } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { type ContainerRuntimeClient, type GenericContainer, Wait } from 'testcontainers'
import { DaemonError, describeExit } from './errors.ts'
import type { Daemon, DaemonExit } from './types.ts'
import { readyOrEnded } from './wait.ts'

export interface ContainerDaemonSpec {
  readonly name: string
  readonly client: ContainerRuntimeClient
  /** Complete, not started: made into a container by the first start(). */
  readonly image: GenericContainer
  readonly logFile: string
  /** Whether it is ready for work; an error means not yet. */
  readonly isReady: () => Promise<boolean>
  readonly startTimeoutMs: number
  readonly onUnexpectedEnd?: ((error: Error) => void) | undefined
}

type DockerContainer = ReturnType<ContainerRuntimeClient['container']['getById']>

const STOP_TIMEOUT_S = 15

/** A daemon in a container of its own, which keeps its ports and its data from one start to the next. */
export class ContainerDaemon implements Daemon {
  readonly #spec: ContainerDaemonSpec
  #container: DockerContainer | undefined
  #ended: Promise<DaemonExit> | undefined
  #endIsExpected = true

  readonly pid = undefined

  constructor(spec: ContainerDaemonSpec) {
    this.#spec = spec
  }

  get name(): string {
    return this.#spec.name
  }

  get running(): boolean {
    return this.#ended !== undefined
  }

  /** Of the container, once there is one. */
  get containerId(): string | undefined {
    return this.#container?.id
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.launch(signal)
    await this.ready(signal)
  }

  /** The first half of start(): the container runs. */
  async launch(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.running) throw new Error(`${this.name} is running already`)
    this.#endIsExpected = true
    const container = await this.#run().catch(async (error: unknown) => {
      await appendFile(this.#spec.logFile, `${String(error)}\n`)
      throw this.#error('could not be started')
    })
    this.#container = container
    const ended = container.wait().then((result: { StatusCode: number }): DaemonExit => {
      this.#ended = undefined
      return { code: result.StatusCode, signal: null }
    })
    this.#ended = ended
    const logs = await this.#spec.client.container.logs(container, { since: Date.now() / 1000 - 5 })
    logs.pipe(createWriteStream(this.#spec.logFile, { flags: 'a' }))
    void ended.then((exit) => {
      if (!this.#endIsExpected)
        this.#spec.onUnexpectedEnd?.(this.#error(`ended ${describeExit(exit)}`))
    })
  }

  /** The second half of start(): it is ready for work. */
  async ready(signal?: AbortSignal): Promise<void> {
    const timeoutMs = this.#spec.startTimeoutMs
    const ended = this.#ended ?? Promise.resolve({ code: null, signal: null })
    const outcome = await readyOrEnded(this.#spec.isReady, ended, { timeoutMs, signal })
    if (outcome === 'ready') {
      this.#endIsExpected = false
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
    this.#endIsExpected = true
    if (this.running) await this.#container?.stop({ t: STOP_TIMEOUT_S })
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#endIsExpected = true
    if (this.running) await this.#container?.kill()
    await this.#ended
  }

  async pause(): Promise<void> {
    await this.#container?.pause()
  }

  async resume(): Promise<void> {
    await this.#container?.unpause()
  }

  async #run(): Promise<DockerContainer> {
    if (this.#container !== undefined) {
      await this.#container.start()
      return this.#container
    }
    // Readiness is ours to find out: its first words only show that it runs.
    const image = this.#spec.image.withWaitStrategy(Wait.forLogMessage(/\S/))
    const started = await image.withStartupTimeout(this.#spec.startTimeoutMs).start()
    return this.#spec.client.container.getById(started.getId())
  }

  #error(what: string): DaemonError {
    return new DaemonError(this.name, what, this.#spec.logFile)
  }
}
