import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'
import {
  checkVersion,
  KAFKAJS_VERSION,
  privateName,
  replaceExport,
  UnexpectedKafkajsError,
  wrapMethod,
} from '../../src/kafka/patches/internals.ts'

const requireModule = createRequire(import.meta.url)

test('the version that is installed is the one that the replacements fit', () => {
  checkVersion()
  expect(requireModule('kafkajs/package.json').version).toBe(KAFKAJS_VERSION)
  expect(requireModule('../../package.json').dependencies.kafkajs).toBe(KAFKAJS_VERSION)
})

test('a part of kafkajs that does not look as expected is refused by name', () => {
  const wrap = () => () => undefined
  expect(() => wrapMethod('consumer/consumerGroup.js', 'nope', wrap)).toThrow(
    UnexpectedKafkajsError,
  )
  expect(() => wrapMethod('consumer/assignerProtocol.js', 'x', wrap)).toThrow('exports no class')
  expect(() => privateName('broker/index.js', 'private:nope')).toThrow('without private:nope')
})

test('a module that others hold on to already is not replaced half', () => {
  const users = ['consumer/consumerGroup.js']
  expect(() => replaceExport('consumer/batch.js', users, {})).toThrow('in use already')
})

test('an idle request queue starts no timer', () => {
  const RequestQueue = requireModule('kafkajs/src/network/requestQueue/index.js')
  const logger = new Kafka({ brokers: [], logLevel: logLevel.NOTHING }).logger()
  const queue = new RequestQueue({ requestTimeout: 1_000, clientId: 'c', broker: 'b', logger })
  queue.checkPendingRequests()
  expect(queue.throttleCheckTimeoutId).toBeNull()

  queue.maybeThrottle(60_000)
  queue.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: () => undefined })
  expect(queue.throttleCheckTimeoutId).not.toBeNull()
  queue.destroy()
})

test('kafkajs never commits a default offset, by whatever way it gets there', async () => {
  const OffsetManager = requireModule('kafkajs/src/consumer/offsetManager/index.js')
  const reset = OffsetManager.prototype.setDefaultOffset
  await expect(reset.call({}, { topic: 't', partition: 1 })).rejects.toThrow(
    'tried to reset the offset of t-1',
  )
})
