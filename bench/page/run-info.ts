import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import path from 'node:path'
import type { RunInfo } from '../types.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** What the results are to be judged with; `command` is what was typed. */
export function describeRun(command: string): RunInfo {
  const [cpu] = cpus()
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${memoryGib} GiB, kernel ${release()}`,
    versions: `Node ${process.versions.node}, Kafka ${jars('kafka')}, Hadoop ${jars('hadoop')}, kafkajs ${kafkajs()}`,
  }
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== ''
  return git('rev-parse', '--short=10', 'HEAD') + (changed ? ' with changes' : '')
}

/** Version of the daemons, as the stack's pom has it. */
function jars(name: 'kafka' | 'hadoop'): string {
  const pom = readFileSync(path.join(ROOT, 'stack', 'pom.xml'), 'utf8')
  return new RegExp(`<${name}\\.version>([^<]+)<`).exec(pom)?.[1] ?? 'unknown'
}

function kafkajs(): string {
  const text = readFileSync(path.join(ROOT, 'package.json'), 'utf8')
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> }
  return dependencies.kafkajs ?? 'unknown'
}
