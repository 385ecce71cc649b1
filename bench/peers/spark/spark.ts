import { existsSync } from 'node:fs'
import path from 'node:path'
import { bring, directoryOf, mavenClassPath } from '../class-path.ts'
import type { Peer } from '../peer.ts'
import { peerOf } from '../process-peer.ts'

const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt')
const SCRIPT = path.join(import.meta.dirname, 'sink.py')

/** Structured Streaming in one process with as many threads as there are partitions. */
export const SPARK: Peer = peerOf('Spark Structured Streaming', async () => {
  const python = await pyspark()
  const jars = await mavenClassPath('spark')
  return async (stack, { topic, run, recordsPerFile }) => ({
    command: python,
    args: [
      ...[SCRIPT, stack.brokers.join(','), topic, `${stack.fsUri}/${run}`],
      ...[`${stack.fsUri}/${run}/_checkpoints`, String(recordsPerFile), jars.join(',')],
    ],
    env: { SPARK_LOCAL_DIRS: path.join(stack.directory, 'spark') },
    ready: /^ready$/m,
  })
})

/** A Python with pyspark in an environment of its own, which pip fills the first time (450 MB). */
async function pyspark(): Promise<string> {
  const environment = path.join(await directoryOf('spark'), 'venv')
  const python = path.join(environment, 'bin', 'python')
  const packages = path.join(environment, 'complete')
  if (existsSync(packages)) return python
  await bring('python3', ['-m', 'venv', environment])
  await bring(python, ['-m', 'pip', 'install', '-q', '--no-cache-dir', '-r', REQUIREMENTS])
  await bring('touch', [packages])
  return python
}
