import type { PathTemplateOptions } from './path-template.ts'
import { parseTokens, splitComponents, type Token } from './path-template-tokens.ts'

/*
 * A path template read backwards: which directories can hold a topic's files, and what the name of
 * a file says.
 */

/** What a path says of itself; undefined where the template does not say it there. */
export interface NameParts {
  readonly partition: number | undefined
  readonly startOffset: number | undefined
  readonly endOffset: number | undefined
}

/** The names on one level below `base`. */
export interface LevelPattern {
  /** undefined for a name that this topic's paths do not have here. */
  match(name: string): NameParts | undefined
  /** Whether some topic's paths have this name here. */
  matchAny(name: string): boolean
}

export interface PathPattern {
  /** What all paths of the topic begin with: names without a placeholder. */
  readonly base: string
  /** Below `base`, outermost first. */
  readonly directories: readonly LevelPattern[]
  readonly file: LevelPattern
  /** Whether the name of a file or of its directories has {startOffset}. */
  readonly hasStartOffset: boolean
  /** Whether the directories tell the topic, so that nobody else's files belong into them. */
  readonly ownDirectories: boolean
  /** Several files of one flush, with record times of their own: their offsets interleave. */
  readonly usesTime: boolean
}

/** Stands for {extension} while a template is taken apart: no name has it. */
const EXTENSION_MARK = '\u0000'
/** Whatever the sink has ever written here: the format may have been another one then. */
const EXTENSIONS = '(?:txt|jsonl)(?:\\.gz|\\.zst)?'
const TOPICS = '[A-Za-z0-9._-]+'
const NOTHING: NameParts = {
  partition: undefined,
  startOffset: undefined,
  endOffset: undefined,
}

/** `source` is a template that parsePathTemplate accepts. */
export function parsePathPattern(
  source: string,
  topic: string,
  { root }: Pick<PathTemplateOptions, 'root'>,
): PathPattern {
  const written = parseTokens(source, EXTENSION_MARK)
  const start = source.startsWith('/') ? '' : `${root === '/' ? '' : root}/`
  const tokens: Token[] =
    start === '' ? written : [{ kind: 'literal', text: start, column: 1, length: 1 }, ...written]
  const [, ...components] = splitComponents(tokens).map((component) => component.tokens)
  const names = components.map((component) => literalName(component, topic))
  const file = components.length - 1
  const firstVariable = names.findIndex((name, i) => name === undefined || i === file)
  const directories = components.slice(firstVariable, file)
  const fileTokens = components[file] ?? []
  return {
    base: `/${names.slice(0, firstVariable).join('/')}`,
    directories: directories.map((component) => new Level(component, topic)),
    file: new Level(fileTokens, topic),
    hasStartOffset: tokens.some((token) => token.kind === 'number' && token.name === 'startOffset'),
    ownDirectories: components.slice(0, file).some(namesTopic),
    usesTime: tokens.some(({ kind }) => kind === 'time'),
  }
}

/** The parts of several levels together; undefined where they contradict each other. */
export function joinParts(outer: NameParts, inner: NameParts): NameParts | undefined {
  const joined = { ...outer }
  for (const key of ['partition', 'startOffset', 'endOffset'] as const) {
    const value = inner[key]
    if (value === undefined) continue
    if (joined[key] !== undefined && joined[key] !== value) return undefined
    joined[key] = value
  }
  return joined
}

/** What a path says; undefined for one that this topic's files do not have. */
export function readPath(pattern: PathPattern, path: string): NameParts | undefined {
  const start = pattern.base === '/' ? '/' : `${pattern.base}/`
  if (!path.startsWith(start)) return undefined
  const names = path.slice(start.length).split('/')
  const levels = [...pattern.directories, pattern.file]
  if (names.length !== levels.length) return undefined
  let parts: NameParts | undefined = NOTHING
  for (const [i, name] of names.entries()) {
    const found = levels[i]?.match(name)
    parts = parts && found && joinParts(parts, found)
  }
  return parts
}

export const NO_PARTS: NameParts = NOTHING

function namesTopic(component: readonly Token[]): boolean {
  return component.some(({ kind }) => kind === 'topic')
}

/** undefined where the name depends on more than the topic. */
function literalName(component: readonly Token[], topic: string): string | undefined {
  let name = ''
  for (const token of component) {
    if (token.kind === 'topic') name += topic
    else if (token.kind === 'literal' && !token.text.includes(EXTENSION_MARK)) name += token.text
    else return undefined
  }
  return name
}

class Level implements LevelPattern {
  readonly #own: RegExp
  readonly #any: RegExp
  /** What each group of the expression is. */
  readonly #groups: readonly (keyof NameParts)[]

  constructor(component: readonly Token[], topic: string) {
    const expression = (topics: string) =>
      new RegExp(`^${component.map((token) => tokenExpression(token, topics)).join('')}$`)
    this.#own = expression(escaped(topic))
    this.#any = expression(TOPICS)
    this.#groups = component.flatMap((token) => (token.kind === 'number' ? [token.name] : []))
  }

  match(name: string): NameParts | undefined {
    const found = this.#own.exec(name)
    if (found === null) return undefined
    let parts: NameParts | undefined = NOTHING
    for (const [i, key] of this.#groups.entries()) {
      const value = Number(found[i + 1])
      if (!Number.isSafeInteger(value)) return undefined
      parts = parts && joinParts(parts, { ...NOTHING, [key]: value })
    }
    return parts
  }

  matchAny(name: string): boolean {
    return this.#any.test(name)
  }
}

function tokenExpression(token: Token, topics: string): string {
  switch (token.kind) {
    case 'literal':
      return token.text.split(EXTENSION_MARK).map(escaped).join(EXTENSIONS)
    case 'topic':
      return topics
    case 'number':
      return `(\\d{${token.width},})`
    case 'time':
      return token.name === 'yyyy' ? '\\d{4}' : '\\d{2}'
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
