import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ProcessDaemon } from '../../stack/daemon.ts'
import type { Stack } from '../../stack/index.ts'
import type { Figures } from '../figures.ts'
import { createTopics, deleteTopics } from '../load/fill.ts'
import { NameNodeClient } from '../load/name-node.ts'
import { type Usage, usageOf } from '../sink/process-usage.ts'
import type { PeerTask } from './peer.ts'

/** How a peer is started for one task. */
export interface PeerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What it prints when it is up and reads its topic. */
  readonly ready: RegExp
}

export type CommandFor = (stack: Stack, task: PeerTask) => Promise<PeerCommand>

const START_TIMEOUT_MS = 180_000
const LIST_EVERY_MS = 200
/** Without a new file for so long it is taken to be stuck. */
const PATIENCE_MS = 120_000
/** After it said that it is ready: its idle threads come to rest. */
const REST_MS = 2_000

/** Starts the peer, waits until all is in finished files, and ends it. */
export async function measurePeer(
  name: string,
  stack: Stack,
  task: PeerTask,
  commandFor: CommandFor,
  idle: Usage,
): Promise<Figures> {
  const daemon = await startPeer(name, stack, task, commandFor)
  try {
    const growth = await filesGrown(stack, task, () => daemon.running)
    const { cpuSeconds, peakRssMib } = usageOfTree(daemon.pid ?? 0)
    return {
      recordsPerSecond: growth,
      cpuSecondsPerMillion: ((cpuSeconds - idle.cpuSeconds) / task.records) * 1e6,
      peakRssMib,
    }
  } finally {
    await daemon.kill()
  }
}

/** What it uses until it waits for records of an empty topic. */
export async function idlePeer(
  name: string,
  stack: Stack,
  task: PeerTask,
  commandFor: CommandFor,
): Promise<Usage> {
  const run = `${task.run}-idle`
  await createTopics(stack, [{ topic: run, partitions: task.partitions }])
  const daemon = await startPeer(name, stack, { ...task, topic: run, run }, commandFor)
  try {
    await wait(REST_MS)
    return usageOfTree(daemon.pid ?? 0)
  } finally {
    await daemon.kill()
    await deleteTopics(stack, [run])
    await NameNodeClient.of(stack).delete(`/${run}`)
  }
}

async function startPeer(
  name: string,
  stack: Stack,
  task: PeerTask,
  commandFor: CommandFor,
): Promise<ProcessDaemon> {
  const { command, args, env, ready } = await commandFor(stack, task)
  const logs = path.join(stack.directory, 'logs')
  const logFile = path.join(logs, `${task.run}.log`)
  await mkdir(logs, { recursive: true })
  await rm(logFile, { force: true })
  const daemon = new ProcessDaemon({
    name,
    command,
    args,
    env: { ...process.env, HADOOP_USER_NAME: stack.hdfsUser, ...env },
    logFile,
    startTimeoutMs: START_TIMEOUT_MS,
    isReady: async () => ready.test(readFileSync(logFile, 'utf8')),
  })
  await daemon.start()
  return daemon
}

/** Records a second from its first finished file, whose records do not count, to its last one. */
async function filesGrown(
  stack: Stack,
  { run, records, lineBytes }: PeerTask,
  isRunning: () => boolean,
): Promise<number> {
  const nameNode = NameNodeClient.of(stack)
  let first: { bytes: number; timeMs: number } | undefined
  let [bytes, grownMs] = [0, Date.now()]
  while (bytes < records * lineBytes) {
    await wait(LIST_EVERY_MS)
    const now = await finishedBytes(nameNode, `/${run}`)
    if (now > bytes) [bytes, grownMs] = [now, Date.now()]
    if (now > 0) first ??= { bytes: now, timeMs: grownMs }
    if (!isRunning()) throw new Error(`it ended after ${bytes} bytes`)
    if (Date.now() - grownMs > PATIENCE_MS) throw new Error(`it is stuck after ${bytes} bytes`)
  }
  if (first === undefined) throw new Error('there was nothing to move')
  return (bytes - first.bytes) / lineBytes / ((grownMs - first.timeMs) / 1000)
}

/** Of files that are neither temporary nor hidden; one that is being written counts for nothing yet. */
async function finishedBytes(nameNode: NameNodeClient, path: string): Promise<number> {
  let bytes = 0
  for (const { pathSuffix, type, length } of await nameNode.list(path)) {
    if (/^[_.]|\.tmp$/.test(pathSuffix)) continue
    bytes += type === 'FILE' ? length : await finishedBytes(nameNode, `${path}/${pathSuffix}`)
  }
  return bytes
}

/** Of a process and all that it started. */
function usageOfTree(pid: number): Usage {
  const parents = parentsOfAll()
  const family = [pid]
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  }
  const usages = family.flatMap((member) => usageOfLiving(member) ?? [])
  return {
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakRssMib: usages.reduce((sum, { peakRssMib }) => sum + peakRssMib, 0),
  }
}

/** Undefined for a child that ended meanwhile. */
function usageOfLiving(pid: number): Usage | undefined {
  try {
    return usageOf(pid)
  } catch {
    return undefined
  }
}

function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(name), Number(parent))
    } catch {
      // It ended between the two calls.
    }
  }
  return parents
}
