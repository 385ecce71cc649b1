/** The commands `offsets show` and `offsets reset`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type CommandSetup,
  json,
  runTool,
  type ToolFlags,
  table,
  topicOption,
} from './cli-tools.ts'
import type { ResetMove, ResetOptions, ShownOffsets } from './compose-offsets.ts'
import { parseTarget, type Target } from './core/move-plan.ts'
import { visibleText } from './core/visible-text.ts'

export interface ResetFlags extends ToolFlags {
  readonly to: Target
  readonly reason?: string
  readonly execute?: true
  readonly newJournal?: true
  readonly keepFiles?: true
}

export interface OffsetsActions {
  showOffsets(flags: ToolFlags): Promise<number>
  resetOffsets(flags: ResetFlags): Promise<number>
}

export function addOffsetsCommand(
  program: Command,
  { addConfigFlags, onExitCode }: CommandSetup,
  actions: OffsetsActions,
): void {
  const offsets = program.command('offsets').description('show where the sink stands, or move it')

  addConfigFlags(offsets.command('show'))
    .description('print the offsets of journal and group side by side, and who moved them last')
    .addOption(topicOption('only this topic, or some of its partitions'))
    .option('--json', 'as JSON')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (flags: ToolFlags) => onExitCode(await actions.showOffsets(flags)))

  addConfigFlags(offsets.command('reset'))
    .description('move the sink, journal and group together, while it is stopped')
    .addOption(topicOption('what to move').makeOptionMandatory())
    .addOption(new Option('--to <where>', TARGETS).argParser(parseTo).makeOptionMandatory())
    .option('--reason <text>', 'kept with the journal, for whoever asks', parseReason)
    .option('--new-journal', 'put a journal aside that is foreign or damaged, and begin a new one')
    .option('--keep-files', 'move although published files hold records that will come again')
    .option('--execute', 'do it; without this only say what would happen')
    .option('--json', 'as JSON')
    .addHelpText('after', RESET_EXAMPLES)
    .action(async (flags: ResetFlags) => onExitCode(await actions.resetOffsets(flags)))
}

const TARGETS =
  'earliest, latest, journal, group, an offset, or a time such as 2026-01-31T00:00:00Z'

function parseTo(text: string): Target {
  const target = parseTarget(text)
  if (target !== undefined) return target
  throw new InvalidArgumentError(`Write ${TARGETS}.`)
}

const LONGEST_REASON = 1_000

function parseReason(text: string): string {
  if (text.length <= LONGEST_REASON) return text
  throw new InvalidArgumentError(`Write at most ${LONGEST_REASON} characters.`)
}

export const offsetsActions: OffsetsActions = {
  showOffsets: (flags) =>
    runTool(flags, async (tools) => {
      const { readPositions, showPosition } = await import('./compose-offsets.ts')
      const shown = (await readPositions(tools, flags.topic ?? {})).map(showPosition)
      const { group } = tools.config.kafka
      process.stdout.write(flags.json ? json({ group, partitions: shown }) : offsetsTable(shown))
      return 0
    }),

  resetOffsets: (flags) =>
    runTool(flags, async (tools) => {
      const { executeReset, planReset } = await import('./compose-offsets.ts')
      const options = resetOptions(flags)
      const moves = await planReset(tools, options)
      const done: object[] = []
      if (!flags.json) process.stdout.write(moves.map(movePlanned).join(''))
      const { group } = tools.config.kafka
      try {
        if (options.execute) {
          await executeReset(tools, moves, options, ({ at, to }, { journalId, head, putAside }) => {
            done.push({ ...at, journalId, seq: head.seq, putAside: putAside ?? null })
            if (flags.json) return
            const aside = putAside === undefined ? '' : ` The old journal is kept at ${putAside}.`
            process.stdout.write(`${nameOf(at)} was moved to ${to}.${aside}\n`)
          })
        } else process.stderr.write('Nothing was changed: add --execute to do it.\n')
      } finally {
        // Also of a reset that fails half-way: some partitions are moved then.
        if (flags.json) {
          const planned = moves.map(({ at, ...move }) => ({ ...at, ...move }))
          process.stdout.write(json({ group, execute: options.execute, moves: planned, done }))
        }
      }
      return 0
    }),
}

function resetOptions(flags: ResetFlags): ResetOptions {
  return {
    selection: flags.topic ?? {},
    target: flags.to,
    reason: flags.reason,
    execute: flags.execute ?? false,
    newJournal: flags.newJournal ?? false,
    keepFiles: flags.keepFiles ?? false,
  }
}

function movePlanned(move: ResetMove): string {
  const { at, from, fromGroup, to, meaning, replaces, journal, files, logReplaced } = move
  const lines = [
    `${nameOf(at)}: journal ${from ?? '-'}, group ${fromGroup ?? '-'} -> ${to}`,
    `  ${meaning}`,
  ]
  if (replaces) lines.push(`  The journal at ${journal} is put aside, and kept.`)
  if (files.count > 0) {
    const what = logReplaced
      ? 'files are of another log; new files could want their names'
      : `files hold offsets from ${to} to ${files.end - 1}`
    lines.push(`  ${files.count} published ${what}:`)
    lines.push(...files.first.map(({ path }) => `    ${path}`))
    const more = files.count - files.first.length
    if (more > 0) lines.push(`    and ${more} more`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function offsetsTable(shown: readonly ShownOffsets[]): string {
  const header = ['PARTITION', 'JOURNAL', 'SEQ', 'GROUP', 'COMMITTED BY', 'LOG', 'LAST RESET']
  const rows = shown.map(({ journal, journalProblem, group, log, lastReset, ...at }) => [
    nameOf(at),
    String(journal?.end ?? journalProblem ?? '-'),
    String(journal?.seq ?? '-'),
    String(group?.offset ?? '-'),
    group === null ? '-' : group.ours ? 'this sink' : 'somebody else',
    `${log.start} to ${log.end}`,
    lastReset === null
      ? '-'
      : `${lastReset.at} by ${lastReset.by}, ${lastReset.from ?? '-'} -> ${lastReset.to}` +
        (lastReset.reason === null ? '' : `: ${visibleText(lastReset.reason)}`),
  ])
  return table([header, ...rows])
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}

const SHOW_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink offsets show --config sink.yaml
  $ kafka-hdfs-sink offsets show --config sink.yaml --topic clicks --json

Exit codes: 0 shown, 1 it could not be found out.`

const RESET_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink offsets reset --config config/sink.yaml --topic clicks --to 2026-01-31T00:00:00Z
  $ kafka-hdfs-sink offsets reset --config config/sink.yaml --topic clicks:3 --to journal --execute

Stop the sink first: it is refused while the group has members. Journal and group are moved together,
and who did it, when and why is kept with the journal (see offsets show).

Exit codes: 0 done, or said what would be, 1 refused or failed.`
