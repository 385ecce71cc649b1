import type { FilePart, FinishedFile } from './file-encoder.ts'

/**
 * Where an encoder writes: it asks for room, writes into `buffer` from `position` on, and then
 * moves `position`. Until it has moved it, nothing was written.
 */
export interface ByteTarget {
  readonly buffer: Buffer
  /** The same bytes as `buffer`, for writing several at once. */
  readonly view: DataView
  position: number
  /** Afterwards there are `byteLength` bytes in `buffer` from `position` on. */
  room(byteLength: number): void
  readonly byteLength: number
  readonly heldBytes: number
  cut(): FilePart | undefined
  finish(): FinishedFile
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
