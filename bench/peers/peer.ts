import type { Stack } from '../../stack/index.ts'
import type { Figures } from '../figures.ts'

/** What a peer has to move. */
export interface PeerTask {
  readonly topic: string
  readonly partitions: number
  readonly records: number
  /** Of a line, its end included. */
  readonly lineBytes: number
  readonly recordsPerFile: number
  /** Names its group and its directory. */
  readonly run: string
}

/** Another program that moves the same topics into the same files. */
export interface Peer {
  readonly name: string
  /** Brings what it needs, where that can be had; throws PeerMissingError where it cannot. */
  prepare(): Promise<void>
  /** Moves everything once. */
  run(stack: Stack, task: PeerTask): Promise<Figures>
}

/** It cannot be had or run on this machine. */
export class PeerMissingError extends Error {}
