/** The command `status`. */
import type { Command } from 'commander'
import {
  type CommandSetup,
  FOUND_PROBLEMS,
  json,
  runTool,
  type ToolFlags,
  table,
  topicOption,
} from './cli-tools.ts'
import type { PartitionStatus, Status } from './compose-status.ts'

export interface StatusFlags extends ToolFlags {
  readonly url?: string
  readonly files?: true
}

export interface StatusActions {
  status(flags: StatusFlags): Promise<number>
}

export function addStatusCommand(
  program: Command,
  { addConfigFlags, parseUrl, onExitCode }: CommandSetup,
  actions: StatusActions,
): void {
  addConfigFlags(program.command('status'))
    .description('show how each partition stands: 3 when one is stopped, or would be')
    .addOption(topicOption('only this topic, or some of its partitions'))
    .option('--url <url>', 'a running sink to ask as well; on this machine if not given', parseUrl)
    .option('--files', 'look for the last file of each partition too, by listing all directories')
    .option('--json', 'as JSON')
    .addHelpText('after', STATUS_EXAMPLES)
    .action(async (flags: StatusFlags) => onExitCode(await actions.status(flags)))
}

export const statusActions: StatusActions = {
  status: (flags) =>
    runTool(flags, async (tools) => {
      const { readStatus } = await import('./compose-status.ts')
      const { url, files = false, topic: selection = {} } = flags
      const status = await readStatus(tools, { selection, url, files })
      process.stdout.write(flags.json ? json(status) : statusText(status, files))
      const isWell = status.partitions.every(({ reason }) => reason === null)
      return isWell ? 0 : FOUND_PROBLEMS
    }),
}

function statusText({ group, sink, partitions }: Status, files: boolean): string {
  const header = ['PARTITION', 'STATE', 'JOURNAL', 'COMMITTED', 'LOG END', 'LAG', 'LAST FILE']
  const noFile = files ? '-' : '- (add --files)'
  const rows = partitions.map(({ state, journal, committed, log, lag, ...at }) => [
    nameOf(at),
    at.reason === null ? state : `${state}: ${at.reason}`,
    journal === null ? '-' : `${journal.end} (seq ${journal.seq})`,
    committed === null ? '-' : `${committed.offset}${committed.ours ? '' : ' (not by this sink)'}`,
    String(log.end),
    String(lag ?? '-'),
    fileText(at) ?? noFile,
  ])
  const explained = partitions.flatMap((each) => each.explanation ?? [])
  return [
    `Group ${group}. ${whoAnswers(sink)}\n\n`,
    table([header, ...rows]),
    ...explained.map((text) => `\n${text}\n`),
  ].join('')
}

type LastFile = Pick<PartitionStatus, 'lastFile' | 'lastFileEnd'>

function fileText({ lastFile, lastFileEnd }: LastFile): string | undefined {
  if (lastFile === null) return undefined
  return lastFileEnd === null ? lastFile : `${lastFile} (to ${lastFileEnd})`
}

function whoAnswers({ url, answered, otherGroup }: Status['sink']): string {
  if (url === null) return 'No running sink was asked: --url names one.'
  if (otherGroup !== undefined) {
    return `The sink at ${url} is of group ${otherGroup}: --url names one of this group.`
  }
  if (answered) return `The sink at ${url} was asked too.`
  return `No running sink answers at ${url}: what follows is what journal, group and log say.`
}

function nameOf({ topic, partition }: Pick<PartitionStatus, 'topic' | 'partition'>): string {
  return `${topic}-${partition}`
}

const STATUS_EXAMPLES = `
Examples:
  $ kafka-hdfs-sink status --config sink.yaml
  $ kafka-hdfs-sink status --config sink.yaml --topic clicks:0,1 --files
  $ kafka-hdfs-sink status --config sink.yaml --json | jq '.partitions[] | select(.reason)'

Exit codes: 0 all is well, 1 it could not be found out, 3 a partition is stopped, or would be.`
