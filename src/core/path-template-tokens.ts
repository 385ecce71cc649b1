import { SinkError } from './errors.ts'
import type { TimeField } from './time-slots.ts'

/** A piece of a path template. Columns count from 1 in the template as it was written. */
export type Token = { readonly column: number; readonly length: number } & (
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'topic' }
  | { readonly kind: 'number'; readonly name: NumberName; readonly width: number }
  | { readonly kind: 'time'; readonly name: TimeField }
)

type NumberName = 'partition' | 'startOffset' | 'endOffset'

/** What stands between two slashes. */
export interface Component {
  readonly tokens: readonly Token[]
  readonly column: number
}

/** A path template that cannot be used. */
export class PathTemplateError extends SinkError {
  readonly action = 'stop-process'
  /** Where in the template, from 1, and how many characters are concerned. */
  readonly column: number
  readonly length: number
  readonly whatToDo: string
  /** For an unknown placeholder: what was written, and what is known. */
  readonly unknown: string | undefined
  static readonly placeholders: readonly string[] = [
    'topic',
    'partition',
    'startOffset',
    'endOffset',
    'extension',
    'yyyy',
    'MM',
    'dd',
    'HH',
    'mm',
  ]
  constructor(
    { column, length }: { readonly column: number; readonly length: number },
    found: string,
    whatToDo: string,
    unknown?: string,
  ) {
    super(`The path template, at column ${column}, ${found}. ${whatToDo}.`)
    this.column = column
    this.length = Math.max(length, 1)
    this.whatToDo = whatToDo
    this.unknown = unknown
  }
}

/** Kafka's partitions are 32 bit, its offsets 64 bit: more digits are never needed. */
const NUMBERS: Readonly<Record<NumberName, { usual: number; most: number }>> = {
  partition: { usual: 1, most: 10 },
  startOffset: { usual: 20, most: 20 },
  endOffset: { usual: 20, most: 20 },
}

export function parseTokens(source: string, extension: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const match of source.matchAll(/\{([^{}]*)\}|[{}]/g)) {
    if (match.index > at) tokens.push(literal(source.slice(at, match.index), at + 1))
    tokens.push(parsePlaceholder(match, extension))
    at = match.index + match[0].length
  }
  if (at < source.length) tokens.push(literal(source.slice(at), at + 1))
  return tokens
}

function literal(text: string, column: number): Token {
  return { kind: 'literal', text, column, length: text.length }
}

function parsePlaceholder(match: RegExpExecArray, extension: string): Token {
  const [whole, inside] = match
  const place = { column: match.index + 1, length: whole.length }
  const fail = (found: string, whatToDo: string, unknown?: string) =>
    new PathTemplateError(place, found, whatToDo, unknown)
  if (inside === undefined) {
    throw fail(`has a single "${whole}"`, 'Braces enclose placeholders such as {topic}')
  }
  const [, name = inside, width] = /^([^:]*)(?::(.*))?$/s.exec(inside) ?? []
  if (isNumberName(name)) {
    return { ...place, kind: 'number', name, width: parseWidth(name, width, fail) }
  }
  if (!PathTemplateError.placeholders.includes(name)) {
    const known = PathTemplateError.placeholders.map((known) => `{${known}}`).join(' ')
    throw fail(`has an unknown placeholder ${whole}`, `Known are ${known}`, name)
  }
  if (width !== undefined) {
    throw fail(`has a width in ${whole}`, 'Only {partition}, {startOffset}, {endOffset} take one')
  }
  if (name === 'extension') return { ...place, kind: 'literal', text: extension }
  if (name === 'topic') return { ...place, kind: 'topic' }
  return { ...place, kind: 'time', name: name as TimeField }
}

function isNumberName(name: string): name is NumberName {
  return Object.hasOwn(NUMBERS, name)
}

function parseWidth(
  name: NumberName,
  width: string | undefined,
  fail: (found: string, whatToDo: string) => Error,
): number {
  const { usual, most } = NUMBERS[name]
  if (width === undefined) return usual
  const digits = /^\d{1,3}$/.test(width) ? Number(width) : 0
  if (digits < 1 || digits > most) {
    throw fail(
      `has the width "${width}" in {${name}:${width}}`,
      `Write the least number of digits, 1 to ${most}`,
    )
  }
  return digits
}

/** Splits at the slashes of the literals; the first component is what precedes the first slash. */
export function splitComponents(tokens: readonly Token[]): Component[] {
  let current: { tokens: Token[]; column: number } = { tokens: [], column: 1 }
  const components = [current]
  for (const token of tokens) {
    if (token.kind !== 'literal') {
      current.tokens.push(token)
      continue
    }
    let column = token.column
    token.text.split('/').forEach((text, index) => {
      if (index > 0) {
        current = { tokens: [], column }
        components.push(current)
      }
      if (text !== '') current.tokens.push(literal(text, column))
      // The root's and the extension's text is longer than what was written for it.
      column = Math.min(column + text.length + 1, token.column + token.length)
    })
  }
  return components
}

/** Why HDFS, or those who read from it, would not take this as the name of a file or directory. */
export function hdfsNameProblem(name: string): string | undefined {
  if (name === '') return 'has an empty name: "//", or a "/" at the end'
  if (name === '.' || name === '..') return `has "${name}" as a name, which HDFS refuses`
  if (name.includes(':')) return 'has a ":" in a name, which HDFS refuses'
  if (/\p{Cc}/u.test(name)) return 'has a control character in a name'
  if (/[*?[\]\\{}]/.test(name)) return 'has one of * ? [ ] { } \\, which readers take for a pattern'
  return undefined
}

/** Why this is no absolute path of HDFS, '/' being one. */
export function hdfsPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not start with "/"'
  if (path === '/') return undefined
  return path
    .slice(1)
    .split('/')
    .map(hdfsNameProblem)
    .find((problem) => problem !== undefined)
}

export function utf8Length(text: string): number {
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}
