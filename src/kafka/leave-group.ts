import type { KafkaLogger } from './client.ts'
import type { GroupConsumer } from './group-consumer.ts'
import type { GroupRequests } from './group-requests.ts'
import { type ConsumerGroup, joinUnderWay, memberIdOf } from './patches/group-hooks.ts'
import { within } from './timeout.ts'

const JOIN_WAIT_MS = 5_000
const DISCONNECT_WAIT_MS = 5_000

export interface Leaving extends GroupConsumer {
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
  if (group === undefined || memberIdOf(group) === undefined) return
  await forgetMember(group, requests, logger)
  await within(DISCONNECT_WAIT_MS, cluster.disconnect(), undefined)
}

/** Otherwise the group would wait for this member as long as a session lasts. Never throws. */
export async function forgetMember(
  group: ConsumerGroup | undefined,
  requests: GroupRequests,
  logger: KafkaLogger,
): Promise<void> {
  const memberId = group === undefined ? undefined : memberIdOf(group)
  if (memberId === undefined) return
  try {
    await requests.leave(memberId)
  } catch (error) {
    logger.warn({ err: error, memberId }, 'could not tell the group that this member is gone')
  }
}
