import type { Cluster, Consumer } from 'kafkajs'
import type { KafkaClient, KafkaLogger } from './client.ts'
import type { GroupRequests } from './group-requests.ts'
import { type ConsumerGroup, joinUnderWay, memberIdOf } from './patches/group-hooks.ts'
import { within } from './timeout.ts'

const JOIN_WAIT_MS = 5_000
const DISCONNECT_WAIT_MS = 5_000

export interface Leaving {
  readonly client: KafkaClient
  readonly consumer: Consumer
  readonly cluster: Cluster
  readonly requests: GroupRequests
  /** undefined before the first JoinGroup. */
  readonly group: ConsumerGroup | undefined
  readonly logger: KafkaLogger
}

/** Ends a consumer and its membership, whatever it is doing. No JoinGroup may be begun any more. */
export async function leaveGroup(leaving: Leaving): Promise<void> {
  await settleJoin(leaving)
  const disconnecting = leaving.consumer.disconnect().catch(() => undefined)
  await within(DISCONNECT_WAIT_MS, disconnecting, undefined)
  await leaveByHand(leaving)
  leaving.client.connections.close()
}

/** kafkajs forgets a join that is under way when it is stopped, and goes on with it after. */
async function settleJoin({ group, client }: Leaving): Promise<void> {
  const join = group === undefined ? undefined : joinUnderWay(group)
  if (join === undefined) return
  const settled = join.then(
    () => true,
    () => true,
  )
  if (await within(JOIN_WAIT_MS, settled, false)) {
    // Its runner takes note of the join in the microtasks that follow.
    await new Promise((resolve) => setImmediate(resolve))
  } else {
    client.connections.reset()
  }
}

/** kafkajs tells the coordinator only where it was running well. */
async function leaveByHand({ group, requests, cluster, logger }: Leaving): Promise<void> {
  const memberId = group === undefined ? undefined : memberIdOf(group)
  if (memberId === undefined) return
  try {
    await requests.leave(memberId)
    await within(DISCONNECT_WAIT_MS, cluster.disconnect(), undefined)
  } catch (error) {
    logger.warn({ err: error, memberId }, 'left the group without saying so')
  }
}
