import { expect, test } from 'vitest'
import { KafkaUnavailableError } from '../../src/core/errors.ts'
import { toCommitError, toSinkError } from '../../src/kafka/kafka-errors.ts'

const membership = { memberId: 'm', generation: 4, epoch: 2 }

/** As kafkajs throws it: wrapped, and only the inner one has a type. */
function kafkaError(type: string): Error {
  return new Error('outer', { cause: Object.assign(new Error('inner'), { type }) })
}

test.for([
  ['UNKNOWN_MEMBER_ID', 'FencedMembershipError'],
  ['ILLEGAL_GENERATION', 'FencedMembershipError'],
  ['REBALANCE_IN_PROGRESS', 'KafkaUnavailableError'],
  ['NOT_COORDINATOR_FOR_GROUP', 'KafkaUnavailableError'],
  ['OFFSET_METADATA_TOO_LARGE', 'OffsetMetadataTooLargeError'],
  ['GROUP_AUTHORIZATION_FAILED', 'KafkaRefusedError'],
])('a commit that fails with %s: %s', ([type, name]) => {
  const cause = kafkaError(type!)
  expect(toCommitError(cause, membership, [])).toMatchObject({ name, cause })
})

test('a fenced commit names the membership', () => {
  const error = toCommitError(kafkaError('ILLEGAL_GENERATION'), membership, [])
  expect(error).toMatchObject({ memberId: 'm', generation: 4 })
})

test('an error that is ours already stays as it is', () => {
  const error = new KafkaUnavailableError('asking', 'nothing')
  expect(toSinkError('something else', error)).toBe(error)
})

test('what kafkajs does not name may pass, and says what failed', () => {
  const error = toSinkError('the question', new Error('socket hang up'))
  expect(error).toMatchObject({ name: 'KafkaUnavailableError', action: 'retry' })
  expect(error.message).toMatch('Kafka: the question failed: socket hang up')
})
