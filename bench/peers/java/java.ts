import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Stack } from '../../../stack/index.ts'
import { resolveClassPaths } from '../../../stack/maven.ts'
import { requireJava } from '../../../stack/prerequisites.ts'
import { STACK_DIRECTORY } from '../../../stack/runs.ts'
import { bring, directoryOf } from '../class-path.ts'
import { type Peer, PeerMissingError } from '../peer.ts'
import { peerOf } from '../process-peer.ts'

const SOURCE = path.join(import.meta.dirname, 'JavaSink.java')
/** Of all jars of the stack: Kafka's client with its codecs, and HDFS's client. */
const KAFKA_JARS = /\/(kafka-clients|lz4-java|snappy-java|zstd-jni)-/
/** Of the minicluster one class that the shaded WebHDFS client of 3.5.0 misses (jersey's RuntimeDelegate). */
const HDFS_JARS =
  /\/(hadoop-client-api|hadoop-client-runtime|hadoop-client-minicluster|slf4j-|commons-logging|jsr305)/

/** Consumer and HDFS client of the stack's own versions, by native protocol or by WebHDFS. */
export function javaSink(name: string, fileSystem: 'hdfs' | 'webhdfs'): Peer {
  return peerOf(name, async () => {
    const java = await requireJava()
    // Beside it, or on the PATH as it is.
    const javac = java.replace(/java$/, 'javac')
    const jars = await clientJars()
    const classes = await compile(javac, jars)
    return async (stack, { topic, run, recordsPerFile }) => {
      const conf = path.join(stack.directory, 'hdfs', 'conf')
      const sink = [
        ...[stack.brokers.join(','), topic, run, uriOf(stack, fileSystem)],
        ...[`/${run}`, String(recordsPerFile)],
      ]
      const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
      return {
        command: java,
        args: ['-Xmx1g', quiet, 'JavaSink', ...sink],
        env: { CLASSPATH: [classes, conf, ...jars].join(path.delimiter) },
        ready: /^ready$/m,
      }
    }
  })
}

function uriOf(stack: Stack, fileSystem: 'hdfs' | 'webhdfs'): string {
  if (fileSystem === 'hdfs') return stack.fsUri
  return `webhdfs://${new URL(stack.webhdfsUrls[0] ?? '').host}`
}

async function clientJars(): Promise<string[]> {
  const cacheDirectory = path.join(STACK_DIRECTORY, 'jars')
  const { kafka, hdfs } = await resolveClassPaths({ cacheDirectory })
  return [
    ...kafka.split(path.delimiter).filter((jar) => KAFKA_JARS.test(jar)),
    ...hdfs.split(path.delimiter).filter((jar) => HDFS_JARS.test(jar)),
  ]
}

/** Where its classes are; compiled again when the source changed. */
async function compile(javac: string, jars: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)
  const classes = path.join(await directoryOf('java'), hash)
  if (existsSync(path.join(classes, 'JavaSink.class'))) return classes
  try {
    await bring(javac, ['-d', classes, '-cp', jars.join(path.delimiter), SOURCE])
  } catch (error) {
    if (!(error instanceof PeerMissingError)) throw error
    throw new PeerMissingError(`a JDK is needed to compile it (${error.message})`)
  }
  return classes
}
