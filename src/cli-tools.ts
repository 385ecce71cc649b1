/** What the commands share that look at a sink, or move it. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ConfigFlags } from './cli.ts'
import type { Tools } from './compose-tools.ts'
import { loadConfig } from './config/load.ts'
import { SinkError } from './core/errors.ts'

/** Of a command that found what should not be. */
export const FOUND_PROBLEMS = 3
const FAILED = 1

export interface ToolFlags extends ConfigFlags {
  readonly topic?: TopicFlag
  readonly json?: true
}

/** `clicks`, or some of its partitions: `clicks:0,1`. */
export interface TopicFlag {
  readonly topic: string
  readonly partitions?: readonly number[]
}

/** How a command is added to the program, by whoever adds it. */
export interface CommandSetup {
  readonly addConfigFlags: (command: Command) => Command
  readonly parseUrl: (text: string) => string
  readonly onExitCode: (code: number) => void
}

/** Connects to Kafka and HDFS and runs `use`; what prevents that is said in one line, and is 1. */
export async function runTool(
  { config: file, set: sets }: ConfigFlags,
  use: (tools: Tools) => Promise<number>,
): Promise<number> {
  const config = loadConfig({ file, env: process.env, sets })
  // Only here: `--help` needs neither Kafka nor HDFS.
  const { withTools } = await import('./compose-tools.ts')
  try {
    return await withTools(config, use)
  } catch (error) {
    if (!(error instanceof SinkError)) throw error
    process.stderr.write(`${error.message}\n`)
    return FAILED
  }
}

export function topicOption(description: string): Option {
  return new Option('-t, --topic <topic[:0,1]>', description).argParser(parseTopic)
}

function parseTopic(text: string): TopicFlag {
  const [, topic, list] = /^([A-Za-z0-9._-]+)(?::(\d{1,9}(?:,\d{1,9})*))?$/.exec(text) ?? []
  if (topic === undefined) {
    throw new InvalidArgumentError(
      'Write a topic, or some of its partitions: clicks or clicks:0,1.',
    )
  }
  if (list === undefined) return { topic }
  return { topic, partitions: [...new Set(list.split(',').map(Number))] }
}

/** Columns as wide as their widest cell; two spaces between. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
