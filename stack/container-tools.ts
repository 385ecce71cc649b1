import type { ContainerTool } from './tools.ts'
import type { ToolOptions, ToolResult } from './types.ts'

export async function runInContainer(
  _spec: ContainerTool,
  _mainClass: string,
  _args: readonly string[],
  _options: ToolOptions,
): Promise<ToolResult> {
  throw new Error('not yet')
}
