/** The command `verify`. */
import { type Command, Option } from 'commander'
import type { Thoroughness } from './audit/context.ts'
import type { ConfigFlags } from './cli.ts'
import { progressTo } from './cli-progress.ts'
import { type CommandSetup, FOUND_PROBLEMS, json, table } from './cli-tools.ts'
import { loadConfig } from './config/load.ts'
import { SinkError } from './core/errors.ts'

export interface VerifyFlags extends ConfigFlags {
  readonly topic: readonly string[]
  readonly json?: true
  readonly quick?: true
  readonly deep?: true
}

export interface VerifyActions {
  verify(flags: VerifyFlags): Promise<number>
}

const FAILED = 1

export function addVerifyCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: VerifyActions,
): void {
  addConfigFlags(program.command('verify'))
    .description('compare the files in HDFS with the journal and with Kafka; changes nothing')
    .addOption(
      new Option('-t, --topic <topic>', 'only this topic; may be repeated')
        .default([], 'all that are configured')
        .argParser((topic, earlier: readonly string[]) => [...earlier, topic]),
    )
    .addOption(
      new Option('--quick', 'look at names, stamps and lengths, and read no file').conflicts(
        'deep',
      ),
    )
    .option('--deep', 'count also in Kafka the records of every file')
    .option('--json', 'as JSON')
    .addHelpText('after', VERIFY_EXAMPLES)
    .action(async (flags: VerifyFlags) => onExitCode(await actions.verify(flags)))
}

export const verifyActions: VerifyActions = {
  async verify({ config: file, set: sets, topic: topics, json: asJson, ...flags }) {
    const config = loadConfig({ file, env: process.env, sets })
    // Only here: `--help` needs neither Kafka nor HDFS.
    const { runVerify } = await import('./compose-verify.ts')
    const { renderReport } = await import('./audit/report.ts')
    const bar = progressTo({
      stream: process.stderr,
      name: 'verify',
      nowMs: () => performance.now(),
      environment: process.env,
    })
    try {
      const thoroughness = thoroughnessOf(flags)
      const progress = bar.report.bind(bar)
      const report = await runVerify(config, { topics, thoroughness, progress }).finally(bar.end)
      process.stdout.write(asJson === true ? json(report) : renderReport(report, table))
      return report.ok ? 0 : FOUND_PROBLEMS
    } catch (error) {
      if (!(error instanceof SinkError)) throw error
      process.stderr.write(`${error.message}\n`)
      return FAILED
    }
  },
}

function thoroughnessOf({ quick, deep }: Pick<VerifyFlags, 'quick' | 'deep'>): Thoroughness {
  if (quick === true) return 'quick'
  return deep === true ? 'deep' : 'normal'
}

const VERIFY_EXAMPLES = `
It finds records below the journal's end that Kafka has and no file holds (gaps), records in two
files (overlaps), files that are truncated, cannot be decoded or hold something else than their
stamp says, files in the topic's directories that the sink has not written, files beyond the
journal's end, and whatever would stop the sink at its next start. What is not written yet is lag,
and not wrong. Files that were moved away are gaps as long as Kafka has their records. It may run
beside a running sink.

Examples:
  $ kafka-hdfs-sink verify --config config/sink.yaml
  $ kafka-hdfs-sink verify --config config/sink.yaml --topic clicks --quick
  $ kafka-hdfs-sink verify --config config/sink.yaml --json | jq '.findings[]'

Exit codes: 0 all right, 1 it could not be finished, 3 something is wrong.`
