import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { getContainerRuntimeClient } from 'testcontainers'
import type { ContainerTool } from './tools.ts'
import type { ToolOptions, ToolResult } from './types.ts'

/** runTool for a tool inside a running container: its output as bytes, which testcontainers' exec lacks. */
export async function runInContainer(
  spec: ContainerTool,
  mainClass: string,
  args: readonly string[],
  { timeoutMs = 60_000, signal, input }: ToolOptions,
): Promise<ToolResult> {
  const client = await getContainerRuntimeClient()
  const name = spec.subcommands?.[mainClass] ?? mainClass
  const exec = await client.container.getById(spec.containerId).exec({
    Cmd: [...spec.command, name, ...args],
    AttachStdin: input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  })
  const stream = await exec.start({ hijack: true, stdin: input !== undefined })
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  client.container.dockerode.modem.demuxStream(stream, stdout, stderr)
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]
  const limit = AbortSignal.any(limits)
  const cancel = () => stream.destroy(new Error(`${mainClass}: ${String(limit.reason)}`))
  limit.addEventListener('abort', cancel, { once: true })
  const failed = new Promise<never>((_, reject) => stream.once('error', reject))
  stream.once('end', () => {
    stdout.end()
    stderr.end()
  })
  if (input !== undefined) stream.end(input)
  try {
    const output = await Promise.race([Promise.all([buffer(stdout), text(stderr)]), failed])
    const { ExitCode } = await exec.inspect()
    return { stdout: output[0], stderr: output[1], exitCode: ExitCode ?? -1 }
  } finally {
    limit.removeEventListener('abort', cancel)
  }
}
