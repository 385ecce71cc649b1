import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** A part of the time in which something was done; waiting does not count. */
export interface Share {
  readonly name: string
  /** From 0 to 1. */
  readonly share: number
}

export interface ProfileSummary {
  /** Folders of the sink, packages, Node, the collector. */
  readonly places: readonly Share[]
  /** The most expensive ones, without what they call. */
  readonly functions: readonly Share[]
}

/** The part of V8's format that is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const MOST_FUNCTIONS = 15
const DIST = path.join(import.meta.dirname, '..', '..', 'dist')

/** Of all threads together: what `--cpu-prof` wrote into this folder. */
export function summarizeProfiles(folder: string): ProfileSummary {
  const byPlace = new Map<string, number>()
  const byFunction = new Map<string, number>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as CpuProfile
    for (const [frame, micros] of selfTimes(profile)) {
      if (frame.functionName === '(idle)') continue
      add(byPlace, placeOf(frame), micros)
      add(byFunction, `${frame.functionName || '(anonymous)'} ${whereOf(frame)}`.trim(), micros)
    }
  }
  return { places: shares(byPlace), functions: shares(byFunction).slice(0, MOST_FUNCTIONS) }
}

type CallFrame = CpuProfile['nodes'][number]['callFrame']

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): [CallFrame, number][] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  return samples.flatMap((id, n): [CallFrame, number][] => {
    const frame = frames.get(id)
    return frame === undefined ? [] : [[frame, timeDeltas[n] ?? 0]]
  })
}

function placeOf({ url, functionName }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native functions'
  if (url.startsWith('node:')) return 'Node'
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  return inPackage ?? path.dirname(path.relative(DIST, fileURLToPath(url)))
}

function whereOf({ url, lineNumber }: CallFrame): string {
  if (url === '') return ''
  return `(${url.split('/').slice(-2).join('/')}:${lineNumber + 1})`
}

function add(totals: Map<string, number>, name: string, micros: number): void {
  totals.set(name, (totals.get(name) ?? 0) + micros)
}

function shares(totals: ReadonlyMap<string, number>): Share[] {
  const all = [...totals.values()].reduce((sum, micros) => sum + micros, 0)
  return [...totals]
    .map(([name, micros]) => ({ name, share: micros / all }))
    .sort((a, b) => b.share - a.share)
}
