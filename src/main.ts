#!/usr/bin/env node
import { type Actions, EXIT, parseCommandLine } from './cli.ts'
import { inspectActions } from './cli-inspect.ts'
import { offsetsActions } from './cli-offsets.ts'
import { runActions } from './cli-run.ts'
import { statusActions } from './cli-status.ts'
import { validateActions } from './cli-validate.ts'
import { verifyActions } from './cli-verify.ts'
import { loadConfig } from './config/load.ts'
import { renderConfig, renderJsonSchema } from './config/print.ts'
import { checkHealth } from './http/check-health.ts'

const HEALTH_TIMEOUT_MS = 3_000

const actions: Actions = {
  ...statusActions,
  ...offsetsActions,
  ...verifyActions,
  ...inspectActions,
  ...validateActions,
  ...runActions,
  async printConfig({ config: file, set: sets }) {
    const sources = { ...(file === undefined ? {} : { file }), env: process.env, sets }
    process.stdout.write(renderConfig(loadConfig(sources)))
    return EXIT.ok
  },
  async printSchema() {
    process.stdout.write(renderJsonSchema())
    return EXIT.ok
  },
  async healthcheck({ url }) {
    const { ok, text } = await checkHealth(url, HEALTH_TIMEOUT_MS)
    process.stderr.write(`${text}\n`)
    return ok ? EXIT.ok : EXIT.failed
  },
}

process.exitCode = await parseCommandLine(process.argv.slice(2), actions)
process.exit()
