/** The command `validate`: the file first, then the environment. */
import type { Command } from 'commander'
import type { ConfigFlags } from './cli.ts'
import { type Paint, paintFor } from './cli-colors.ts'
import { endSignal } from './cli-signals.ts'
import { type CommandSetup, json } from './cli-tools.ts'
import type { EnvironmentReport } from './compose-validate.ts'
import { loadConfig } from './config/load.ts'
import { ConfigError } from './config/problems.ts'
import type { SinkConfig } from './config/schema.ts'
import type { Step } from './validate/checklist.ts'

export interface ValidateFlags extends ConfigFlags {
  /** false with --no-environment. */
  readonly environment: boolean
  readonly json?: true
}

export interface ValidateActions {
  validate(flags: ValidateFlags): Promise<number>
}

const FAILED = 1

export function addValidateCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: ValidateActions,
): void {
  addConfigFlags(program.command('validate'))
    .description('check a configuration, then whether Kafka and HDFS are as it needs them')
    .option('--no-environment', 'only the configuration: ask neither Kafka nor HDFS')
    .option('--json', 'as JSON')
    .addHelpText('after', VALIDATE_EXAMPLES)
    .action(async (flags: ValidateFlags) => onExitCode(await actions.validate(flags)))
}

export const validateActions: ValidateActions = {
  async validate({ config: file, set: sets, environment, json: asJson }) {
    const sources = { file, env: process.env, sets }
    const config = asJson === true ? loadOrTell(sources) : loadConfig(sources)
    if (typeof config === 'number') return config
    if (asJson !== true) {
      process.stderr.write(`${file ?? 'The environment'} is a valid configuration.\n`)
    }
    const report = environment ? await checkAround(config, asJson === true) : undefined
    const ok = report?.ok ?? true
    if (asJson === true) {
      process.stdout.write(json({ ok, problems: [], steps: report?.steps ?? null }))
    } else if (report !== undefined) process.stderr.write(summary(report))
    return ok ? 0 : FAILED
  },
}

/** With --json what is wrong with the configuration is data too; then the exit code. */
function loadOrTell(sources: Parameters<typeof loadConfig>[0]): SinkConfig | number {
  try {
    return loadConfig(sources)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const problems = error.problems.map(({ place: { name, excerpt }, message, help }) => {
      const { line = null, column = null } = excerpt ?? {}
      return { place: name, line, column, message, help: help ?? null }
    })
    process.stdout.write(json({ ok: false, problems, steps: null }))
    return error.exitCode
  }
}

async function checkAround(config: SinkConfig, asJson: boolean): Promise<EnvironmentReport> {
  // Only here: the file alone needs neither Kafka nor HDFS.
  const { validateEnvironment } = await import('./compose-validate.ts')
  const paint = paintFor(process.stdout)
  return await validateEnvironment(config, endSignal(), (step) => {
    if (!asJson) process.stdout.write(stepText(step, paint))
  })
}

const MARKS = {
  ok: ['ok', 'green'],
  warned: ['note', 'yellow'],
  failed: ['FAILED', 'red'],
  skipped: ['-', 'dim'],
} as const

/** One line, and one more with what to do. */
export function stepText({ name, about, outcome, found, help }: Step, paint: Paint): string {
  const [mark, color] = MARKS[outcome]
  const line = `${paint(color, mark.padEnd(7))} ${name.padEnd(13)} ${about}: ${found}\n`
  return help === null ? line : `${line}${' '.repeat(8)}${paint(color, '=')} ${help}\n`
}

function summary({ ok, steps }: EnvironmentReport): string {
  if (ok) return 'Kafka and HDFS are as this configuration needs them.\n'
  const failed = steps.filter(({ outcome }) => outcome === 'failed').length
  const skipped = steps.filter(({ outcome }) => outcome === 'skipped').length
  const rest = skipped === 0 ? '' : `, ${skipped} were skipped`
  return `${failed} of ${steps.length} steps failed${rest}.\n`
}

const VALIDATE_EXAMPLES = `
It goes on from the configuration to what it names, a step after the other: names, ports, brokers,
topics, the right to read them and to join the group, NameNodes and which is active, whether the root
is writable, a file's way to a DataNode and back, attributes, renames. It joins no group, commits
nothing, and removes from HDFS what it made there. It may run beside a running sink.

Examples:
  $ kafka-hdfs-sink validate --config config/sink.yaml
  $ kafka-hdfs-sink validate --config config/sink.yaml --no-environment
  $ kafka-hdfs-sink validate --config config/sink.yaml --json | jq '.steps[] | select(.help)'

Exit codes: 0 all right, 1 the environment is not, 78 the configuration is not.`
