/**
 * Frees memory that nobody reads or writes any more, at once. What is left to V8 instead counts for it
 * until it is collected, and it collects everything for each few MiB outside its heap.
 *
 * Not what Node lends out in parts: small buffers share their memory with others.
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (buffer.byteLength > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
