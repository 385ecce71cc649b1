/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const PREFIX = 'kafka_hdfs_sink_'

/** What the sink says on /metrics, without the prefix of its names. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)
    if (found === null) return []
    const [, name = '', labels = '', value] = found
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
    return [
      {
        name: name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name,
        labels: new Map(pairs.map(([, label = '', text = '']) => [label, text])),
        value: Number(value),
      },
    ]
  })
}

export function sumOf(samples: readonly Sample[], name: string): number {
  return samples.reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0)
}

/** HTTP requests to HDFS so far, by operation. */
export function requestsByOp(samples: readonly Sample[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    if (name !== 'hdfs_request_duration_seconds_count') continue
    const op = labels.get('op') ?? ''
    counts.set(op, (counts.get(op) ?? 0) + value)
  }
  return counts
}
