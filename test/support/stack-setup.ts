import type { TestProject } from 'vitest/node'
import { type Stack, StackError, startStack } from '../../stack/index.ts'
import './stack.ts'

let stack: Stack | undefined

/** One Kafka and one HDFS for all integration tests. When they cannot start, the run fails. */
export async function setup(project: TestProject): Promise<void> {
  try {
    stack = await startStack({ onProgress: (line) => process.stderr.write(`stack: ${line}\n`) })
  } catch (error) {
    // Its message says what to do; where in our code it was thrown helps nobody.
    if (error instanceof StackError) error.stack = ''
    throw error
  }
  project.provide('stack', stack.info)
}

export async function teardown(): Promise<void> {
  await stack?.stop()
}
