import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { type Actions, buildProgram } from '../src/cli.ts'
import { renderCompletion, SHELLS } from '../src/cli-completion.ts'
import { configActions } from '../src/cli-config.ts'
import { inspectActions } from '../src/cli-inspect.ts'
import { offsetsActions } from '../src/cli-offsets.ts'
import { runActions } from '../src/cli-run.ts'
import { statusActions } from '../src/cli-status.ts'
import { validateActions } from '../src/cli-validate.ts'
import { verifyActions } from '../src/cli-verify.ts'

const actions: Actions = {
  ...runActions,
  ...validateActions,
  ...configActions,
  ...statusActions,
  ...offsetsActions,
  ...verifyActions,
  ...inspectActions,
  healthcheck: async () => 0,
}
const program = buildProgram(actions)

/** What bash offers for the last word of a command line, which may be ''. */
function offered(...words: string[]): string[] {
  const line = ['kafka-hdfs-sink', ...words].map((word) => `'${word}'`).join(' ')
  const script = `${renderCompletion('bash', program)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length}
_kafka_hdfs_sink
printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n')
}

it('bash is offered the commands, then those below them, and their options', () => {
  expect(offered('')).toEqual(expect.arrayContaining(['run', 'validate', 'offsets', '--help']))
  expect(offered('off')).toEqual(['offsets'])
  expect(offered('offsets', 're')).toEqual(['reset'])
  expect(offered('--help', 'offsets', 'reset', '--e')).toEqual(['--execute'])
  expect(offered('validate', '--no')).toEqual(['--no-environment'])
  expect(offered('completion', '')).toEqual(expect.arrayContaining([...SHELLS]))
})

it('bash is offered keys of the configuration, and files', () => {
  expect(offered('run', '--set', 'flush.r')).toEqual(['flush.records='])
  expect(offered('run', '--config', 'package.j')).toEqual(['package.json'])
  expect(offered('inspect', 'package-l')).toEqual(['package-lock.json'])
})

it('zsh takes the script of bash, fish one of its own with every command and option', () => {
  expect(renderCompletion('zsh', program)).toMatch(/^autoload -U \+X bashcompinit/)
  const fish = renderCompletion('fish', program)
  expect(fish).toContain("-n '__fish_use_subcommand' -f -a validate -d 'check a configuration")
  expect(fish).toContain(
    '__fish_seen_subcommand_from offsets; and __fish_seen_subcommand_from reset',
  )
  expect(fish).toMatch(/ -s c -l config -r -F -d /)
  expect(fish.split('\n').every((line) => line === '' || line.startsWith('complete -c '))).toBe(
    true,
  )
})
