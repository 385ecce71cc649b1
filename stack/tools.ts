import { execa } from 'execa'
import type { ToolOptions, ToolResult } from './types.ts'

/** A Java tool as a process on this machine. Plain data. */
export interface ProcessTool {
  readonly kind: 'process'
  readonly command: string
  /** What comes before the class's name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A Java tool inside a running container. Plain data. */
export interface ContainerTool {
  readonly kind: 'container'
  readonly containerId: string
  /** What comes before the class's name. */
  readonly command: readonly string[]
  /** Classes that the command knows by another name. */
  readonly subcommands?: Readonly<Record<string, string>>
}

export type ToolSpec = ProcessTool | ContainerTool

const DEFAULT_TIMEOUT_MS = 60_000

/** Runs a tool to its end, whatever its exit code. Throws only when it cannot run or takes too long. */
export async function runTool(
  spec: ToolSpec,
  mainClass: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  if (spec.kind === 'process') return await runProcess(spec, mainClass, args, options)
  const { runInContainer } = await import('./container-tools.ts')
  return await runInContainer(spec, mainClass, args, options)
}

async function runProcess(
  spec: ProcessTool,
  mainClass: string,
  args: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, input }: ToolOptions,
): Promise<ToolResult> {
  const result = await execa(spec.command, [...spec.args, mainClass, ...args], {
    env: spec.env,
    encoding: 'buffer',
    maxBuffer: 1024 ** 3,
    reject: false,
    timeout: timeoutMs,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  })
  if (result.exitCode === undefined) {
    throw new Error(`${mainClass} ${args.join(' ')}: ${result.shortMessage ?? 'did not run'}`)
  }
  return {
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString(),
    exitCode: result.exitCode,
  }
}

/** A shell script that runs the tool named by its arguments: CLASS ARGS... */
export function toolScript(spec: ToolSpec): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const words =
    spec.kind === 'process'
      ? [spec.command, ...spec.args]
      : ['docker', 'exec', '-i', spec.containerId, ...spec.command]
  const environment = spec.kind === 'process' ? Object.entries(spec.env) : []
  const exports = environment.map(([name, value]) => `export ${name}=${quote(value)}\n`)
  return `#!/bin/sh\n${exports.join('')}exec ${words.map(quote).join(' ')} "$@"\n`
}
