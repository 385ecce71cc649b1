import { readFileSync } from 'node:fs'
import { CONFIG_KEYS, type KeyInfo, VARIABLE_PREFIX } from './keys.ts'
import { type Environment, readText } from './placeholders.ts'
import { type ConfigProblem, didYouMean } from './problems.ts'

/** A value that was set beside the file. */
export interface Override {
  readonly key: KeyInfo
  readonly value: unknown
  /** The variable or flag, for errors. */
  readonly name: string
  /** Comes from a file that is named by a variable, as secrets do: errors do not show it. */
  readonly hidden?: boolean
}

export interface Overrides {
  readonly overrides: readonly Override[]
  readonly problems: readonly ConfigProblem[]
}

const SETTABLE = CONFIG_KEYS.filter(({ variable }) => variable !== '')
const byVariable = new Map(SETTABLE.map((key) => [plain(key.variable), key]))
const byName = new Map(SETTABLE.map((key) => [key.name, key]))

/**
 * Values from SINK_ variables. A double underscore goes one level down; letter case and single
 * underscores do not count. SINK_X_FILE names a file that holds the value. Empty ones are unset.
 */
export function readEnvironment(env: Environment): Overrides {
  const overrides: Override[] = []
  const problems: ConfigProblem[] = []
  const setBy = new Map<KeyInfo, string>()
  for (const [variable, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(VARIABLE_PREFIX) || !text || isServiceLink(variable, text)) continue
    const name = `environment variable ${variable}`
    const fail = (message: string, more: { help?: string } = {}) =>
      problems.push({ place: { name }, message, ...more })
    const direct = byVariable.get(plain(variable))
    const key = direct ?? byVariable.get(plain(variable.replace(/_FILE$/, '')))
    if (!key) {
      const variables = SETTABLE.map(({ variable }) => variable)
      fail('is not a variable of the sink', didYouMean(variable, variables))
      continue
    }
    const earlier = setBy.get(key)
    if (earlier !== undefined) {
      fail(`sets ${key.name}, which ${earlier} sets as well`, { help: 'keep one of them' })
      continue
    }
    setBy.set(key, variable)
    const value = direct ? text : readSecretFile(text, fail)
    if (value !== undefined)
      overrides.push({ key, value: readText(value, key), name, hidden: !direct })
  }
  return { overrides, problems }
}

/**
 * Values from `--set kafka.group=x`. Secrets are refused: whoever may list the processes of this
 * machine would read them.
 */
export function readSets(
  sets: readonly string[],
  known: ReadonlyMap<string, KeyInfo> = byName,
): Overrides {
  const overrides: Override[] = []
  const problems: ConfigProblem[] = []
  for (const set of sets) {
    const equals = set.indexOf('=')
    const keyName = equals < 0 ? set : set.slice(0, equals)
    const place = { name: `--set ${keyName}` }
    const key = known.get(keyName)
    if (equals < 0) {
      problems.push({ place, message: `expected key=value, found "${set}"` })
    } else if (!key) {
      const help = didYouMean(keyName, [...known.keys()])
      problems.push({ place, message: `"${keyName}" is not a key of the configuration`, ...help })
    } else if (key.secret) {
      const help = `put it into a file, and its path into ${key.variable}_FILE`
      problems.push({ place, message: 'is a secret, which flags show to everybody here', help })
    } else {
      overrides.push({ key, value: readText(set.slice(equals + 1), key), name: place.name })
    }
  }
  return { overrides, problems }
}

/** One line, as secrets are mounted: a line break at its end does not belong to the value. */
function readSecretFile(path: string, fail: (message: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error
    // The secret itself may stand there by mistake.
    const found = /^\.{0,2}\//.test(path) ? `"${path}"` : 'a text that does not begin like one'
    fail(`expected the path of a readable file, found ${found} (${why})`)
    return undefined
  }
}

function plain(variable: string): string {
  const levels = variable.slice(VARIABLE_PREFIX.length).toLowerCase().split('__')
  return levels.map((level) => level.replaceAll('_', '')).join('.')
}

/**
 * Kubernetes gives every pod variables for each service of its namespace: for one that is called
 * `sink` they begin with SINK_ and are not meant for us.
 */
function isServiceLink(variable: string, text: string): boolean {
  if (variable.includes('__')) return false
  if (/_SERVICE_(HOST|PORT(_\w+)?)$/.test(variable)) return true
  if (/_PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$/.test(variable)) return true
  return /_PORT(_\d+_(TCP|UDP|SCTP))?$/.test(variable) && /^(tcp|udp|sctp):/.test(text)
}
