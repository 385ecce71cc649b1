import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  type CounterDefinition,
  type GaugeDefinition,
  type HistogramDefinition,
  type MetricDefinition,
  metricDefinitions,
  metricPrefix,
} from './definitions.ts'

type Definitions = typeof metricDefinitions

type Instrument<D> =
  D extends CounterDefinition<infer Label>
    ? Counter<Label>
    : D extends GaugeDefinition<infer Label>
      ? Gauge<Label>
      : D extends HistogramDefinition<infer Label>
        ? Histogram<Label>
        : never

type Instruments = { readonly [Key in keyof Definitions]: Instrument<Definitions[Key]> }

/** The prom-client instrument of every definition, and what they have in common. */
export interface Metrics extends Instruments {
  readonly registry: Registry
  /** Forgets the gauges of a partition that is not ours any more. */
  clearPartition(topic: string, partition: number): void
}

/** One set per thread. Main merges the sets of its workers: see WorkerMetrics. */
export function createMetrics(registry: Registry = new Registry()): Metrics {
  const instruments = Object.fromEntries(
    Object.entries(metricDefinitions).map(([key, definition]) => [
      key,
      createInstrument(definition, registry),
    ]),
    // The compiler cannot follow a mapped type through entries: the one cast of this folder.
  ) as unknown as Instruments
  return {
    ...instruments,
    registry,
    clearPartition(topic, partition) {
      instruments.partitionLag.remove({ topic, partition })
      instruments.partitionCommittedOffset.remove({ topic, partition })
      instruments.partitionHighWatermark.remove({ topic, partition })
    },
  }
}

function createInstrument(definition: MetricDefinition, registry: Registry) {
  const options = {
    name: metricPrefix + definition.name,
    help: definition.help,
    labelNames: definition.labels,
    registers: [registry],
  }
  switch (definition.type) {
    case 'counter':
      return new Counter(options)
    case 'gauge':
      return new Gauge({ ...options, aggregator: definition.merge })
    case 'histogram':
      return new Histogram({ ...options, buckets: [...definition.buckets] })
  }
}
