/** What the sink says of itself on /metrics, summed over its topics and partitions. */
export interface SinkFigures {
  readonly consumed: number
  /** Records in files whose flush is committed. */
  readonly committed: number
  /** Undefined before the sink knows it. */
  readonly lag: number | undefined
  readonly files: number
  /** How many files were ended by what: records, time, bytes ... */
  readonly filesByTrigger: ReadonlyMap<string, number>
}

interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const PREFIX = 'kafka_hdfs_sink_'
const REQUEST_TIMEOUT_MS = 2_000

/** Asks a running sink. Undefined while it does not answer. */
export async function fetchFigures(
  sinkUrl: string,
  signal: AbortSignal,
): Promise<SinkFigures | undefined> {
  try {
    const response = await fetch(`${sinkUrl}/metrics`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    })
    return response.ok ? readFigures(await response.text()) : undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** Reads what /metrics answers: the Prometheus text format. */
export function readFigures(text: string): SinkFigures {
  const samples = text.split('\n').flatMap(parseSample)
  const all = (name: string) => samples.filter((sample) => sample.name === PREFIX + name)
  const sum = (found: readonly Sample[]) => found.reduce((total, { value }) => total + value, 0)
  const lags = all('partition_lag_records')
  const files = all('files_committed_total')
  const triggers = Map.groupBy(files, ({ labels }) => labels.get('trigger') ?? '')
  return {
    consumed: sum(all('records_consumed_total')),
    committed: sum(all('records_committed_total')),
    lag: lags.length === 0 ? undefined : sum(lags),
    files: sum(files),
    filesByTrigger: new Map([...triggers].map(([trigger, found]) => [trigger, sum(found)])),
  }
}

/** `name{label="text",...} value`; label texts of this sink hold no escaped characters. */
function parseSample(line: string): Sample[] {
  const found = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)
  if (found === null) return []
  const [, name = '', labels = '', value] = found
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
  return [
    {
      name,
      labels: new Map(pairs.map(([, label = '', text = '']) => [label, text])),
      value: Number(value),
    },
  ]
}
