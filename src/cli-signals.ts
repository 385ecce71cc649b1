/** How a command is told to end. */

/** Ctrl-C reaches a child of npm twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500
/** What a shell reports for a process that a signal ended: 128 + its number. */
const FORCED_EXIT = { SIGINT: 130, SIGTERM: 143 } as const

/** Aborts at the first SIGTERM or SIGINT; the second ends the process at once. */
export function endSignal(): AbortSignal {
  const ending = new AbortController()
  let firstMs = 0
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      const again = ending.signal.aborted
      if (again && performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(FORCED_EXIT[name])
      if (!again) firstMs = performance.now()
      ending.abort(name)
    })
  }
  return ending.signal
}
