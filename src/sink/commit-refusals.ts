import { OffsetMetadataTooLargeError } from '../core/errors.ts'

/** Kafka's names for what it has against one partition of a request, or its topic. */
const OF_PARTITIONS = [
  'INVALID_COMMIT_OFFSET_SIZE',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

/**
 * Whether a commit of offsets was refused for some of its partitions: the others alone would be
 * taken. Kafka's own name for it is somewhere among the causes.
 */
export function isOfPartitions(error: unknown): boolean {
  if (error instanceof OffsetMetadataTooLargeError) return true
  let current = error
  for (let depth = 0; current instanceof Error && depth < 5; depth += 1) {
    const names = current as { readonly type?: unknown; readonly kafkaError?: unknown }
    if (OF_PARTITIONS.includes(String(names.kafkaError ?? names.type))) return true
    current = current.cause
  }
  return false
}
