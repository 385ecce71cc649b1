/**
 * What the loop over records costs without Kafka and HDFS, in CPU microseconds a record, beside
 * what cannot be spared: one copy of each value, and the codec's own work on the same bytes.
 *
 *     node test/performance/intake-cost.ts
 *
 * docs/PERFORMANCE.md quotes it.
 */
import { measureLoop } from './intake-loop.ts'

const [small, large] = [measureLoop(100), measureLoop(1024)]
const rows = [...small].map(([name, micros]) => [
  name,
  { '100 B': micros.toFixed(3), '1 KB': large.get(name)?.toFixed(3) },
])
console.log('CPU microseconds a record')
console.table(Object.fromEntries(rows))
