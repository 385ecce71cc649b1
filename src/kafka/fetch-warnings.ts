import type { TopicPartition } from '../core/record-batch.ts'
import type { KafkaLogger } from './client.ts'
import { isStaleMetadata, typeOf } from './kafka-errors.ts'

/** What cannot be fetched, or whom nothing can be fetched from. */
export type Unfetchable = TopicPartition | { readonly broker: string }

/**
 * Says that a partition or a broker fails, ever more seldom. That a leader has moved is no news the
 * first time.
 */
export function warnOfFailure(
  logger: KafkaLogger,
  which: Unfetchable,
  error: Error,
  failures: number,
): void {
  if (!isWorthALine(failures)) return
  const level = failures === 1 && isStaleMetadata(error) ? 'debug' : 'warn'
  const type = typeOf(error) ?? error.name
  const text = `${nameOf(which)} cannot be fetched, tried again: ${error.message}`
  logger[level]({ ...which, type, failures }, text)
}

/** The first, third, tenth, thirtieth and so on. */
export function isWorthALine(count: number): boolean {
  let mark = count
  while (mark >= 10 && mark % 10 === 0) mark /= 10
  return mark === 1 || mark === 3
}

function nameOf(which: Unfetchable): string {
  if ('broker' in which) return `what broker ${which.broker} leads`
  return `${which.topic}-${which.partition}`
}
