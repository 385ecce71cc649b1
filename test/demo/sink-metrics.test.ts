import { describe, expect, it } from 'vitest'
import { readFigures } from '../../demo/sink-metrics.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

describe('the figures of the demo', () => {
  it('are those that the sink exposes, summed', async () => {
    const metrics = createMetrics()
    metrics.recordsConsumed.inc({ topic: 'a' }, 70)
    metrics.recordsConsumed.inc({ topic: 'b' }, 50)
    metrics.recordsCommitted.inc({ topic: 'a' }, 60)
    metrics.partitionLag.set({ topic: 'a', partition: 0 }, 7)
    metrics.partitionLag.set({ topic: 'a', partition: 1 }, 3)
    metrics.filesCommitted.inc({ topic: 'a', trigger: 'records' }, 2)
    metrics.filesCommitted.inc({ topic: 'b', trigger: 'records' }, 1)
    metrics.filesCommitted.inc({ topic: 'b', trigger: 'interval' }, 4)
    expect(readFigures(await metrics.registry.metrics())).toEqual({
      ...{ consumed: 120, committed: 60, lag: 10, files: 7 },
      filesByTrigger: new Map([
        ['records', 3],
        ['interval', 4],
      ]),
    })
  })

  it('are zero, and the lag unknown, before anything happened', () => {
    expect(readFigures('# HELP nothing\n')).toEqual({
      ...{ consumed: 0, committed: 0, lag: undefined, files: 0 },
      filesByTrigger: new Map(),
    })
  })
})
