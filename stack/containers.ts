import type { Stack, StackOptions } from './types.ts'

export async function startContainers(_options: StackOptions): Promise<Stack> {
  throw new Error('not yet')
}
