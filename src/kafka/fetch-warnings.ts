import type { TopicPartition } from '../core/record-batch.ts'
import type { KafkaLogger } from './client.ts'
import { isStaleMetadata } from './kafka-errors.ts'

/**
 * Says that a partition cannot be fetched, at the first, third, tenth, thirtieth failure in a row and
 * so on. That a leader has moved is no news the first time.
 */
export function warnOfFailure(
  logger: KafkaLogger,
  at: TopicPartition,
  error: Error & { readonly type: string },
  failures: number,
): void {
  if (!isWorthALine(failures)) return
  const level = failures === 1 && isStaleMetadata(error) ? 'debug' : 'warn'
  const { topic, partition } = at
  const fields = { topic, partition, type: error.type, failures }
  logger[level](fields, `${topic}-${partition} cannot be fetched, tried again: ${error.message}`)
}

function isWorthALine(failures: number): boolean {
  let mark = failures
  while (mark >= 10 && mark % 10 === 0) mark /= 10
  return mark === 1 || mark === 3
}
