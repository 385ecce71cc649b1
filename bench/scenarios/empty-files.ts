import type { Stack } from '../../stack/index.ts'
import { NameNodeClient } from '../load/name-node.ts'

const BENCHMARK = 'org.apache.hadoop.hdfs.server.namenode.NNThroughputBenchmark'
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
  const result = await stack.hadoop(
    BENCHMARK,
    [
      ...['-fs', stack.fsUri, '-op', 'create', '-baseDirName', BASE, '-keepResults', '-close'],
      ...['-threads', String(threads), '-files', String(each * threads)],
      ...['-filesPerDir', String(each), '-blockSize', '1048576'],
    ],
    { timeoutMs: TIMEOUT_MS },
  )
  if (result.exitCode !== 0) throw new Error(`${BENCHMARK}: ${result.stderr.slice(-2000)}`)
  const made = await directoriesWithFiles(nameNode, BASE)
  for (const [index, directory] of made.slice(0, threads).entries()) {
    const topic = topics[Math.floor(index / partitions)]
    await nameNode.makeDirectory(`${root}/${topic}`)
    await nameNode.rename(directory, `${root}/${topic}/${index % partitions}`)
  }
  await nameNode.delete(BASE)
}

/** The lowest directories: with `filesPerDir` as above each thread has one. */
async function directoriesWithFiles(nameNode: NameNodeClient, path: string): Promise<string[]> {
  const entries = await nameNode.firstPage(path)
  if (entries.some(({ type }) => type === 'FILE')) return [path]
  const found: string[] = []
  for (const { pathSuffix } of entries) {
    found.push(...(await directoriesWithFiles(nameNode, `${path}/${pathSuffix}`)))
  }
  return found
}
