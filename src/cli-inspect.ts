/** The command `inspect`. */
import type { Command } from 'commander'
import type { ConfigFlags } from './cli.ts'
import { type CommandSetup, FOUND_PROBLEMS, json } from './cli-tools.ts'
import { loadConfig } from './config/load.ts'
import type { SinkConfig } from './config/schema.ts'
import { SinkError } from './core/errors.ts'

export interface InspectFlags extends ConfigFlags {
  readonly json?: true
}

export interface InspectActions {
  inspect(file: string, flags: InspectFlags): Promise<number>
}

const FAILED = 1
const LOCAL = 'local:'

export function addInspectCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: InspectActions,
): void {
  addConfigFlags(program.command('inspect'))
    .description('read a file to its end, and say what it holds and what is wrong with it')
    .argument('<file>', 'an absolute path of HDFS, or local:PATH for a file of this machine')
    .option('--json', 'as JSON')
    .addHelpText('after', INSPECT_EXAMPLES)
    .action(async (file: string, flags: InspectFlags) =>
      onExitCode(await actions.inspect(file, flags)),
    )
}

export const inspectActions: InspectActions = {
  async inspect(file, flags) {
    const config = file.startsWith(LOCAL)
      ? undefined
      : loadConfig({ file: flags.config, env: process.env, sets: flags.set })
    try {
      const report = await inspectFile(file, config)
      if (report === undefined) {
        process.stderr.write(`There is no file at ${file}.\n`)
        return FAILED
      }
      const { renderInspection } = await import('./audit/inspect.ts')
      process.stdout.write(flags.json === true ? json(report) : renderInspection(report))
      return report.ok ? 0 : FOUND_PROBLEMS
    } catch (error) {
      if (!(error instanceof SinkError)) throw error
      process.stderr.write(`${error.message}\n`)
      return FAILED
    }
  },
}

/** Without a configuration a file of this machine. */
async function inspectFile(path: string, config: SinkConfig | undefined) {
  if (config === undefined) {
    const { inspectLocal } = await import('./audit/inspect.ts')
    return await inspectLocal(path.slice(LOCAL.length))
  }
  const { runInspect } = await import('./compose-verify.ts')
  return await runInspect(config, path)
}

const INSPECT_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink inspect /kafka/clicks/0/00000000000000000000-00000000000000000999.txt \\
      --config config/sink.yaml
  $ kafka-hdfs-sink inspect local:./part.jsonl.zst --json

Exit codes: 0 all right, 1 it could not be read, 3 it is truncated, cannot be decoded, or differs
from its stamp, 78 wrong configuration.`
