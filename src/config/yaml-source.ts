import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  Scalar,
} from 'yaml'
import { keyAt } from './keys.ts'
import { type Environment, fillIn, readText } from './placeholders.ts'
import type { ConfigProblem, Place } from './problems.ts'

type Path = readonly PropertyKey[]

/** A configuration file, whose every key and value can be found again. */
export interface YamlSource {
  /** Plain data, with environment variables filled in; undefined when the file is no YAML. */
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** Where a key or a value stands; undefined when it is not in the file. */
  find(path: Path, at: 'key' | 'value', part?: PartOfText): Place | undefined
  /** The ${...} that a value was filled in from. */
  filledFrom(path: Path): readonly string[]
  /** Values that could not be filled in: they are not to be judged any further. */
  readonly faulty: readonly Path[]
  /** The beginning of the file. */
  readonly start: Place
}

/** Characters of a text, the column from 1. */
export interface PartOfText {
  readonly column: number
  readonly length: number
}

/** Without a name, places have no lines: there is no file to look into. */
export function parseYaml(name: string | undefined, text: string, env: Environment): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const source = new ParsedYaml(name, text, document, lines)
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    source.problems.push({
      place: source.place(pos[0], pos[1] - pos[0]),
      message: `YAML: ${message}`,
    })
  }
  const isReadable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
  if (!isReadable) return source
  source.fillInScalars(document.contents, [], env)
  try {
    source.value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    // An alias without an anchor has been reported already, at its place.
    const message = `YAML: ${error instanceof Error ? error.message : String(error)}`
    if (source.problems.length === 0) source.problems.push({ place: source.start, message })
  }
  return source
}

class ParsedYaml implements YamlSource {
  value: unknown
  readonly problems: ConfigProblem[] = []
  readonly faulty: Path[] = []
  readonly #name: string | undefined
  readonly #text: string
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  readonly #filled = new Map<Scalar, readonly string[]>()

  constructor(
    name: string | undefined,
    text: string,
    document: Document.Parsed,
    lines: LineCounter,
  ) {
    this.#name = name
    this.#text = text
    this.#document = document
    this.#lines = lines
  }

  get start(): Place {
    return { name: this.#name === undefined ? 'configuration' : `${this.#name}:1:1` }
  }

  find(path: Path, at: 'key' | 'value', part?: PartOfText): Place | undefined {
    const found = this.#nodesAt(path)
    const node = at === 'key' ? found?.key : (found?.value ?? found?.key)
    const range = rangeOf(node)
    if (!range) return undefined
    const [start, end] = range
    if (part && isScalar(node) && this.#isVerbatim(node)) {
      const quote = node.type === Scalar.PLAIN ? 0 : 1
      return this.place(start + quote + part.column - 1, part.length)
    }
    return this.place(start, isCollection(node) ? 1 : end - start)
  }

  filledFrom(path: Path): readonly string[] {
    const node = this.#nodesAt(path)?.value
    return (isScalar(node) && this.#filled.get(node)) || []
  }

  place(offset: number, length: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    const from = this.#lines.lineStarts[line - 1] ?? 0
    const text = /^[^\r\n]*/.exec(this.#text.slice(from))?.[0] ?? ''
    const shown = Math.max(1, Math.min(length, text.length - col + 1))
    const excerpt = { line, column: col, length: shown, text }
    return { name: `${this.#name ?? 'configuration'}:${line}:${col}`, excerpt }
  }

  fillInScalars(node: unknown, path: Path, env: Environment): void {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        this.fillInScalars(value, [...path, isScalar(key) ? String(key.value) : ''], env)
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        this.fillInScalars(item, [...path, index], env)
      })
    } else if (isScalar(node) && typeof node.value === 'string' && node.value.includes('${')) {
      this.#fillIn(node, node.value, path, env)
    } else if (isAlias(node) && node.resolve(this.#document) === undefined) {
      const [start, end] = rangeOf(node) ?? [0, 0]
      const message = `YAML: expected an anchor &${node.source} before this alias, found none`
      this.problems.push({ place: this.place(start, end - start), message })
    }
  }

  #fillIn(node: Scalar, written: string, path: Path, env: Environment): void {
    const { text, placeholders, faults } = fillIn(written, env)
    const [start = 0, end = start] = node.range ?? []
    for (const { found, ...problem } of faults) {
      const within = this.#text.slice(start, end).indexOf(found)
      const place = within < 0 ? this.place(start, 1) : this.place(start + within, found.length)
      this.problems.push({ place, ...problem })
    }
    if (faults.length > 0) this.faulty.push(path)
    const key = keyAt(path)
    const isQuoted = node.type !== Scalar.PLAIN
    this.#filled.set(node, placeholders)
    node.value = isQuoted && key?.kind !== 'list' ? text : readText(text, key)
  }

  /** Do the characters of the value stand in the file one for one? */
  #isVerbatim(node: Scalar): boolean {
    const [start = 0, end = start] = node.range ?? []
    const raw = this.#text.slice(start, end)
    return raw === node.value || raw.slice(1, -1) === node.value
  }

  #nodesAt(path: Path): { key: unknown; value: unknown } | undefined {
    let found: { key: unknown; value: unknown } = { key: undefined, value: this.#document.contents }
    for (const step of path) {
      const { value } = found
      const node = isAlias(value) ? value.resolve(this.#document) : value
      const item: unknown = isSeq(node)
        ? node.items[Number(step)]
        : isMap(node)
          ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
          : undefined
      if (item === undefined) return undefined
      found = isPair(item) ? keyAndValue(item) : { key: item, value: item }
    }
    return found
  }
}

function keyAndValue({ key, value }: Pair): { key: unknown; value: unknown } {
  return { key, value }
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isScalar(node) && !isCollection(node) && !isAlias(node)) return undefined
  return node.range ? [node.range[0], node.range[1]] : undefined
}
