#!/usr/bin/env node
import { type Actions, EXIT, parseCommandLine } from './cli.ts'
import { configActions } from './cli-config.ts'
import { inspectActions } from './cli-inspect.ts'
import { offsetsActions } from './cli-offsets.ts'
import { runActions } from './cli-run.ts'
import { statusActions } from './cli-status.ts'
import { json } from './cli-tools.ts'
import { validateActions } from './cli-validate.ts'
import { verifyActions } from './cli-verify.ts'
import { checkHealth } from './http/check-health.ts'

const HEALTH_TIMEOUT_MS = 3_000
/** For a reader that has stalled. */
const OUTPUT_TIMEOUT_MS = 60_000

const actions: Actions = {
  ...statusActions,
  ...offsetsActions,
  ...verifyActions,
  ...inspectActions,
  ...validateActions,
  ...runActions,
  ...configActions,
  async healthcheck({ url, json: asJson }) {
    const { ok, text } = await checkHealth(url, HEALTH_TIMEOUT_MS)
    if (asJson === true) process.stdout.write(json({ url, ok, text }))
    else process.stderr.write(`${text}\n`)
    return ok ? EXIT.ok : EXIT.failed
  },
}

// Whoever reads our output has read enough: `... | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(EXIT.failed)
})

process.exitCode = await parseCommandLine(process.argv.slice(2), actions)
await Promise.race([Promise.all([process.stdout, process.stderr].map(taken)), timeout()])
process.exit()

/** A pipe takes 64 KiB at once; what it has not taken yet would be lost at the exit. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}

function timeout(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, OUTPUT_TIMEOUT_MS).unref()
  })
}
