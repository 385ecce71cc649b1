import type { Scenario } from '../types.ts'
import { CODEC_LOOP } from './codec-loop.ts'
import { formats, GZIP, JSON_EMBEDDED, JSON_STRING, TEXT, ZSTD } from './formats.ts'
import { LATENCY } from './latency.ts'
import { LINEAR_ABOUT, linear } from './linear.ts'
import { LARGE_FILE, MANY_LARGE, OUTAGE } from './memory.ts'
import { SMALL_FLUSHES } from './small-flushes.ts'
import { throughput } from './throughput.ts'

/** All that can be measured, in the order of the page. */
export const SCENARIOS: readonly Scenario[] = [
  throughput({
    name: 'text-100',
    title: '100 B records, files of 50,000 records',
    values: '100 B',
    recordsPerFile: 50_000,
    filesPerPartition: { quick: 14, full: 67 },
    rounds: { quick: 3, full: 5 },
    withPeers: true,
  }),
  throughput({
    name: 'text-1k',
    title: '1 KB records, files of 50,000 records',
    values: '1024 B',
    recordsPerFile: 50_000,
    filesPerPartition: { quick: 4, full: 18 },
    rounds: { quick: 3, full: 5 },
    withPeers: true,
  }),
  throughput({
    name: 'text-100-128m',
    title: '100 B records, files of 128 MiB',
    values: '100 B',
    recordsPerFile: 1_328_800,
    filesPerPartition: { quick: 2, full: 3 },
    rounds: { quick: 1, full: 5 },
    withPeers: false,
  }),
  throughput({
    name: 'text-1k-128m',
    title: '1 KB records, files of 128 MiB',
    values: '1024 B',
    recordsPerFile: 130_900,
    filesPerPartition: { quick: 2, full: 7 },
    rounds: { quick: 1, full: 5 },
    withPeers: false,
  }),
  formats({
    name: 'formats-events',
    title: 'Formats and codecs: web events',
    values: 'web events',
    formats: [TEXT, JSON_STRING, JSON_EMBEDDED, GZIP, ZSTD],
    filesPerPartition: { quick: 4, full: 14 },
    rounds: { quick: 1, full: 5 },
  }),
  formats({
    name: 'formats-text',
    title: 'Formats: plain text of 100 B',
    values: '100 B',
    formats: [TEXT, JSON_STRING],
    filesPerPartition: { quick: 8, full: 28 },
    rounds: { quick: 1, full: 5 },
  }),
  CODEC_LOOP,
  SMALL_FLUSHES,
  linear({
    name: 'linear-partitions',
    title: 'From 3 to 1,000 partitions',
    about: LINEAR_ABOUT,
    over: 'partitions',
    sizes: {
      quick: [3, 30, 300].map((partitions) => ({ topics: 1, partitions, files: 0 })),
      full: [3, 30, 300, 1_000].map((partitions) => ({ topics: 1, partitions, files: 0 })),
    },
    rounds: { quick: 1, full: 3 },
  }),
  linear({
    name: 'linear-topics',
    title: 'From 1 to 16 topics',
    about: `${LINEAR_ABOUT} Each topic has three partitions.`,
    over: 'topics',
    sizes: {
      quick: [1, 4, 16].map((topics) => ({ topics, partitions: 3, files: 0 })),
      full: [1, 4, 16].map((topics) => ({ topics, partitions: 3, files: 0 })),
    },
    rounds: { quick: 1, full: 3 },
  }),
  linear({
    name: 'linear-files',
    title: 'From 1,000 to 1,000,000 files already there',
    about: `${LINEAR_ABOUT} Three partitions, whose directories hold these files, empty ones, before the sink writes there.`,
    over: 'files',
    sizes: {
      quick: [1_000, 100_000].map((files) => ({ topics: 1, partitions: 3, files })),
      full: [1_000, 100_000, 1_000_000].map((files) => ({ topics: 1, partitions: 3, files })),
    },
    rounds: { quick: 1, full: 1 },
  }),
  LATENCY,
  OUTAGE,
  LARGE_FILE,
  MANY_LARGE,
]
