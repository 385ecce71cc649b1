import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { HaStack, NameNodeIndex } from '../../stack/index.ts'
import type { LogLine, SinkProcess } from '../support/sink-process.ts'
import type { World } from './world.ts'

/*
 * What the faults of a pair of NameNodes have in common.
 */

/** Throws when the stack has one NameNode only. */
export function pairOf(world: World): HaStack {
  if ('nameNodes' in world.stack) return world.stack as HaStack
  throw new Error('expected a stack with two NameNodes, see startHaStack')
}

export function otherOf(index: NameNodeIndex): NameNodeIndex {
  return index === 0 ? 1 : 0
}

/** Throws when neither is active. */
export async function activeOf(stack: HaStack): Promise<NameNodeIndex> {
  const active = await stack.active()
  if (active === undefined) throw new Error('expected an active NameNode, found none')
  return active
}

/** Started anew, if it runs or not: what it believed before is forgotten, and it is a standby. */
export async function restartAsStandby(stack: HaStack, index: NameNodeIndex): Promise<void> {
  const nameNode = stack.nameNodes[index]
  await nameNode.kill()
  await nameNode.start()
}

const behindProxy = new WeakMap<World, SinkProcess>()

/**
 * The only sink, its every word goes through the proxy. It is more patient than other proxied ones:
 * what it gives up, a DataNode finishes late, when the other NameNode is there.
 */
export async function sinkBehindProxy(world: World): Promise<SinkProcess> {
  const earlier = behindProxy.get(world)
  const known = earlier !== undefined && world.sinks.includes(earlier)
  const sink = known ? earlier : await world.startSink({ through: 'proxy' })
  behindProxy.set(world, sink)
  const others = world.sinks.filter((other) => other !== sink)
  await Promise.all(others.map((other) => world.stopSink(other)))
  return sink
}

/** What a sink says about NameNodes from now on. */
export class NameNodeLog {
  readonly #sink: SinkProcess
  readonly #known: ReadonlySet<LogLine>
  readonly #world: World

  constructor(world: World, sink: SinkProcess) {
    this.#world = world
    this.#sink = sink
    this.#known = new Set(sink.log)
  }

  /** It has noticed that this one is active now. A fault that no sink notices shows nothing. */
  async turnsTo(index: NameNodeIndex): Promise<void> {
    await this.#sink.awaitLog(`NameNode ${index + 1} answers`, (line) => this.#says(line, index))
  }

  #says(line: LogLine, index: NameNodeIndex): boolean {
    if (line.msg !== 'NameNode answers' || this.#known.has(line)) return false
    // The NameNode's own address, or that in front of it.
    const { stack, proxy } = this.#world
    const urls = [stack.webhdfsUrls[index], proxy.webhdfsUrls[index]]
    return urls.includes(String(line.nameNode))
  }
}

/** The last edit that a NameNode has applied, whether the JournalNode has it or not. */
export async function lastEdit(stack: HaStack, index: NameNodeIndex): Promise<number> {
  const query = 'Hadoop:service=NameNode,name=NameNodeInfo'
  const response = await fetch(`${stack.webhdfsUrls[index]}/jmx?qry=${query}`)
  const { beans } = (await response.json()) as { beans: { JournalTransactionInfo: string }[] }
  const info = JSON.parse(beans[0]?.JournalTransactionInfo ?? '{}') as Record<string, string>
  return Number(info.LastAppliedOrWrittenTxId)
}

/** The first edit that it wrote itself when it became active the last time. */
export async function firstEdit(stack: HaStack, index: NameNodeIndex): Promise<number> {
  const log = path.join(stack.directory, 'logs', `namenode${index + 1}.log`)
  const text = await readFile(log, 'utf8')
  const found = text.match(/Will take over writing edit logs at txnid (\d+)/g)?.at(-1)
  return Number(found?.split(' ').at(-1))
}
