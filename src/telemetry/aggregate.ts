import { AggregatorRegistry, Registry } from 'prom-client'
import { metricDefinitions, metricPrefix } from './definitions.ts'
import { openMetricsContentType, prefersOpenMetrics, toOpenMetrics } from './open-metrics.ts'

/** What a worker sends: `await registry.getMetricsAsJSON()`. Survives structured cloning. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** prom-client types this as an enum of numbers; what it holds is the exposition's word. */
const gaugeType: unknown = 'gauge'

/** What a worker achieved stays true when it dies, unlike what it holds. */
const lastingGauges: ReadonlySet<string> = new Set([
  metricPrefix + metricDefinitions.lastSuccess.name,
])

/**
 * The metrics of all workers and of main as one. Each worker's snapshot replaces its previous
 * one; a worker that ends leaves its counters and histograms behind, so that no sum ever falls.
 * What ended workers left is kept merged: memory grows with the workers alive, not with restarts.
 */
export class WorkerMetrics {
  readonly #main: Registry
  readonly #group: string
  readonly #process: Registry | undefined
  readonly #live = new Map<number, MetricsSnapshot>()
  #retired: MetricsSnapshot = []

  /**
   * @param main metrics of the main thread, by createMetrics
   * @param group the consumer group, which labels all of them: sinks of several groups may read one topic
   * @param process metrics of Node and of the process, with names of their own; not merged
   */
  constructor(main: Registry, group: string, process?: Registry) {
    this.#main = main
    this.#group = group
    this.#process = process
  }

  /** The worker ids that have reported and are not retired. */
  get liveWorkers(): number[] {
    return [...this.#live.keys()]
  }

  update(workerId: number, snapshot: MetricsSnapshot): void {
    this.#live.set(workerId, snapshot)
  }

  /**
   * To be called at the worker's `exit` event: Node delivers all of its messages before that.
   * The id may be used again by its successor.
   */
  retire(workerId: number): void {
    const last = this.#live.get(workerId)
    if (last === undefined) return
    this.#live.delete(workerId)
    this.#retired = snapshotOf(AggregatorRegistry.aggregate([this.#retired, last.filter(lasts)]))
  }

  /**
   * All metrics, in the format that the scraper prefers.
   *
   * @param accept its Accept header; the Prometheus text format (0.0.4) unless it asks for OpenMetrics
   */
  async exposition(accept = ''): Promise<{ readonly contentType: string; readonly text: string }> {
    const main = await this.#main.getMetricsAsJSON()
    const merged = AggregatorRegistry.aggregate([main, this.#retired, ...this.#live.values()])
    merged.setDefaultLabels({ group: this.#group })
    const texts = await Promise.all([merged.metrics(), this.#process?.metrics()])
    const text = texts.filter((each) => each !== undefined).join('\n')
    return prefersOpenMetrics(accept)
      ? { contentType: openMetricsContentType, text: toOpenMetrics(text) }
      : { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text }
  }
}

function lasts(metric: MetricsSnapshot[number]): boolean {
  return metric.type !== gaugeType || lastingGauges.has(metric.name)
}

/** An aggregated registry holds its values in plain sight; its types say nothing of it. */
function snapshotOf(aggregated: { getMetricsAsArray(): unknown[] }): MetricsSnapshot {
  return aggregated.getMetricsAsArray() as MetricsSnapshot
}
