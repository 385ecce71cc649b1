import { parse } from 'yaml'
import type { KeyInfo } from './keys.ts'

/*
 * Texts that stand for values: ${VARIABLE} in the file, environment variables, and --set flags
 * are all read alike, by what their key wants.
 */

export type Environment = Readonly<Record<string, string | undefined>>

/** A part of a text, from 0. */
export interface FaultyPart {
  readonly found: string
  readonly message: string
  readonly help?: string
}

export interface Filled {
  readonly text: string
  /** As they were written, `$${` not among them. */
  readonly placeholders: readonly string[]
  readonly faults: readonly FaultyPart[]
}

const PLACEHOLDER = /\$\$\{|\$\{(?<inside>[^}]*)(?<end>\}?)/g

/**
 * Fills in ${VARIABLE} and ${VARIABLE:-default}; the default counts when the variable is unset or
 * empty. `$${` stands for a literal `${`.
 */
export function fillIn(text: string, env: Environment): Filled {
  const placeholders: string[] = []
  const faults: FaultyPart[] = []
  const filled = text.replace(PLACEHOLDER, (whole: string, ...rest) => {
    if (whole === '$${') return '${'
    const { inside = '', end = '' } = rest.at(-1) as Record<string, string | undefined>
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? []
    if (name === undefined || end === '' || fallback?.includes('${')) {
      faults.push({
        found: whole,
        message: `expected \${VARIABLE} or \${VARIABLE:-default}, found ${whole}`,
        help: 'write $${ for a literal ${',
      })
      return whole
    }
    placeholders.push(whole)
    const value = fallback === undefined ? env[name] : env[name] || fallback
    if (value !== undefined) return value
    faults.push({
      found: whole,
      message: `expected the environment variable ${name} to be set, found it unset`,
      help: `set it, or give a default: \${${name}:-...}`,
    })
    return whole
  })
  return { text: filled, placeholders, faults }
}

/** What a text means as the value of a key. */
export function readText(text: string, key: KeyInfo | undefined): unknown {
  if (key?.kind === 'text') return text
  if (key?.kind === 'list') return readList(text)
  return readScalar(text)
}

/** Comma-separated, or a list in JSON. */
function readList(text: string): unknown {
  if (text.trimStart().startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  const items = text.split(',').map((item) => item.trim())
  return items.filter((item) => item !== '')
}

function readScalar(text: string): unknown {
  try {
    const value: unknown = parse(text)
    return typeof value === 'object' && value !== null ? text : value
  } catch {
    return text
  }
}
