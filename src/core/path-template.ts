import { SinkError } from './errors.ts'
import {
  checkAmbiguity,
  checkComponents,
  checkPlaceholders,
  checkSuffix,
  MAX_COMPONENT_BYTES,
} from './path-template-checks.ts'
import { PathTemplateError, parseTokens, type Token, utf8Length } from './path-template-tokens.ts'
import { type TimeField, type TimeSlot, TimeSlots } from './time-slots.ts'

export { PathTemplateError } from './path-template-tokens.ts'

/*
 * Where a file goes. A template such as `{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset}.txt`
 * is parsed once, at start. What is accepted can be read back: from every path that it renders,
 * topic, partition and offset follow without doubt, so two files never want the same name.
 */

/** One output file, as far as its name depends on it. */
export interface FileToName {
  readonly topic: string
  readonly partition: number
  /** Offset of the file's first record, and of its last. */
  readonly startOffset: number
  readonly endOffset: number
  /** The time of any record in the file: all share one bucket. */
  readonly bucketTimestampMs: number
}

export interface PathTemplate {
  readonly source: string
  readonly usesTime: boolean
  /**
   * The record-time part of the path: records of one flush whose bucket is equal share a file.
   * '' when the path has no record time. Costs two comparisons while the slot stays the same.
   */
  bucketOf(timestampMs: number): string
  /** The absolute path. Throws PathRefusedError where HDFS or the journal forbid it. */
  render(file: FileToName): string
}

export interface PathTemplateOptions {
  /** Absolute: where relative templates begin, and where the journal is (`<root>/_sink`). */
  readonly root: string
  /** IANA name of the zone for {yyyy} to {mm}. */
  readonly timeZone: string
  /** What {extension} stands for, see fileExtension. */
  readonly extension: string
  /** There is only one topic, by name: then {topic} may be left out. */
  readonly singleTopic?: boolean
}

/** A path that must not be written to, for this topic. */
export class PathRefusedError extends SinkError {
  readonly action = 'stop-partition'
  readonly path: string
  constructor(path: string, found: string) {
    super(`The output path ${path} ${found}. Change hdfs.path.`)
    this.path = path
  }
}

const MAX_PATH_BYTES = 8000

/** The extension by which readers recognize a file: `txt`, `jsonl.gz` ... */
export function fileExtension(
  type: 'text' | 'json-lines',
  compression: 'none' | 'gzip' | 'zstd',
): string {
  const format = type === 'text' ? 'txt' : 'jsonl'
  return { none: format, gzip: `${format}.gz`, zstd: `${format}.zst` }[compression]
}

/** The directory that belongs to the sink alone. */
export function journalRoot(root: string): string {
  return `${root === '/' ? '' : root}/_sink`
}

/** Throws PathTemplateError, which names the column and what to do. */
export function parsePathTemplate(source: string, options: PathTemplateOptions): PathTemplate {
  const written = parseTokens(source, options.extension)
  const tokens = source.startsWith('/') ? written : [rootToken(options.root), ...written]
  checkPlaceholders(written, options.singleTopic ?? false, source)
  checkComponents(tokens)
  checkAmbiguity(tokens)
  checkSuffix(written, options.extension, source)
  const journal = journalRoot(options.root)
  if (literalStart(tokens).startsWith(`${journal}/`)) {
    throw new PathTemplateError(
      { column: 1, length: source.length },
      `lies inside ${journal}, the sink's own journal`,
      'Choose a directory outside it',
    )
  }
  return new ParsedTemplate(
    source,
    tokens,
    new TimeSlots(options.timeZone, timeFields(tokens)),
    journal,
  )
}

class ParsedTemplate implements PathTemplate {
  readonly source: string
  readonly usesTime: boolean
  readonly #tokens: readonly Token[]
  readonly #slots: TimeSlots
  readonly #journal: string
  #slot: TimeSlot

  constructor(source: string, tokens: readonly Token[], slots: TimeSlots, journal: string) {
    this.source = source
    this.usesTime = timeFields(tokens).length > 0
    this.#tokens = tokens
    this.#slots = slots
    this.#journal = journal
    this.#slot = slots.at(0)
  }

  bucketOf(timestampMs: number): string {
    if (!this.usesTime) return ''
    return this.#slotOf(timestampMs).bucket
  }

  render(file: FileToName): string {
    const time = this.#slotOf(file.bucketTimestampMs).values
    let path = ''
    for (const token of this.#tokens) {
      if (token.kind === 'literal') path += token.text
      else if (token.kind === 'topic') path += file.topic
      else if (token.kind === 'time') path += time[token.name]
      else path += String(file[token.name]).padStart(token.width, '0')
    }
    this.#check(path)
    return path
  }

  #slotOf(timestampMs: number): TimeSlot {
    const slot = this.#slot
    if (timestampMs >= slot.startMs && timestampMs < slot.endMs) return slot
    this.#slot = this.#slots.at(timestampMs)
    return this.#slot
  }

  #check(path: string): void {
    if (isInside(path, this.#journal)) {
      throw new PathRefusedError(path, `lies inside ${this.#journal}, the sink's own journal`)
    }
    if (utf8Length(path) > MAX_PATH_BYTES) {
      throw new PathRefusedError(path, `is longer than the ${MAX_PATH_BYTES} bytes of HDFS`)
    }
    const tooLong = path.split('/').find((name) => utf8Length(name) > MAX_COMPONENT_BYTES)
    if (tooLong !== undefined) {
      throw new PathRefusedError(
        path,
        `has a name of ${utf8Length(tooLong)} bytes where HDFS takes ${MAX_COMPONENT_BYTES}`,
      )
    }
  }
}

function rootToken(root: string): Token {
  return { kind: 'literal', text: `${root === '/' ? '' : root}/`, column: 1, length: 1 }
}

/** What every path that is rendered begins with. */
function literalStart(tokens: readonly Token[]): string {
  let text = ''
  for (const token of tokens) {
    if (token.kind !== 'literal') break
    text += token.text
  }
  return text
}

function timeFields(tokens: readonly Token[]): TimeField[] {
  const used = tokens.flatMap((token) => (token.kind === 'time' ? [token.name] : []))
  return [...new Set(used)]
}

function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}
