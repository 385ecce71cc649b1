import { distance } from 'fastest-levenshtein'
import { SinkError } from '../core/errors.ts'
import { hideSecrets } from './hide.ts'

/** Where a value came from, as far as a reader can be led there. */
export interface Place {
  /** `sink.yaml:3:5`, or the environment variable or flag. */
  readonly name: string
  readonly excerpt?: Excerpt
}

/** A line of the file, and what to point at in it. Line and column count from 1. */
export interface Excerpt {
  readonly line: number
  readonly column: number
  readonly length: number
  readonly text: string
}

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  readonly place: Place
  /** What was expected and what was found. */
  readonly message: string
  readonly help?: string
}

/** A configuration that cannot be used, with all that is wrong with it. */
export class ConfigError extends SinkError {
  readonly action = 'stop-process'
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78
  readonly problems: readonly ConfigProblem[]
  constructor(problems: readonly ConfigProblem[]) {
    const shown = problems.map(withoutSecrets)
    const count = shown.length === 1 ? '1 problem' : `${shown.length} problems`
    super([...shown.map(render), `The configuration has ${count}.`].join('\n\n'))
    this.problems = shown
  }
}

function withoutSecrets({ place, message, help }: ConfigProblem): ConfigProblem {
  const { name, excerpt } = place
  const shown = excerpt && { excerpt: { ...excerpt, text: hideSecrets(excerpt.text) } }
  return {
    place: { name, ...shown },
    message: hideSecrets(message),
    ...(help === undefined ? {} : { help: hideSecrets(help) }),
  }
}

function render({ place, message, help }: ConfigProblem): string {
  const lines = [`${place.name}: ${message}`]
  if (place.excerpt) {
    const { line, column, length, text } = place.excerpt
    const gutter = String(line).padStart(5)
    // The indent keeps tabs, so that the caret stands under its character however wide they are.
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
    lines.push(`${gutter} | ${text}`)
    lines.push(`${' '.repeat(gutter.length)} | ${indent}${'^'.repeat(Math.max(length, 1))}`)
  }
  if (help !== undefined) lines.push(`      = ${help}`)
  return lines.join('\n')
}

const MAX_SHOWN = 60

/** A value as an error shows it: short, and told apart from a text of the same letters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing (null)'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a section of keys'
  // Hidden first: of a URL that is cut short it could not be told any more.
  const text = hideSecrets(JSON.stringify(value) ?? String(value))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** The candidate that was probably meant: letter case and underscores do not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '')
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const apart = distance(plain(word), plain(candidate))
    if (apart < bestDistance) {
      best = candidate
      bestDistance = apart
    }
  }
  return bestDistance <= Math.max(2, Math.floor(word.length / 3)) ? best : undefined
}

export function didYouMean(word: string, candidates: readonly string[]): { help?: string } {
  const meant = nearest(word, candidates)
  return meant === undefined ? {} : { help: `did you mean \`${meant}\`?` }
}
