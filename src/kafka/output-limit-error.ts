/** Compressed bytes that would become more than was allowed. Turned into a BatchTooLargeError. */
export class OutputLimitError extends Error {
  readonly limitBytes: number
  constructor(limitBytes: number) {
    super(`more than ${limitBytes} bytes when decompressed`)
    this.limitBytes = limitBytes
  }
}
