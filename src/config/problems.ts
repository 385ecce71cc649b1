import { distance } from 'fastest-levenshtein'
import { SinkError } from '../core/errors.ts'

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
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super([...problems.map(render), `The configuration has ${count}.`].join('\n\n'))
    this.problems = problems
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

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // The value of a key that sounds like one, known or not: a misspelt password is one too.
  [
    /((["']?)[\w.-]*(?:passw|secret|token|credential|apikey)[\w.-]*\2\s*[:=]\s*)(?!["']?\$\{)[^\s#,}][^#,}]*/gi,
    '$1[secret]',
  ],
  // Of a URL: user and password.
  [/(\w:\/\/)[^\s/@"']+@/g, '$1[secret]@'],
]

/** A text that may be shown: what is, or looks like, a secret is taken out. */
export function maskSecrets(text: string): string {
  return SECRETS.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text)
}

const MAX_SHOWN = 60

/** A value as an error shows it: short, and told apart from a text of the same letters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing (null)'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a section of keys'
  const text = maskSecrets(JSON.stringify(value) ?? String(value))
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
