#!/usr/bin/env -S node --max-semi-space-size=4
import { type Actions, EXIT, packageVersion, parseCommandLine } from './cli.ts'
import { inspectActions } from './cli-inspect.ts'
import { offsetsActions } from './cli-offsets.ts'
import { statusActions } from './cli-status.ts'
import { verifyActions } from './cli-verify.ts'
import { loadConfig } from './config/load.ts'
import { renderConfig, renderJsonSchema } from './config/print.ts'
import { SinkError } from './core/errors.ts'
import { checkHealth } from './http/check-health.ts'

const HEALTH_TIMEOUT_MS = 3_000
/** Ctrl-C reaches a child of npm twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500
/** What a shell reports for a process that a signal ended: 128 + its number. */
const FORCED_EXIT = { SIGINT: 130, SIGTERM: 143 } as const

const actions: Actions = {
  ...statusActions,
  ...offsetsActions,
  ...verifyActions,
  ...inspectActions,
  async run({ config: file, set: sets }) {
    const config = loadConfig({ ...(file === undefined ? {} : { file }), env: process.env, sets })
    // Only here: the other commands need neither Kafka nor HDFS.
    const { runSink } = await import('./compose.ts')
    try {
      return await runSink(config, endSignal(), packageVersion())
    } catch (error) {
      if (!(error instanceof SinkError)) throw error
      process.stderr.write(`${error.message}\n`)
      return EXIT.failed
    }
  },
  async validate({ config: file, set: sets }) {
    loadConfig({ ...(file === undefined ? {} : { file }), env: process.env, sets })
    process.stderr.write(`${file ?? 'The environment'} is a valid configuration.\n`)
    return EXIT.ok
  },
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

/** Aborts at the first SIGTERM or SIGINT; the second ends the process at once. */
function endSignal(): AbortSignal {
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

process.exitCode = await parseCommandLine(process.argv.slice(2), actions)
process.exit()
