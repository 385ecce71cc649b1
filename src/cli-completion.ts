/** The command `completion`: what a shell offers, made from the command tree itself. */
import { Argument, type Command, type Option } from 'commander'
import type { CommandSetup } from './cli-tools.ts'
import { CONFIG_KEYS } from './config/keys.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export function addCompletionCommand(
  program: Command,
  { onExitCode }: Pick<CommandSetup, 'onExitCode'>,
  out: (text: string) => void,
): void {
  program
    .command('completion')
    .description('print a script that lets a shell complete commands, options and keys')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action((shell: Shell) => {
      out(renderCompletion(shell, program))
      onExitCode(0)
    })
}

/** One command of the tree, by the words that lead to it: ` offsets reset`, '' for the program. */
interface Level {
  readonly path: string
  readonly commands: readonly Command[]
  readonly options: readonly Option[]
  /** What it may be given beside options: names there are, or files. */
  readonly choices: readonly string[]
  readonly takesFile: boolean
}

export function renderCompletion(shell: Shell, program: Command): string {
  const levels = levelsOf(program, '')
  const keys = CONFIG_KEYS.filter(({ variable }) => variable !== '').map(({ name }) => name)
  if (shell === 'fish') return fish(program.name(), levels, keys)
  const head = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''
  return head + bash(program.name(), levels, keys)
}

function levelsOf(command: Command, path: string): Level[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help')
  const own: Level = {
    path,
    commands,
    options: help.visibleOptions(command),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFile: command.registeredArguments.some((argument) => argument.name() === 'file'),
  }
  return [own, ...commands.flatMap((each) => levelsOf(each, `${path} ${each.name()}`))]
}

function bash(name: string, levels: readonly Level[], keys: readonly string[]): string {
  const fn = `_${name.replaceAll('-', '_')}`
  const steps = levels.slice(1).map(({ path }) => `      '${path}') at='${path}' ;;`)
  const offers = levels.map(({ path, commands, options, choices, takesFile }) => {
    const flags = options.flatMap(({ short, long }) => [short, long].filter(Boolean))
    const words = [...commands.map((each) => each.name()), ...choices, ...flags].join(' ')
    const files = takesFile ? ' files=1' : ''
    return `    '${path}') words='${words}'${files} ;;`
  })
  return `${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' words='' files='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
${steps.join('\n')}
    esac
  done
  case $prev in
    -c|--config) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    -s|--set)
      compopt -o nospace 2>/dev/null
      COMPREPLY=($(compgen -S = -W '${keys.join(' ')}' -- "$cur")); return ;;
  esac
  case $at in
${offers.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F ${fn} ${name}
`
}

function fish(name: string, levels: readonly Level[], keys: readonly string[]): string {
  const lines = levels.flatMap((level) => {
    const condition = fishCondition(level)
    const complete = `complete -c ${name} -n ${quoted(condition)}`
    return [
      ...level.commands.map(
        (each) => `${complete} -f -a ${each.name()} -d ${quoted(each.description())}`,
      ),
      ...level.choices.map((choice) => `${complete} -f -a ${choice}`),
      ...level.options.map((option) => `${complete} ${fishOption(option, keys)}`),
    ]
  })
  return `${lines.join('\n')}\n`
}

function fishCondition({ path, commands }: Level): string {
  const seen = path.trim().split(' ').filter(Boolean)
  if (seen.length === 0) return '__fish_use_subcommand'
  const not = commands.map((each) => each.name()).join(' ')
  const all = seen.map((word) => `__fish_seen_subcommand_from ${word}`)
  return [...all, ...(not === '' ? [] : [`not __fish_seen_subcommand_from ${not}`])].join('; and ')
}

function fishOption(
  { short, long, description, required }: Option,
  keys: readonly string[],
): string {
  const names = [
    ...(short === undefined ? [] : [`-s ${short.replace(/^-+/, '')}`]),
    ...(long === undefined ? [] : [`-l ${long.replace(/^-+/, '')}`]),
  ]
  const value = long === '--config' ? '-r -F' : required ? '-x' : '-f'
  const offers = long === '--set' ? ` -a ${quoted(keys.map((key) => `${key}=`).join(' '))}` : ''
  return `${names.join(' ')} ${value}${offers} -d ${quoted(description)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

const COMPLETION_EXAMPLES = `
Examples:
  $ source <(kafka-hdfs-sink completion bash)           # now; in ~/.bashrc: always
  $ source <(kafka-hdfs-sink completion zsh)            # now; in ~/.zshrc, after compinit: always
  $ kafka-hdfs-sink completion fish > ~/.config/fish/completions/kafka-hdfs-sink.fish`
