import { type FigureName, formatFigure } from '../figures.ts'
import { RAW_FETCH, RAW_UPLOAD, SINK } from '../scenarios/throughput.ts'
import type { ScenarioResult } from '../types.ts'
import { spreadOf } from './statistics.ts'
import { LEAST_OF_CEILING, valuesOf } from './targets.ts'

/** Of a raw client, all from medians; CPU seconds for a million records. */
interface Cost {
  readonly rate: number
  readonly client: number
  readonly servers: number
}

/**
 * Whether the target of a throughput can be reached at all on this machine, where the servers work on the
 * same cores: what those take for the same records, by themselves, comes off first. Nothing where it was
 * not measured, or where it is reached.
 */
export function ceilingSum(result: ScenarioResult): string | undefined {
  const reached = valuesOf(result, SINK, 'ofCeiling')
  if (reached.length === 0 || spreadOf(reached).median >= LEAST_OF_CEILING) return undefined
  const [fetch, upload] = [costOf(result, RAW_FETCH), costOf(result, RAW_UPLOAD)]
  if (fetch === undefined || upload === undefined) return undefined
  const rate = LEAST_OF_CEILING * Math.min(fetch.rate, upload.rate)
  const allCores = (Number.parseInt(result.run.machine, 10) / rate) * 1e6
  const servers = fetch.servers + upload.servers
  const shown = (seconds: number): string => formatFigure('cpuSecondsPerMillion', seconds)
  return (
    `${LEAST_OF_CEILING * 100} % of the lower ceiling would be ` +
    `${formatFigure('recordsPerSecond', rate)} records/s. At that rate all cores together have ` +
    `${shown(allCores)} CPU s for a million records. The servers took ${shown(servers)} of them for raw ` +
    'fetch and raw upload, each with the machine to itself; that leaves ' +
    `${shown(allCores - servers)} for whoever moves the records, and the two raw clients, which do ` +
    `nothing with them, took ${shown(fetch.client + upload.client)}. (All from the medians above.)`
  )
}

function costOf(result: ScenarioResult, subject: string): Cost | undefined {
  const median = (figure: FigureName): number => {
    const values = valuesOf(result, subject, figure)
    return values.length === 0 ? Number.NaN : spreadOf(values).median
  }
  const rate = median('recordsPerSecond')
  const client = median('cpuSecondsPerMillion')
  const servers = (median('coresBusy') / rate) * 1e6 - client
  return Number.isNaN(servers) ? undefined : { rate, client, servers }
}
