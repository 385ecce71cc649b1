import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { PrerequisiteError } from './errors.ts'
import {
  dataDirectory,
  type KafkaBroker,
  prepareBroker,
  SINGLE_BROKER_PROPERTIES,
} from './kafka.ts'
import { freePort } from './ports.ts'
import type { StackInfo } from './types.ts'

const START_TIMEOUT_MS = 60_000

/**
 * One more broker for the cluster of a running stack, formatted and not started yet. By jars only.
 * Whoever starts it ends it, before the stack.
 */
export async function prepareMoreBroker(stack: StackInfo, nodeId: number): Promise<KafkaBroker> {
  const { kafka: tool } = stack.tools
  if (tool.kind !== 'process') {
    throw new PrerequisiteError('More brokers need a stack of jars: set STACK=jars.')
  }
  const first = path.join(stack.directory, 'kafka')
  const controllers = await property(
    path.join(first, 'server.properties'),
    'controller.quorum.bootstrap.servers',
  )
  const directory = path.join(stack.directory, `kafka-${nodeId}`)
  const port = await freePort()
  const options = {
    java: tool.command,
    classPath: tool.env.CLASSPATH ?? '',
    directory,
    logDirectory: path.join(stack.directory, 'logs'),
    jit: 'quick' as const,
    properties: {},
    startTimeoutMs: START_TIMEOUT_MS,
  }
  const clusterId = await property(
    path.join(dataDirectory({ directory: first }), 'meta.properties'),
    'cluster.id',
  )
  return await prepareBroker(options, {
    name: `Kafka ${nodeId}`,
    port,
    properties: {
      ...SINGLE_BROKER_PROPERTIES,
      'process.roles': 'broker',
      'node.id': String(nodeId),
      listeners: `PLAINTEXT://localhost:${port}`,
      'advertised.listeners': `PLAINTEXT://localhost:${port}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.quorum.bootstrap.servers': controllers,
      'log.dirs': dataDirectory({ directory }),
    },
    formatArgs: ['-t', clusterId],
  })
}

async function property(file: string, name: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const found = lines.find((line) => line.startsWith(`${name}=`))
  if (found === undefined) throw new Error(`${file} has no ${name}`)
  return found.slice(name.length + 1)
}
