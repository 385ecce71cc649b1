import type { StackInfo } from '../../stack/index.ts'
import { shell } from './checker-files.ts'
import { type CommandResult, runCommand } from './sink-command.ts'
import type { LogLine } from './sink-process.ts'
import type { SinkSettings } from './sink-process-settings.ts'

/** What messages name: commands of the sink, or of HDFS. None of their words has a space in it. */
const OURS = /kafka-hdfs-sink ([\w -:]*? --execute)/g
const HDFS = /hdfs dfs (-mv \S+ \S+)/g

/** What a message tells its reader to run, to the letter; where it names several, one of them. */
export async function followAdvice(
  stack: StackInfo,
  { msg }: LogLine,
  settings: SinkSettings,
  choice = 0,
): Promise<CommandResult> {
  const [, ours] = [...msg.matchAll(OURS)][choice] ?? []
  if (ours !== undefined) {
    const result = await runCommand(stack, settings, ours.split(' '))
    if (result.code === 0 && result.err === '') return result
    throw new Error(`${ours} ended with ${result.code}: ${result.err}`)
  }
  const [, hdfs] = [...msg.matchAll(HDFS)][choice] ?? []
  if (hdfs === undefined) throw new Error(`there is no command in: ${msg}`)
  const out = await shell(stack, ...hdfs.split(' '))
  return { code: 0, out: out.toString(), err: '' }
}
