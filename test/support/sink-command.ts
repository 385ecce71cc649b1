import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { StackInfo } from '../../stack/index.ts'
import { COMPILE_CACHE } from './compile-cache.ts'
import { configOf, type SinkSettings } from './sink-process-settings.ts'

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const ROOT = path.join(import.meta.dirname, '../..')
const TIMEOUT_MS = 60_000

/** Runs `kafka-hdfs-sink ARGS... --config FILE`, with the configuration of a sink. */
export async function runCommand(
  stack: StackInfo,
  settings: SinkSettings,
  args: readonly string[],
): Promise<CommandResult> {
  const config = path.join(mkdtempSync(path.join(stack.directory, 'command-')), 'sink.yaml')
  // JSON is YAML too.
  writeFileSync(config, JSON.stringify(configOf(stack, settings), null, 2))
  const child = spawn(process.execPath, ['src/main.ts', ...args, '--config', config], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out, err }
}
