/** Below this many bytes a loop is faster than the call of a native copy (measured). */
const LOOP_BYTES = 32

/** Copies `source[start, start + length)` to `target` at `position`; returns where it ends. */
export function copyBytes(
  source: Buffer,
  start: number,
  length: number,
  target: Buffer,
  position: number,
): number {
  if (length > LOOP_BYTES) {
    source.copy(target, position, start, start + length)
  } else {
    for (let index = 0; index < length; index += 1) {
      target[position + index] = source[start + index]!
    }
  }
  return position + length
}
