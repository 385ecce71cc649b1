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

process.exitCode = await parseCommandLine(process.argv.slice(2), actions)
process.exit()
