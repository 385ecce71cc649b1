import {
  FencedMembershipError,
  KafkaRefusedError,
  KafkaUnavailableError,
  OffsetMetadataTooLargeError,
  SinkError,
} from '../core/errors.ts'
import type { Membership, OffsetToCommit } from '../core/ports.ts'

const FENCED = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']
const REFUSED = [
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TOPIC_EXCEPTION',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
]

const STALE_METADATA = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

/** Turns whatever kafkajs throws into an error that says what to do. */
export function toSinkError(operation: string, error: unknown): SinkError {
  if (error instanceof SinkError) return error
  const type = typeOf(error)
  const options = { cause: error }
  if (type !== undefined && isRefusal(error)) {
    return new KafkaRefusedError(operation, type, options)
  }
  const message = error instanceof Error ? error.message : String(error)
  const found = type === undefined ? message : `${type}: ${message}`
  return new KafkaUnavailableError(operation, found, options)
}

export function toCommitError(
  error: unknown,
  membership: Membership,
  offsets: readonly OffsetToCommit[],
): SinkError {
  const type = typeOf(error)
  const options = { cause: error }
  if (type !== undefined && FENCED.includes(type)) {
    const { memberId, generation } = membership
    return new FencedMembershipError(memberId, generation, type, options)
  }
  if (type === 'OFFSET_METADATA_TOO_LARGE') {
    const lengths = offsets.map(({ metadata }) => Buffer.byteLength(metadata))
    return new OffsetMetadataTooLargeError(Math.max(...lengths), options)
  }
  return toSinkError('the commit of offsets', error)
}

/** Whoever asks again is refused again. */
export function isRefusal(error: unknown): boolean {
  return REFUSED.includes(typeOf(error) ?? '')
}

/** Whoever asks for the metadata anew may find another leader. */
export function isStaleMetadata(error: unknown): boolean {
  return STALE_METADATA.includes(typeOf(error) ?? '')
}

/** Kafka's name for the cause. kafkajs wraps errors in errors, and only the innermost has it. */
export function typeOf(error: unknown): string | undefined {
  let current = error
  for (let depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if ('type' in current && typeof current.type === 'string') return current.type
    current = current.cause
  }
  return undefined
}
