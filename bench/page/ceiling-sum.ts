import { type FigureName, formatFigure } from '../figures.ts'
import { RAW_FLUSHES, SMALL_FLUSH_SINK } from '../scenarios/small-flushes.ts'
import { RAW_FETCH, RAW_UPLOAD, SINK } from '../scenarios/throughput.ts'
import type { ScenarioResult } from '../types.ts'
import { LEAST_OF_CEILING, LEAST_OF_RAW, medianOf } from './targets.ts'

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
  if (!(medianOf(result, SINK, 'ofCeiling') < LEAST_OF_CEILING)) return undefined
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

/** The same for flushes of few records: what the target leaves for one. */
export function flushSum(result: ScenarioResult): string | undefined {
  const of = (figure: FigureName): number => medianOf(result, SMALL_FLUSH_SINK, figure)
  if (!(of('ofRaw') < LEAST_OF_RAW)) return undefined
  const rate = LEAST_OF_RAW * medianOf(result, RAW_FLUSHES, 'filesPerSecond')
  const cores = of('coresBusy')
  const all = (cores / rate) * 1_000
  const servers = (cores / of('filesPerSecond')) * 1_000 - of('cpuMillisPerFile')
  const rawClient = medianOf(result, RAW_FLUSHES, 'cpuMillisPerFile')
  if (Number.isNaN(all + servers + rawClient)) return undefined
  const shown = (millis: number): string => formatFigure('cpuMillisPerFile', millis)
  return (
    `${LEAST_OF_RAW * 100} % of the raw requests would be ${formatFigure('filesPerSecond', rate)} files/s. ` +
    `At that rate the ${formatFigure('coresBusy', cores)} cores that are busy beside the sink have ` +
    `${shown(all)} CPU ms for a file. The servers took ${shown(servers)} of them; that leaves ` +
    `${shown(all - servers)} for the sink, and the raw requests, which read nothing from Kafka and check ` +
    `nothing, took ${shown(rawClient)} by themselves. (All from the medians above.)`
  )
}

function costOf(result: ScenarioResult, subject: string): Cost | undefined {
  const rate = medianOf(result, subject, 'recordsPerSecond')
  const client = medianOf(result, subject, 'cpuSecondsPerMillion')
  const servers = (medianOf(result, subject, 'coresBusy') / rate) * 1e6 - client
  return Number.isNaN(servers) ? undefined : { rate, client, servers }
}
