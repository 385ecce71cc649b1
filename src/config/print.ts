import { stringify } from 'yaml'
import { z } from 'zod'
import { CONFIG_KEYS, type KeyInfo } from './keys.ts'
import { configSchema, type SinkConfig } from './schema.ts'

export const REDACTED = '[secret]'

/** A copy in which the values of secret keys cannot be read, for logs, pages and `config print`. */
export function redact(
  config: SinkConfig,
  keys: readonly KeyInfo[] = CONFIG_KEYS,
): Record<string, unknown> {
  return replaceSecrets(config, keys, () => REDACTED)
}

/** The values of secret keys, so that they can be looked for in other texts. */
export function secretsOf(
  config: SinkConfig,
  keys: readonly KeyInfo[] = CONFIG_KEYS,
): readonly string[] {
  const found: string[] = []
  replaceSecrets(config, keys, (value) => found.push(...[value].flat().map(String)))
  return found
}

function replaceSecrets(
  config: SinkConfig,
  keys: readonly KeyInfo[],
  replacement: (value: unknown) => unknown,
): Record<string, unknown> {
  const secrets = new Set(keys.filter(({ secret }) => secret).map(({ name }) => name))
  const copy = (value: unknown, name: string): unknown => {
    if (secrets.has(name)) return value === undefined ? undefined : replacement(value)
    if (Array.isArray(value)) return value.map((item) => copy(item, `${name}.*`))
    return typeof value === 'object' && value !== null ? copySection(value, `${name}.`) : value
  }
  const copySection = (section: object, prefix: string) =>
    Object.fromEntries(
      Object.entries(section).map(([key, value]) => [key, copy(value, prefix + key)]),
    )
  return copySection(config, '')
}

/** The whole configuration as YAML, defaults included, secrets hidden. */
export function renderConfig(config: SinkConfig): string {
  return stringify(redact(config), { lineWidth: 0 })
}

/** The JSON Schema by which editors complete and check a configuration file. */
export function renderJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Ours, not JSON Schema's.
      delete jsonSchema.expects
      delete jsonSchema.secret
    },
  })
  return `${JSON.stringify({ title: 'kafka-hdfs-sink', ...schema }, undefined, 2)}\n`
}
