/** The commands `config print`, `config schema` and `config init`. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { ConfigFlags } from './cli.ts'
import { type CommandSetup, json } from './cli-tools.ts'
import { loadConfig } from './config/load.ts'
import { redact, renderConfig, renderJsonSchema } from './config/print.ts'
import { renderStarter } from './config/starter.ts'

export interface PrintFlags extends ConfigFlags {
  readonly json?: true
}

export interface ConfigActions {
  printConfig(flags: PrintFlags): Promise<number>
  printSchema(): Promise<number>
  /** `-` is standard output. */
  initConfig(file: string): Promise<number>
}

const FAILED = 1
const STANDARD_OUTPUT = '-'

export function addConfigCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: ConfigActions,
): void {
  const config = program.command('config').description('begin, show or describe a configuration')
  config
    .command('init')
    .description('write a commented file to begin with; never over one that is there')
    .argument('[file]', 'where to; - prints it', 'sink.yaml')
    .addHelpText('after', INIT_EXAMPLES)
    .action(async (file: string) => onExitCode(await actions.initConfig(file)))
  addConfigFlags(config.command('print'))
    .description('print what results from file, environment and flags, secrets hidden, as YAML')
    .option('--json', 'as JSON')
    .addHelpText('after', PRINT_EXAMPLES)
    .action(async (flags: PrintFlags) => onExitCode(await actions.printConfig(flags)))
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .addHelpText('after', SCHEMA_EXAMPLES)
    .action(async () => onExitCode(await actions.printSchema()))
}

export const configActions: ConfigActions = {
  async printConfig({ config: file, set: sets, json: asJson }) {
    const config = loadConfig({ file, env: process.env, sets })
    process.stdout.write(asJson === true ? json(redact(config)) : renderConfig(config))
    return 0
  },

  async printSchema() {
    process.stdout.write(renderJsonSchema())
    return 0
  },

  async initConfig(file) {
    if (file === STANDARD_OUTPUT) {
      process.stdout.write(renderStarter())
      return 0
    }
    try {
      writeFileSync(file, renderStarter(), { flag: 'wx' })
    } catch (error) {
      process.stderr.write(`${whyNotWritten(file, error)}\n`)
      return FAILED
    }
    process.stderr.write(
      `${file} was written. Next: set brokers, topics and NameNodes in it, then run\n` +
        `  kafka-hdfs-sink validate --config ${file}\n`,
    )
    return 0
  },
}

function whyNotWritten(file: string, error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    return `${file} is there already, and was left as it is. Name another file, or remove it first.`
  }
  return `${file} could not be written: ${error instanceof Error ? error.message : String(error)}`
}

const INIT_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink config init
  $ kafka-hdfs-sink config init archive.yaml
  $ kafka-hdfs-sink config init - | less

Exit codes: 0 written, 1 not, such as where the file is there already.`

const PRINT_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink config print --config sink.yaml
  $ SINK_KAFKA__GROUP=archive kafka-hdfs-sink config print --config sink.yaml --json | jq .kafka

Exit codes: 0 printed, 78 wrong configuration.`

const SCHEMA_EXAMPLES = `
Example, for editors that know YAML by its language server:
  $ kafka-hdfs-sink config schema > sink.schema.json
  and as the first line of sink.yaml: # yaml-language-server: $schema=./sink.schema.json`
