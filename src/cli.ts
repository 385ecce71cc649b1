import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { addCompletionCommand } from './cli-completion.ts'
import { addConfigCommand, type ConfigActions } from './cli-config.ts'
import { addInspectCommand, type InspectActions } from './cli-inspect.ts'
import { addOffsetsCommand, type OffsetsActions } from './cli-offsets.ts'
import { addRunCommand, type RunActions } from './cli-run.ts'
import { addStatusCommand, type StatusActions } from './cli-status.ts'
import { addValidateCommand, type ValidateActions } from './cli-validate.ts'
import { addVerifyCommand, type VerifyActions } from './cli-verify.ts'
import { ConfigError } from './config/problems.ts'
import { packageVersion } from './package-version.ts'

/** Where a command takes its configuration from. */
export interface ConfigFlags {
  /** Path of the YAML file. */
  readonly config?: string
  /** `key=value`, in the order given. */
  readonly set: readonly string[]
}

/** What the commands do. Each resolves with the exit code, or throws. */
export interface Actions
  extends RunActions,
    ValidateActions,
    ConfigActions,
    StatusActions,
    OffsetsActions,
    VerifyActions,
    InspectActions {
  healthcheck(flags: HealthFlags): Promise<number>
}

export interface HealthFlags {
  readonly url: string
  readonly json?: true
}

/** Where the command line writes: data to `out`, everything else to `err`. */
export interface Output {
  out(text: string): void
  err(text: string): void
}

export const EXIT = { ok: 0, failed: 1, usage: 2, config: 78 } as const

const LEAST_NODE = 24
const DEFAULT_HEALTH_URL = 'http://127.0.0.1:8080/livez'

const STANDARD_OUTPUT: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/**
 * Runs the command that the arguments name (without `node` and the script) and resolves with the
 * exit code: 0, what the action resolved with, 2 for a wrong command line, 78 for a wrong
 * configuration, 1 for any other error. Never rejects.
 */
export async function parseCommandLine(
  args: readonly string[],
  actions: Actions,
  { output = STANDARD_OUTPUT, nodeVersion = process.versions.node } = {},
): Promise<number> {
  const tooOld = nodeVersionProblem(nodeVersion)
  if (tooOld !== undefined) {
    output.err(`${tooOld}\n`)
    return EXIT.failed
  }
  let exitCode: number = EXIT.ok
  const program = buildProgram(actions, { output, onExitCode: (code) => (exitCode = code) })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof ConfigError) {
      output.err(`${error.message}\n`)
      return error.exitCode
    }
    output.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return EXIT.failed
  }
}

/** Why this version of Node cannot run the sink. */
export function nodeVersionProblem(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= LEAST_NODE) return undefined
  return (
    `kafka-hdfs-sink needs Node ${LEAST_NODE} or newer, this is ${version}: ` +
    'start it with npm or npx, which bring their own, or install a newer one.'
  )
}

/** The command line, with its actions. A wrong one throws a CommanderError. */
export function buildProgram(
  actions: Actions,
  {
    output = STANDARD_OUTPUT,
    onExitCode = () => {},
  }: { output?: Output; onExitCode?: (code: number) => void } = {},
): Command {
  const program = new Command('kafka-hdfs-sink')
    .description('Moves Kafka records into HDFS files over WebHDFS, each record exactly once.')
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .exitOverride()
    .showHelpAfterError('(add --help for what is possible)')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)

  const setup = { addConfigFlags, parseUrl, onExitCode }
  addRunCommand(program, setup, actions)
  addValidateCommand(program, setup, actions)
  addConfigCommand(program, setup, actions)
  addStatusCommand(program, setup, actions)
  addOffsetsCommand(program, setup, actions)
  addVerifyCommand(program, setup, actions)
  addInspectCommand(program, setup, actions)

  program
    .command('healthcheck')
    .description('ask a running sink whether it is well: 0 if so, else 1')
    .option('--url <url>', 'what to ask', parseUrl, DEFAULT_HEALTH_URL)
    .option('--json', 'what was asked and answered, as JSON')
    .addHelpText('after', HEALTHCHECK_EXAMPLES)
    .action(async (flags: HealthFlags) => onExitCode(await actions.healthcheck(flags)))

  addCompletionCommand(program, setup, output.out)

  program
    .command('version')
    .description('print the version')
    .action(() => output.out(`${packageVersion()}\n`))

  return program
}

function addConfigFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'YAML file; without it environment and flags have to suffice')
    .addOption(
      new Option('-s, --set <key=value>', 'set one key, over file and environment; may be repeated')
        .default([], 'none')
        .argParser((set, earlier: readonly string[]) => [...earlier, parseSet(set)]),
    )
}

function parseSet(set: string): string {
  if (/^[^=]+=/.test(set)) return set
  throw new InvalidArgumentError('Write key=value, such as kafka.group=archive.')
}

function parseUrl(text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError(`Write a URL such as ${DEFAULT_HEALTH_URL}.`)
}

const EXAMPLES = `
Examples:
  $ kafka-hdfs-sink config init sink.yaml
  $ kafka-hdfs-sink validate --config sink.yaml
  $ kafka-hdfs-sink run --config sink.yaml --dry-run
  $ kafka-hdfs-sink run --config sink.yaml
  $ kafka-hdfs-sink status --config sink.yaml

Data goes to standard output, everything else to standard error; NO_COLOR switches colours off.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 something is found that should not be,
78 wrong configuration, 130 and 143 ended at once by a second signal.`

const HEALTHCHECK_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink healthcheck
  $ kafka-hdfs-sink healthcheck --url http://127.0.0.1:8080/readyz --json

Exit codes: 0 it is well, 1 it is not, or does not answer.`
