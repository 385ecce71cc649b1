import path from 'node:path'
import { runTool, type Stack } from '../../stack/index.ts'
import { NameNodeClient } from '../load/name-node.ts'
import { mavenClassPath } from '../peers/class-path.ts'

const BENCHMARK = 'org.apache.hadoop.hdfs.server.namenode.NNThroughputBenchmark'
const LOGGER = path.join(import.meta.dirname, 'reload4j.pom.xml')
const BASE = '/made'
const TIMEOUT_MS = 1_200_000

/**
 * Puts so many empty files, in equal shares, where the sink will put those of each partition. Made
 * by Hadoop's own benchmark of the NameNode, by far the quickest way, and moved directory by
 * directory.
 */
export async function makeEmptyFiles(
  stack: Stack,
  root: string,
  topics: readonly string[],
  partitions: number,
  files: number,
): Promise<void> {
  const nameNode = NameNodeClient.of(stack)
  const threads = topics.length * partitions
  const each = Math.ceil(files / threads)
  const result = await runTool(
    await toolFor(stack),
    BENCHMARK,
    [
      ...['-fs', stack.fsUri, '-op', 'create', '-baseDirName', BASE, '-keepResults', '-close'],
      ...['-threads', String(threads), '-files', String(each * threads)],
      ...['-filesPerDir', String(each), '-blockSize', '1048576'],
    ],
    { timeoutMs: TIMEOUT_MS },
  )
  if (result.exitCode !== 0) throw new Error(`${BENCHMARK}: ${result.stderr.slice(-2000)}`)
  // To keep its files it saves the image, for which it stops all others from writing.
  await stack.hadoop('org.apache.hadoop.hdfs.tools.DFSAdmin', ['-safemode', 'leave'])
  const made = await directoriesWithFiles(nameNode, BASE)
  for (const [index, directory] of made.slice(0, threads).entries()) {
    const topic = topics[Math.floor(index / partitions)]
    await nameNode.makeDirectory(`${root}/${topic}`)
    await nameNode.rename(directory, `${root}/${topic}/${index % partitions}`)
  }
  await nameNode.delete(BASE)
}

/** The stack's Hadoop with a logger that only this benchmark wants, and memory for all the names. */
async function toolFor({ tools }: Stack) {
  const { hadoop } = tools
  if (hadoop.kind !== 'process') throw new Error('the bench runs Hadoop as processes')
  const logger = await mavenClassPath('reload4j', LOGGER)
  const classPath = [hadoop.env.CLASSPATH, ...logger].join(path.delimiter)
  return {
    ...hadoop,
    args: [...hadoop.args, '-Xmx1g'],
    env: { ...hadoop.env, CLASSPATH: classPath },
  }
}

/** The lowest directories: with `filesPerDir` as above each thread has one. */
async function directoriesWithFiles(
  nameNode: NameNodeClient,
  directory: string,
): Promise<string[]> {
  const entries = await nameNode.firstPage(directory)
  if (entries.some(({ type }) => type === 'FILE')) return [directory]
  const found: string[] = []
  for (const { pathSuffix } of entries) {
    found.push(...(await directoriesWithFiles(nameNode, `${directory}/${pathSuffix}`)))
  }
  return found
}
