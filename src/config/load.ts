import { readFileSync } from 'node:fs'
import { Explainer } from './explain.ts'
import { CONFIG_KEYS } from './keys.ts'
import { type Override, readEnvironment, readSets } from './overrides.ts'
import type { Environment } from './placeholders.ts'
import { ConfigError, type ConfigProblem } from './problems.ts'
import { configSchema, type SinkConfig } from './schema.ts'
import { parseYaml, type YamlSource } from './yaml-source.ts'

type Tree = Record<PropertyKey, unknown>

export interface ConfigSources {
  /** Path of the YAML file. Without it there are the environment and the flags only. */
  readonly file?: string | undefined
  /** Its text, where it is at hand already; then `file` is only its name. */
  readonly text?: string
  readonly env: Environment
  /** `key=value`, as given with --set. */
  readonly sets: readonly string[]
}

/**
 * Defaults < file < environment < flags. Throws a ConfigError with everything that is wrong, each
 * problem with its place.
 */
export function loadConfig(sources: ConfigSources): SinkConfig {
  const file = readSource(sources)
  const fromEnvironment = readEnvironment(sources.env)
  const fromFlags = readSets(sources.sets)
  const overrides = [...fromEnvironment.overrides, ...fromFlags.overrides]
  const problems = [...file.problems, ...fromEnvironment.problems, ...fromFlags.problems]
  if (file.value === undefined) throw new ConfigError(inOrder(problems))

  const tree = merge(file.value, overrides)
  const parsed = configSchema.safeParse(tree)
  if (parsed.success && problems.length === 0) return parsed.data
  const explainer = new Explainer(tree, file, overrides)
  for (const issue of parsed.error?.issues ?? []) problems.push(...explainer.explain(issue))
  throw new ConfigError(inOrder(problems))
}

function readSource({ file, text, env }: ConfigSources): YamlSource {
  if (text !== undefined || file === undefined) return parseYaml(file, text ?? '', env)
  try {
    return parseYaml(file, readFileSync(file, 'utf8'), env)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `expected a readable file, found none (${why})`
    throw new ConfigError([{ place: { name: file }, message }])
  }
}

/** Puts the overrides into what the file has; sections that are absent or empty become {}. */
function merge(fromFile: unknown, overrides: readonly Override[]): unknown {
  if (fromFile !== null && !isTree(fromFile)) return fromFile
  const root: Tree = { ...fromFile }
  for (const { kind, path } of CONFIG_KEYS) {
    const [name] = path
    if (kind !== 'section' || name === undefined) continue
    const section = root[name]
    root[name] = isTree(section) ? { ...section } : (section ?? {})
  }
  for (const { key, value } of overrides) {
    const [name, leaf] = key.path
    if (name === undefined) continue
    const section = root[name]
    if (leaf === undefined) root[name] = value
    else if (isTree(section)) section[leaf] = value
  }
  return root
}

/** As they stand in the file; then those of variables and flags. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const place = ({ place: { excerpt } }: ConfigProblem) =>
    excerpt ? [excerpt.line, excerpt.column] : [Number.MAX_SAFE_INTEGER, 0]
  return problems.toSorted((a, b) => {
    const [[lineA = 0, columnA = 0], [lineB = 0, columnB = 0]] = [place(a), place(b)]
    return lineA - lineB || columnA - columnB
  })
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
