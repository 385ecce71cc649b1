import { once } from 'node:events'
import { type IncomingMessage, request as openRequest } from 'node:http'
import { type Cluster, PartitionAssigners } from 'kafkajs'
import type { StackInfo } from '../../stack/index.ts'
import { kafkaClient, withAdmin } from '../support/ledger-kafka.ts'
import type { SinkSettings } from '../support/sink-process-settings.ts'

/*
 * What people and their programs do to HDFS and Kafka, as the superuser and by plain requests.
 */

type Servers = Pick<StackInfo, 'webhdfsUrls' | 'hdfsUser'>
type Parameters = Readonly<Record<string, string | number>>

const TIMEOUT_MS = 10_000

/** A request was refused, or nobody could answer it. */
export class ActFailedError extends Error {
  readonly status: number | undefined
  constructor(op: string, path: string, found: string, status?: number) {
    super(`expected that ${op} ${path} works, found ${found}`)
    this.name = 'ActFailedError'
    this.status = status
  }
}

/** The body of the first NameNode's answer that is not a refusal. */
async function act(
  { webhdfsUrls, hdfsUser }: Servers,
  method: 'GET' | 'PUT' | 'DELETE',
  op: string,
  path: string,
  parameters: Parameters = {},
): Promise<string> {
  const query = new URLSearchParams({ op, 'user.name': hdfsUser })
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value))
  let failure: ActFailedError | undefined
  for (const base of webhdfsUrls) {
    const url = `${base}/webhdfs/v1${encodeURI(path)}?${query}`
    try {
      const response = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) })
      const body = await response.text()
      if (response.ok) return body
      if (failure === undefined || !body.includes('StandbyException')) {
        failure = new ActFailedError(op, path, `${response.status} ${body}`, response.status)
      }
    } catch (error) {
      failure ??= new ActFailedError(op, path, String(error))
    }
  }
  throw failure ?? new ActFailedError(op, path, 'no NameNode')
}

export async function makeDirectory(stack: Servers, path: string): Promise<void> {
  await act(stack, 'PUT', 'MKDIRS', path)
}

/** A new file; its directory is made where it is missing. */
export async function writeFile(stack: Servers, path: string, text: string): Promise<void> {
  const parameters = { overwrite: 'false', noredirect: 'true' }
  const { Location } = JSON.parse(await act(stack, 'PUT', 'CREATE', path, parameters)) as {
    Location: string
  }
  // fetch does not bear what a DataNode says before its answer.
  const request = openRequest(Location, { method: 'PUT', timeout: TIMEOUT_MS })
  request.end(text)
  const [{ statusCode }] = (await once(request, 'response')) as [IncomingMessage]
  if (statusCode !== 201) throw new ActFailedError('CREATE', path, `${statusCode}`, statusCode)
}

/** Never onto something, never into a directory that is there. */
export async function rename(stack: Servers, from: string, to: string): Promise<void> {
  await act(stack, 'PUT', 'RENAME', from, { destination: to, renameoptions: 'NONE' })
}

/** With all that is in it. */
export async function remove(stack: Servers, path: string): Promise<void> {
  await act(stack, 'DELETE', 'DELETE', path, { recursive: 'true' })
}

/** Whether it was there and empty. */
export async function removeEmpty(stack: Servers, path: string): Promise<boolean> {
  try {
    return (await act(stack, 'DELETE', 'DELETE', path, { recursive: 'false' })).includes('true')
  } catch (error) {
    if (error instanceof ActFailedError && error.status === 403) return false
    throw error
  }
}

/** In octal digits, such as 755. */
export async function setPermission(stack: Servers, path: string, mode: string): Promise<void> {
  await act(stack, 'PUT', 'SETPERMISSION', path, { permission: mode })
}

export async function setOwner(stack: Servers, path: string, owner: string): Promise<void> {
  await act(stack, 'PUT', 'SETOWNER', path, { owner })
}

export interface Quota {
  /** Files and directories, itself included. */
  readonly names?: number
  /** Bytes, each replica counted. */
  readonly bytes?: number
}

const NO_QUOTA = -1

/** What is left out is not limited. */
export async function setQuota(stack: Servers, path: string, quota: Quota): Promise<void> {
  const { names = NO_QUOTA, bytes = NO_QUOTA } = quota
  const parameters = { namespacequota: names, storagespacequota: bytes }
  await act(stack, 'PUT', 'SETQUOTA', path, parameters)
}

/** From now on what is in it cannot be removed or joined, as long as a snapshot shows it. */
export async function takeSnapshot(stack: Servers, path: string, name: string): Promise<void> {
  await act(stack, 'PUT', 'ALLOWSNAPSHOT', path)
  await act(stack, 'PUT', 'CREATESNAPSHOT', path, { snapshotname: name })
}

export async function dropSnapshot(stack: Servers, path: string, name: string): Promise<void> {
  await act(stack, 'DELETE', 'DELETESNAPSHOT', path, { snapshotname: name })
  await act(stack, 'PUT', 'DISALLOWSNAPSHOT', path)
}

/** Names of its extended attributes. */
export async function attributeNames(stack: Servers, path: string): Promise<string[]> {
  const body = await act(stack, 'GET', 'GETXATTRS', path, { encoding: 'text' })
  const { XAttrs } = JSON.parse(body) as { XAttrs: { name: string }[] }
  return XAttrs.map(({ name }) => name)
}

// ---------------------------------------------------------------- Kafka

type Brokers = Pick<StackInfo, 'brokers'>

/**
 * Only while nobody is in the group. By one request of a client that is no member: kafkajs's own
 * way joins the group, which takes seconds.
 */
export async function moveGroup(
  stack: Brokers,
  { group: groupId, topic }: SinkSettings,
  partition: number,
  offset: number,
): Promise<void> {
  let cluster: Cluster | undefined
  const consumer = kafkaClient(stack).consumer({
    groupId,
    partitionAssigners: [
      (known) => {
        cluster = known.cluster
        return PartitionAssigners.roundRobin(known)
      },
    ],
  })
  await consumer.connect()
  try {
    const coordinator = await (cluster as Cluster).findGroupCoordinator({ groupId })
    const partitions = [{ partition, offset: String(offset) }]
    const nobody = { memberId: '', groupGenerationId: -1 }
    await coordinator.offsetCommit({ groupId, ...nobody, topics: [{ topic, partitions }] })
  } finally {
    await consumer.disconnect()
  }
}

/** As brokers do when a group was empty for long. Only while nobody is in it. */
export async function forgetGroup(stack: Brokers, { group }: SinkSettings): Promise<void> {
  await withAdmin(stack, (admin) => admin.deleteGroups([group]))
}

/** What is below `offset` is deleted, as retention does. */
export async function expireRecords(
  stack: Brokers,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const partitions = [{ partition, offset: String(offset) }]
  await withAdmin(stack, async (admin) => {
    // kafkajs finds the leaders only so.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions })
  })
}

/** A topic of the same name: its log begins anew. */
export async function createTopicAgain(
  stack: Brokers,
  topic: string,
  numPartitions: number,
): Promise<void> {
  await withAdmin(stack, async (admin) => {
    await admin.deleteTopics({ topics: [topic] })
    await admin.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: 1 }],
      waitForLeaders: true,
    })
  })
}
