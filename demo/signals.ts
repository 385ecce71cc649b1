const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

// npm passes a Ctrl-C on to us, and so does the terminal: what comes this soon is the same one.
const SAME_SIGNAL_MS = 500

export interface Ending {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP, or when nobody reads our output any more. */
  readonly signal: AbortSignal
  /** What to exit with, once it has aborted. */
  exitCode(): number
}

/** The second signal ends the process at once: the guards then end all that it started. */
export function listenForTheEnd(): Ending {
  const ending = new AbortController()
  let firstAt: number | undefined
  let exitCode = 1
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      if (firstAt !== undefined && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(code)
      if (firstAt !== undefined) return
      firstAt = performance.now()
      exitCode = code
      ending.abort()
    })
  }
  // A closed pipe (`| head`) or a closed terminal.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ending.abort())
  return { signal: ending.signal, exitCode: () => exitCode }
}
