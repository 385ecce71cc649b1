import { isDeepStrictEqual } from 'node:util'

interface Coordinates {
  readonly partition: number
  readonly offset: number
}

/** As Kafka gives it. */
export interface KafkaRecord extends Coordinates {
  readonly timestampMs: number
  readonly key: string | null
  /** JSON. */
  readonly value: string | null
}

/** As a line of a file has it. */
export interface HdfsRecord extends Coordinates {
  readonly timestampMs: number
  readonly key: string | null
  /** Parsed. */
  readonly value: unknown
}

/** What is wrong, as `partition@offset`. */
export interface Comparison {
  readonly inKafka: number
  readonly inHdfs: number
  /** In Kafka and in no file. */
  readonly missing: readonly string[]
  /** In files more than once. */
  readonly doubled: readonly string[]
  /** With another key, value or timestamp than in Kafka. */
  readonly different: readonly string[]
  /** In a file and not in Kafka. */
  readonly unknown: readonly string[]
}

/** Compares every record, whatever its order. Kafka's may repeat: a consumer may read twice. */
export function compare(kafka: Iterable<KafkaRecord>, hdfs: Iterable<HdfsRecord>): Comparison {
  const expected = new Map<string, KafkaRecord>()
  for (const record of kafka) expected.set(nameOf(record), record)
  const seen = new Set<string>()
  const doubled: string[] = []
  const different: string[] = []
  const unknown: string[] = []
  let inHdfs = 0
  for (const record of hdfs) {
    inHdfs += 1
    const name = nameOf(record)
    const original = expected.get(name)
    if (original === undefined) unknown.push(name)
    else if (seen.has(name)) doubled.push(name)
    else if (!isSame(original, record)) different.push(name)
    seen.add(name)
  }
  const missing = [...expected.keys()].filter((name) => !seen.has(name))
  return { inKafka: expected.size, inHdfs, missing, doubled, different, unknown }
}

export function isExactlyOnce(found: Comparison): boolean {
  const { missing, doubled, different, unknown } = found
  return [missing, doubled, different, unknown].every((list) => list.length === 0)
}

function nameOf({ partition, offset }: Coordinates): string {
  return `${partition}@${offset}`
}

function isSame(original: KafkaRecord, copy: HdfsRecord): boolean {
  const value: unknown = original.value === null ? null : JSON.parse(original.value)
  return (
    original.key === copy.key &&
    original.timestampMs === copy.timestampMs &&
    isDeepStrictEqual(value, copy.value)
  )
}
