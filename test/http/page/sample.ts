import { partitionPage } from '../../../src/http/page/partition-page.ts'
import type { StatusDocument, StatusPartition } from '../../../src/http/page/status-document.ts'

/** What a sink that does well might say, for tests. */

export const NOW_MS = Date.UTC(2026, 10, 21, 14, 3, 27)
const MiB = 1_048_576

export function partitionRow(
  partition: number,
  more: Partial<StatusPartition> = {},
): StatusPartition {
  return {
    ...{ topic: 'select-color', partition, worker: partition % 2, state: 'writing' },
    ...{ position: 120_500, committed: 120_000, logEnd: 121_000, lagRecords: 1_000 },
    ...{ bufferedRecords: 500, bufferedBytes: 2 * MiB, oldestMs: NOW_MS - 12_000 },
    ...{ reason: null, explanation: null, ...more },
  }
}

export const STOPPED = partitionRow(7, {
  state: 'stopped',
  reason: 'group-moved',
  explanation:
    'The journal of select-color-7 ends at 10, but group g stands at 5: somebody moved the group. To go ' +
    'on from the journal, with nothing lost or written twice: stop the sink and run, with its ' +
    'configuration, kafka-hdfs-sink offsets reset --topic select-color:7 --to journal --execute; to go ' +
    'where the group was moved, which writes 5 offsets again: stop the sink and run, with its ' +
    'configuration, kafka-hdfs-sink offsets reset --topic select-color:7 --to group --execute',
})

export function statusSample(
  more: Partial<StatusDocument> = {},
  rows: readonly StatusPartition[] = [partitionRow(0), partitionRow(1), partitionRow(2)],
): StatusDocument {
  return {
    version: 1,
    atMs: NOW_MS,
    sink: { version: '0.1.0', node: '24.0.0', group: 'archive', startedMs: NOW_MS - 7_500_000 },
    state: 'moving',
    reasons: [],
    checks: [{ name: 'group', ok: true, reason: '2 of 2 workers are members of the group' }],
    totals: {
      ...{ partitions: rows.length, stopped: 0, paused: 0, lagRecords: 3_000 },
      ...{ bufferedRecords: 1_500, bufferedBytes: 6 * MiB, budgetBytes: 128 * MiB },
      ...{ writtenRecords: 1_234_567, writtenBytes: 400 * MiB },
    },
    partitions: partitionPage(rows, { filter: '', page: 1 }),
    files: [
      {
        path: '/kafka/select-color/dt=2026-11-21/0-00000000000000119000-00000000000000119999.jsonl',
        ...{ topic: 'select-color', partition: 0, startOffset: 119_000, endOffset: 120_000 },
        ...{ records: 1_000, filesOfFlush: 1, bytes: 318_622, trigger: 'records' },
        ...{ durationMs: 84, atMs: NOW_MS - 9_000 },
      },
    ],
    problems: [
      {
        ...{ level: 'warn', text: 'rename failed, trying again', count: 12 },
        detail: 'RENAME /kafka at http://localhost:9870: no answer. Check the NameNode.',
        ...{ firstMs: NOW_MS - 600_000, lastMs: NOW_MS - 300_000 },
      },
    ],
    history: { bucketMs: 15_000, points: historySample() },
    nameNode: 'http://localhost:9870',
    configuration: { kafka: { brokers: ['localhost:9092'], group: 'archive' }, workers: 'auto' },
    ...more,
  }
}

function historySample(): StatusDocument['history']['points'] {
  return Array.from({ length: 240 }, (_, index) => {
    const atMs = NOW_MS - (239 - index) * 15_000
    if (index < 80) {
      const none = { readPerSecond: null, writtenPerSecond: null, writtenBytesPerSecond: null }
      return { atMs, ...none, lagRecords: null }
    }
    const readPerSecond = 900 + 200 * Math.sin(index / 7)
    const writtenPerSecond = index % 4 === 0 ? 1_800 : 700
    const written = { writtenPerSecond, writtenBytesPerSecond: writtenPerSecond * 320 }
    return { atMs, readPerSecond, ...written, lagRecords: 2_000 + (index % 6) * 400 }
  })
}
