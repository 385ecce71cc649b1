import { collectDefaultMetrics, Registry } from 'prom-client'

/**
 * Metrics of the process and of Node, in a registry apart: prom-client chose their names, and
 * some do not follow Prometheus's own rules. For the main thread only.
 */
export function createProcessMetrics(): Registry {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}
