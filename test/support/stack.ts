import { inject } from 'vitest'
import { runTool, type StackInfo, type ToolOptions, type ToolResult } from '../../stack/index.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stack: StackInfo
  }
}

/** The Kafka and HDFS that stack-setup.ts started for this run: addresses, superuser, directory. */
export function stackInfo(): StackInfo {
  return inject('stack')
}

/** Runs a Java tool of Hadoop as the HDFS superuser, for instance org.apache.hadoop.fs.FsShell. */
export async function hadoop(
  mainClass: string,
  args: string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return await runTool(stackInfo().tools.hadoop, mainClass, args, options)
}

/** Runs a Java tool of Kafka, for instance org.apache.kafka.tools.ProducerPerformance. */
export async function kafkaTool(
  mainClass: string,
  args: string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return await runTool(stackInfo().tools.kafka, mainClass, args, options)
}

/** `hdfs dfs ARGS...`: what HDFS's own client reads, as bytes. Throws when it fails. */
export async function fsShell(...args: string[]): Promise<Buffer> {
  const { stdout, stderr, exitCode } = await hadoop('org.apache.hadoop.fs.FsShell', args)
  if (exitCode !== 0) throw new Error(`FsShell ${args.join(' ')}: exit code ${exitCode}: ${stderr}`)
  return stdout
}
