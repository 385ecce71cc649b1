import type { z } from 'zod'
import { CONFIG_KEYS, type KeyInfo, keyAt, keysInside } from './keys.ts'
import type { Override } from './overrides.ts'
import { type ConfigProblem, didYouMean, nearest, type Place, show } from './problems.ts'
import type { RuleFinding } from './rules.ts'
import type { PartOfText, YamlSource } from './yaml-source.ts'

type Path = readonly PropertyKey[]

/** Turns what the schema says into what a person can act on. */
export class Explainer {
  readonly #tree: unknown
  readonly #file: YamlSource
  readonly #overrides: readonly Override[]

  constructor(tree: unknown, file: YamlSource, overrides: readonly Override[]) {
    this.#tree = tree
    this.#file = file
    this.#overrides = overrides
  }

  explain(issue: z.core.$ZodIssue): ConfigProblem[] {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => this.#unknownKey(issue.path, key))
    }
    const finding = findingOf(issue)
    if (finding) return this.#finding(finding)
    return this.#isFaulty(issue.path) ? [] : [this.#wrongValue(issue)]
  }

  #unknownKey(section: Path, name: string): ConfigProblem {
    const path = [...section, name]
    const siblings = keysInside(section).map((key) => String(key.path.at(-1)))
    const place = this.#placeOf(path, 'key')
    const where = section.length === 0 ? '' : ` in ${section.join('.')}`
    const known = keyAt(path)
    if (known?.onlyFor !== undefined) {
      const message = `expected ${dotted(path)} only with ${known.onlyFor}, found it with another`
      return { place, message, help: `leave ${name} out, or set ${known.onlyFor}` }
    }
    const message = `unknown key "${name}"${where}, expected one of ${siblings.join(', ')}`
    return { place, message, ...this.#nearestKey(name, siblings) }
  }

  /** A key of the same section, or else one of that name in another. */
  #nearestKey(name: string, siblings: readonly string[]): { help?: string } {
    const lastStep = ({ path }: KeyInfo) => String(path.at(-1))
    const others = CONFIG_KEYS.filter((key) => lastStep(key) !== '*')
    const elsewhere = nearest(name, others.map(lastStep))
    const meant = nearest(name, siblings) ?? others.find((key) => lastStep(key) === elsewhere)?.name
    return meant === undefined ? {} : { help: `did you mean \`${meant}\`?` }
  }

  #finding({ keys, message, unknown, ...part }: RuleFinding): ConfigProblem[] {
    const paths = keys.map((key) => key.split('.'))
    if (paths.some((path) => this.#isFaulty(path))) return []
    const hidden = paths.map((path) => this.#overrideOf(path)).find((override) => override?.hidden)
    if (hidden !== undefined) {
      const among = `${keys.join(', ')} do not fit together, or one of them is not as it has to be`
      return [{ place: { name: hidden.name }, message: `${among} (it is in a file: not shown)` }]
    }
    const { column, length } = part
    // What lies over the file is the likelier cause, unless the text of one key itself is wrong.
    const overriding = column === undefined ? paths.find((key) => this.#overrideOf(key)) : undefined
    const path = overriding ?? paths.find((key) => this.#isSet(key)) ?? paths[0] ?? []
    const span = column === undefined || length === undefined ? undefined : { column, length }
    const place = this.#placeOf(path, 'value', span)
    return [{ place, message, ...(unknown ? didYouMean(unknown.word, unknown.known) : {}) }]
  }

  #wrongValue(issue: z.core.$ZodIssue): ConfigProblem {
    const { path } = issue
    const key = keyAt(path)
    const value = valueAt(this.#tree, path)
    const place = this.#placeOf(path, value === undefined ? 'key' : 'value')
    const { why, known } = issue.code === 'custom' ? (issue.params ?? {}) : {}
    const filled = this.#overrideOf(path) ? [] : this.#file.filledFrom(path)
    const asides = [
      ...(typeof why === 'string' ? [why] : []),
      ...(filled.length > 0 ? [`filled in from ${filled.join(' ')}`] : []),
    ]
    const aside = asides.length > 0 ? ` (${asides.join('; ')})` : ''
    const expected = key?.expects ?? 'a section of keys'
    const subject = path.length === 0 ? '' : `${dotted(path)}: `
    if (key?.secret || this.#overrideOf(path)?.hidden) {
      const message = `${subject}expected ${expected}, found another value`
      return { place: { name: place.name }, message }
    }
    const message = `${subject}expected ${expected}, found ${show(value)}${aside}`
    return { place, message, ...helpFor(value, key, known ?? key?.choices ?? []) }
  }

  #placeOf(path: Path, at: 'key' | 'value', part?: PartOfText): Place {
    const override = this.#overrideOf(path)
    if (override) return { name: override.name }
    const found = this.#file.find(path, at, part)
    if (found) return found
    // What is missing is missing from its section, or else from the file.
    const section = path.length > 1 ? this.#file.find(path.slice(0, 1), 'key') : undefined
    return section ?? this.#file.start
  }

  #overrideOf(path: Path): Override | undefined {
    return this.#overrides.findLast(({ key }) => key.path.every((step, i) => path[i] === step))
  }

  #isSet(path: Path): boolean {
    return this.#overrideOf(path) !== undefined || this.#file.find(path, 'key') !== undefined
  }

  #isFaulty(path: Path): boolean {
    if (this.#overrideOf(path)) return false
    return this.#file.faulty.some((faulty) => faulty.every((step, i) => path[i] === step))
  }
}

function findingOf(issue: z.core.$ZodIssue): RuleFinding | undefined {
  const finding: unknown = issue.code === 'custom' ? issue.params?.finding : undefined
  return isFinding(finding) ? finding : undefined
}

/** Only rules put a finding there: that it is one at all is all there is to see. */
function isFinding(value: unknown): value is RuleFinding {
  return typeof value === 'object' && value !== null && 'rule' in value
}

function helpFor(
  value: unknown,
  key: KeyInfo | undefined,
  known: readonly string[],
): { help?: string } {
  if (key === undefined) return {}
  if (value === undefined) {
    return key.variable === '' ? {} : { help: `add it to the file, or set ${key.variable}` }
  }
  if (typeof value === 'string') {
    if (key.kind === 'list') return { help: `write [${value}]` }
    return didYouMean(value, known)
  }
  if (key.kind === 'text' && (typeof value === 'number' || typeof value === 'boolean')) {
    return { help: 'put it in quotes if it is meant as a text' }
  }
  return {}
}

function dotted(path: Path): string {
  return path.map(String).join('.')
}

function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Object.getOwnPropertyDescriptor(value, step)?.value
  }, tree)
}
