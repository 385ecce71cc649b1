import type { TestProject } from 'vitest/node'
import { type Stack, startStack } from '../../stack/index.ts'
import './stack.ts'

let stack: Stack | undefined

/** One Kafka and one HDFS for all integration tests. When they cannot start, the run fails. */
export async function setup(project: TestProject): Promise<void> {
  stack = await startStack({ onProgress: (line) => process.stderr.write(`stack: ${line}\n`) })
  project.provide('stack', stack.info)
}

export async function teardown(): Promise<void> {
  await stack?.stop()
}
