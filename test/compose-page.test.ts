import { describe, expect, it } from 'vitest'
import { type StatusSources, statusDocument } from '../src/compose-page.ts'
import { Activity } from '../src/telemetry/activity.ts'
import type { PartitionProgress } from '../src/telemetry/worker-activity.ts'
import { statusSchema } from './http/page/status-schema.ts'

const NOW_MS = 1_700_000_000_000

function sources(more: Partial<StatusSources> = {}): StatusSources {
  const activity = new Activity(() => NOW_MS)
  const progress: Omit<PartitionProgress, 'partition'> = {
    ...{ topic: 't', state: 'writing', position: 30, committed: 10, logEnd: 50 },
    ...{ lagRecords: 40, bufferedRecords: 20, bufferedBytes: 1_000, oldestMs: NOW_MS - 5 },
  }
  activity.update(0, {
    ...{ isMember: true, files: [], problems: [], nameNode: 'http://nn:9870' },
    partitions: [0, 1].map((partition) => ({ ...progress, partition })),
    done: { readRecords: 9, writtenRecords: 8, writtenBytes: 7 },
  })
  return {
    ...{ nowMs: NOW_MS, version: '1', startedMs: NOW_MS, group: 'g', budgetBytes: 5_000 },
    intervalMs: 1_000,
    ...{ configuration: {}, live: [], ready: [], stopped: [], isDraining: false, activity },
    query: { filter: '', page: 1 },
    ...more,
  }
}

describe('what /api/status answers', () => {
  it('is made of what the workers told, as the contract says', () => {
    const status = statusSchema.parse(statusDocument(sources()))
    expect(status).toMatchObject({
      ...{ state: 'moving', reasons: [], nameNode: 'http://nn:9870' },
      totals: {
        ...{ partitions: 2, lagRecords: 80, bufferedRecords: 40, bufferedBytes: 2_000 },
        ...{ writtenRecords: 8, writtenBytes: 7 },
      },
      partitions: { total: 2, rows: [{ partition: 0, worker: 0 }, { partition: 1 }] },
    })
  })

  it('has the reason of a stop with its partition, also before a report says that it stopped', () => {
    const stopped = [{ topic: 't', partition: 1, reason: 'journal-gone', explanation: 'Do this.' }]
    const status = statusDocument(sources({ stopped }))
    expect(status.state).toBe('attention')
    expect(status.totals.stopped).toBe(1)
    expect(status.partitions.rows[0]).toMatchObject({
      ...{ partition: 1, state: 'stopped', reason: 'journal-gone', explanation: 'Do this.' },
    })
  })

  it('is filtered, but what it says of the whole is not', () => {
    const status = statusDocument(sources({ query: { filter: 't-1', page: 1 } }))
    expect(status.partitions).toMatchObject({ total: 2, matching: 1, filter: 't-1' })
    expect(status.totals.partitions).toBe(2)
  })
})
