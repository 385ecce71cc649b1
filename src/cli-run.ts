/** The command `run`, and its rehearsal. */
import type { Command } from 'commander'
import type { ConfigFlags } from './cli.ts'
import { endSignal } from './cli-signals.ts'
import { type CommandSetup, FOUND_PROBLEMS } from './cli-tools.ts'
import { loadConfig } from './config/load.ts'
import type { SinkConfig } from './config/schema.ts'
import { SinkError } from './core/errors.ts'
import type { DryRunEvent, DryRunSummary } from './dry-run/events.ts'
import { packageVersion } from './package-version.ts'

export interface RunFlags extends ConfigFlags {
  readonly dryRun?: true
  /** Only with dryRun. */
  readonly json?: true
}

export interface RunActions {
  run(flags: RunFlags): Promise<number>
}

const FAILED = 1

export function addRunCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: RunActions,
): void {
  const run = addConfigFlags(program.command('run'))
    .description('move records until SIGTERM or SIGINT')
    .option(
      '--dry-run',
      'say what it would write, up to where the logs end; write and commit nothing',
    )
    .option('--json', 'with --dry-run: a line of JSON for each thing it would do')
    .addHelpText('after', RUN_EXAMPLES)
  run.action(async (flags: RunFlags) => {
    if (flags.json === true && flags.dryRun !== true) {
      run.error("error: option '--json' is only for --dry-run: logs are JSON by log.format")
    }
    onExitCode(await actions.run(flags))
  })
}

export const runActions: RunActions = {
  async run({ config: file, set: sets, dryRun, json }) {
    const config = loadConfig({ file, env: process.env, sets })
    try {
      if (dryRun === true) return await rehearse(config, json === true)
      // Only here: the other commands need neither Kafka nor HDFS.
      const { runSink } = await import('./compose.ts')
      return await runSink(config, endSignal(), packageVersion())
    } catch (error) {
      if (!(error instanceof SinkError)) throw error
      process.stderr.write(`${error.message}\n`)
      return FAILED
    }
  },
}

async function rehearse(config: SinkConfig, asJson: boolean): Promise<number> {
  const { dryRun } = await import('./compose-dry-run.ts')
  const summary = await dryRun(config, endSignal(), (event) => {
    if (asJson) process.stdout.write(`${JSON.stringify(event)}\n`)
    else if (event.type === 'flush') process.stdout.write(flushText(event))
    else process.stderr.write(eventText(event))
  })
  if (asJson) process.stdout.write(`${JSON.stringify({ type: 'summary', ...summary })}\n`)
  else process.stderr.write(summaryText(summary))
  return summary.stopped === 0 ? 0 : FOUND_PROBLEMS
}

type Flush = Extract<DryRunEvent, { type: 'flush' }>

/** The files of a flush; none where only offsets without records were passed. */
export function flushText({ files, records, startOffset, endOffset, ...flush }: Flush): string {
  if (files.length === 0) return ''
  const { topic, partition, trigger, isOpen } = flush
  const why = isOpen ? 'not full yet' : trigger
  const what = `${topic}-${partition} offsets ${startOffset} to ${endOffset - 1}, ${records} records (${why})`
  return `${what}\n${files.map(({ path, byteLength }) => `  ${path}  ${byteLength} bytes\n`).join('')}`
}

export function eventText(event: Exclude<DryRunEvent, Flush>): string {
  if (event.type === 'trouble') {
    const { component, op, state } = event
    const name = component === 'hdfs' ? 'HDFS' : 'Kafka'
    return state === 'begins'
      ? `waiting for ${name}: ${op} fails and is repeated (validate says why; Ctrl-C ends this)\n`
      : `${name} answers again: ${op} works\n`
  }
  const name = `${event.topic}-${event.partition}`
  if (event.type === 'stop') return `${name} would stop: ${event.explanation}\n`
  if (event.from >= event.to) return `${name}: nothing new, it stands at ${event.from}\n`
  return `${name}: from offset ${event.from} to ${event.to - 1}\n`
}

function summaryText({
  files,
  records,
  bytes,
  partitions,
  stopped,
  complete,
}: DryRunSummary): string {
  const of = `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
  const stops = stopped === 0 ? '' : ` ${stopped} would stop.`
  const end = complete ? 'up to where the logs ended' : 'until it was ended'
  return (
    `It would have written ${files} files with ${records} records and ${bytes} bytes of ${of}, ${end}.` +
    `${stops} Nothing was written to HDFS, and nothing committed to Kafka.\n`
  )
}

const RUN_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink run --config config/sink.yaml
  $ kafka-hdfs-sink run --config config/sink.yaml --set workers=4 --set flush.records=50000
  $ SINK_KAFKA__GROUP=archive kafka-hdfs-sink run --config config/sink.yaml
  $ kafka-hdfs-sink run --config config/sink.yaml --dry-run

A dry run begins where the sink stands, reads up to where the logs end at that moment (Ctrl-C ends it
before), and prints the files that would come of it. It is in no group, so it may run beside the sink; but
what that publishes meanwhile it may find in its way (path-taken).

Exit codes: 0 ended by a signal with all that was read published and committed, 1 failed, or the
deadline of the shutdown passed, 78 wrong configuration, 130 and 143 ended at once by a second signal;
of a dry run 3 where a partition would stop.`
