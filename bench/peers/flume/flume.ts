import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Stack } from '../../../stack/index.ts'
import { renderProperties } from '../../../stack/kafka.ts'
import { requireJava } from '../../../stack/prerequisites.ts'
import { mavenClassPath } from '../class-path.ts'
import type { Peer, PeerTask } from '../peer.ts'
import { peerOf } from '../process-peer.ts'

/** One agent: Kafka source, memory channel (which loses what it holds in a crash), HDFS sinks. */
export const FLUME: Peer = peerOf('Flume', async () => {
  const java = await requireJava()
  const jars = await mavenClassPath('flume')
  return async (stack, task) => {
    const file = path.join(stack.directory, `${task.run}.properties`)
    await writeFile(file, renderProperties(agent(stack, task)))
    const conf = path.join(stack.directory, 'hdfs', 'conf')
    return {
      command: java,
      args: ['-Xmx1g', 'org.apache.flume.node.Application', '-n', 'a', '-f', file],
      env: { CLASSPATH: [conf, ...jars].join(path.delimiter) },
      ready: /Kafka source \S+ started/,
    }
  }
})

/** Two sinks drain the channel at once; what is left in their last files is closed when idle. */
function agent(
  stack: Stack,
  { topic, run, recordsPerFile }: PeerTask,
): Readonly<Record<string, string>> {
  return {
    'a.sources': 's',
    'a.channels': 'c',
    'a.sinks': 'h1 h2',
    'a.sources.s.type': 'org.apache.flume.source.kafka.KafkaSource',
    'a.sources.s.channels': 'c',
    'a.sources.s.kafka.bootstrap.servers': stack.brokers.join(','),
    'a.sources.s.kafka.topics': topic,
    'a.sources.s.kafka.consumer.group.id': run,
    'a.sources.s.kafka.consumer.auto.offset.reset': 'earliest',
    'a.sources.s.kafka.consumer.max.poll.records': '10000',
    'a.sources.s.batchSize': '10000',
    'a.channels.c.type': 'memory',
    'a.channels.c.capacity': '100000',
    'a.channels.c.transactionCapacity': '10000',
    ...hdfsSink('h1', stack, run, recordsPerFile),
    ...hdfsSink('h2', stack, run, recordsPerFile),
  }
}

function hdfsSink(
  name: string,
  { fsUri }: Stack,
  run: string,
  recordsPerFile: number,
): Record<string, string> {
  const sink = `a.sinks.${name}`
  return {
    [`${sink}.type`]: 'hdfs',
    [`${sink}.channel`]: 'c',
    [`${sink}.hdfs.path`]: `${fsUri}/${run}`,
    [`${sink}.hdfs.filePrefix`]: name,
    [`${sink}.hdfs.fileType`]: 'DataStream',
    [`${sink}.hdfs.writeFormat`]: 'Text',
    [`${sink}.hdfs.batchSize`]: '10000',
    [`${sink}.hdfs.rollCount`]: String(recordsPerFile),
    [`${sink}.hdfs.rollSize`]: '0',
    [`${sink}.hdfs.rollInterval`]: '0',
    [`${sink}.hdfs.idleTimeout`]: '2',
  }
}
