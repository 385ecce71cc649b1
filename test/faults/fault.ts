import type { Random } from '../simulation/random.ts'
import type { World, WorldOptions } from './world.ts'

export type { Random } from '../simulation/random.ts'

/** Something bad that happens to sinks, or to the servers that they need. */
export interface Fault {
  /** 'kill -9 of the process right after the commit' */
  readonly name: string
  /** Row of the published table: 'kill -9 of the process', 'reply lost', 'HDFS away', ... */
  readonly kind: string
  /** Struck on a world that is shared with other faults, or needs one of its own. */
  readonly world: 'shared' | 'own'
  /** 'ha' needs a highly available stack. */
  readonly stack?: 'ha'
  /** Roughly how long it takes: quick ones are drawn more often. */
  readonly seconds: number
  /** Of a world of its own. */
  readonly options?: WorldOptions
  /**
   * Strikes, asserts what is specific to it, and heals: when it resolves, nothing of it is left and
   * at least one sink runs. Throws when something that must hold does not. Returns how often it
   * struck; once if nothing is returned.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most of them strike once and return nothing
  strike(world: World, random: Random): Promise<number | void>
}
