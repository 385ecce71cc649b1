import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'

/*
 * kafkajs's own group object, patched, with metadata made by hand.
 */

const requireModule = createRequire(import.meta.url)
const ConsumerGroup = requireModule('kafkajs/src/consumer/consumerGroup.js')
const logger = new Kafka({ brokers: [], logLevel: logLevel.NOTHING }).logger()

function groupOf(leaders: readonly (number | null)[]) {
  let looks = 0
  const make = (of: readonly (number | null)[]) =>
    of.map((leader, partitionId) => ({
      leader,
      get partitionId() {
        looks += 1
        return partitionId
      },
    }))
  let metadata = make(leaders)
  const cluster = { findTopicPartitionMetadata: () => metadata }
  const group = new ConsumerGroup({ cluster, logger, topics: ['t'], assigners: [] })
  const partitions = leaders.map((_, partition) => partition)
  const assign = () => {
    group.partitionsPerSubscribedTopic = new Map([['t', [...partitions]]])
  }
  assign()
  return {
    group,
    partitions,
    assign,
    looks: () => looks,
    refresh: (of: readonly (number | null)[]) => {
      metadata = make(of)
    },
  }
}

describe('a group', () => {
  it('finds the leaders of those that it asks for, and of no others', () => {
    const { group } = groupOf([1, 2, 1, 3])
    expect(group.findReadReplicaForPartitions('t', [0, 1, 2, 9])).toEqual({ 1: [0, 2], 2: [1] })
  })

  it('goes by the metadata as they are now', () => {
    const { group, refresh } = groupOf([1, 1])
    expect(group.findReadReplicaForPartitions('t', [0, 1])).toEqual({ 1: [0, 1] })
    refresh([1, 2])
    expect(group.findReadReplicaForPartitions('t', [0, 1])).toEqual({ 1: [0], 2: [1] })
  })

  it('reads from a follower where a broker has named one', () => {
    const { group } = groupOf([1, 1])
    const expireAt = Date.now() + 60_000
    group.preferredReadReplicasPerTopicPartition = { t: { 1: { nodeId: 5, expireAt } } }
    expect(group.findReadReplicaForPartitions('t', [0, 1])).toEqual({ 1: [0], 5: [1] })
  })

  it('complains of metadata without a leader', () => {
    const { group } = groupOf([1, null])
    expect(() => group.findReadReplicaForPartitions('t', [0, 1])).toThrow('Invalid partition')
  })

  it('notices partitions that were added, each time until it has joined anew', () => {
    const { group, refresh, assign, partitions } = groupOf([1, 1])
    group.checkForStaleAssignment()
    refresh([1, 1, 1])
    for (const _ of [1, 2]) expect(() => group.checkForStaleAssignment()).toThrow('been updated')
    partitions.push(2)
    assign()
    group.checkForStaleAssignment()
    assign()
    partitions.pop()
    assign()
    expect(() => group.checkForStaleAssignment()).toThrow('been updated')
  })

  it('looks at each partition once, not once for each other', () => {
    const { group, partitions, looks } = groupOf(Array(1_000).fill(1))
    for (let fetch = 0; fetch < 10; fetch++) {
      group.checkForStaleAssignment()
      expect(group.filterPartitionsByNode('1', [{ topic: 't', partitions }])).toEqual([
        { topic: 't', partitions },
      ])
    }
    expect(looks()).toBeLessThanOrEqual(2 * partitions.length)
  })
})
