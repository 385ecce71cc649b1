import type { Usage } from '../sink/process-usage.ts'
import type { Peer } from './peer.ts'
import { type CommandFor, idlePeer, measurePeer } from './process.ts'

/**
 * A peer that is a process: `bringIt` gets what it needs and says how it is started. Its idle run is
 * made once.
 */
export function peerOf(name: string, bringIt: () => Promise<CommandFor>): Peer {
  let commandFor: CommandFor | undefined
  let idle: Usage | undefined
  return {
    name,
    async prepare() {
      commandFor = await bringIt()
    },
    async run(stack, task) {
      if (commandFor === undefined) throw new Error(`${name} was not prepared`)
      idle ??= await idlePeer(name, stack, task, commandFor)
      return await measurePeer(name, stack, task, commandFor, idle)
    },
  }
}
