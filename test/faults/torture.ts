import {
  type HaStack,
  type Stack,
  type StackOptions,
  startHaStack,
  startStack,
} from '../../stack/index.ts'
import type { Random } from '../simulation/random.ts'
import type { Fault } from './fault.ts'
import type { Tally } from './tally.ts'
import { World } from './world.ts'

/*
 * Fault after fault, one of each kind and then drawn at random: most of them on one world that goes on for a while, some in a
 * world of their own. Every world is audited in the end.
 */

export interface LaneOptions {
  readonly name: string
  readonly kind: 'single' | 'ha'
  readonly faults: readonly Fault[]
  /** Struck before any other; lanes that share it take from it in turn. */
  readonly first: Fault[]
  readonly random: Random
  readonly tally: Tally
  /** No fault begins later. */
  readonly untilMs: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Struck on one shared world, before it is audited and another one takes its place. */
const FAULTS_PER_WORLD = 25
const SHARED = { sinks: 1 }

/** A stack of its own, struck until the time is over. Failures are tallied, and it goes on. */
export async function runLane(options: LaneOptions): Promise<void> {
  const { kind, signal, say, name } = options
  const stack = await startLane(kind, { signal, onProgress: (line) => say(`${name}: ${line}`) })
  const lane = new Lane(stack, options)
  try {
    await lane.run()
  } finally {
    await lane.close()
    await stack.stop()
  }
}

/** The stack that faults are made for: quick to notice who is gone. */
export async function startLane(
  kind: LaneOptions['kind'],
  options: StackOptions = {},
): Promise<Stack> {
  const quick = { kafkaProperties: { 'group.min.session.timeout.ms': '1000' }, ...options }
  return kind === 'ha' ? await startHaStack(quick) : await startStack(quick)
}

class Lane {
  readonly #stack: Stack
  readonly #options: LaneOptions
  #shared: World | undefined
  #struckShared = 0

  constructor(stack: Stack, options: LaneOptions) {
    this.#stack = stack
    this.#options = options
  }

  async run(): Promise<void> {
    const { signal, untilMs, faults, first, random } = this.#options
    while (!signal.aborted && Date.now() < untilMs) {
      const fault = first.shift() ?? drawn(faults, random)
      if (fault.world === 'own') await this.#strikeAlone(fault)
      else await this.#strikeShared(fault)
    }
    if (!signal.aborted) await this.#guarded('the last audit', () => this.#auditShared())
  }

  async close(): Promise<void> {
    await this.#shared?.close().catch(() => undefined)
    this.#shared = undefined
  }

  async #strikeShared(fault: Fault): Promise<void> {
    const well = await this.#guarded(fault.name, async () => {
      this.#shared ??= await World.open(this.#stack, SHARED)
      await this.#strike(fault, this.#shared)
    })
    this.#struckShared += 1
    if (well && this.#struckShared % FAULTS_PER_WORLD > 0) return
    if (well) await this.#guarded(`the audit after ${fault.name}`, () => this.#auditShared())
    await this.close()
  }

  async #auditShared(): Promise<void> {
    const world = this.#shared
    if (world !== undefined) this.#options.tally.audited(await world.finish())
    this.#shared = undefined
  }

  /** The shared world rests meanwhile: its sinks have to live with whatever happens. */
  async #strikeAlone(fault: Fault): Promise<void> {
    let world: World | undefined
    await this.#guarded(fault.name, async () => {
      world = await World.open(this.#stack, fault.options)
      await this.#strike(fault, world)
      this.#options.tally.audited(await world.finish())
    })
    await world?.close().catch(() => undefined)
  }

  async #strike(fault: Fault, world: World): Promise<void> {
    const { tally, random, say, name } = this.#options
    const startedMs = performance.now()
    const times = (await fault.strike(world, random)) ?? 1
    const recoveryMs = await world.caughtUp()
    tally.struck(fault.kind, times, recoveryMs)
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
    say(`${name}: ${tally.faults} faults, ${seconds} s: ${fault.name}`)
  }

  /** false when it failed: then the servers are made well again. */
  async #guarded(what: string, act: () => Promise<void>): Promise<boolean> {
    const { tally, signal, say, name } = this.#options
    try {
      await act()
      return true
    } catch (error) {
      if (signal.aborted) return false
      tally.failed(what, error)
      say(`${name}: ${what} failed: ${error instanceof Error ? error.stack : String(error)}`)
      await heal(this.#stack)
      return false
    }
  }
}

/** A quick one rather than one that takes long. */
function drawn(faults: readonly Fault[], random: Random): Fault {
  const weights = faults.map(({ seconds }) => Math.ceil(1_000 / Math.max(1, seconds)))
  let left = random.int(weights.reduce((sum, weight) => sum + weight, 0))
  const at = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  return faults[at] as Fault
}

/** Whatever a failed fault has left: every daemon runs, and of two NameNodes one is active. */
export async function heal(stack: Stack): Promise<void> {
  const { kafka, nameNode, dataNode } = stack
  const daemons = isPair(stack)
    ? [kafka, stack.journalNode, ...stack.nameNodes, dataNode]
    : [kafka, nameNode, dataNode]
  for (const daemon of daemons) {
    if (daemon.running) await daemon.resume().catch(() => undefined)
    else await daemon.start()
  }
  if (isPair(stack) && (await stack.active()) === undefined) await stack.transition(0, 'active')
}

function isPair(stack: Stack): stack is HaStack {
  return 'journalNode' in stack
}
