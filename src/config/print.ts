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
  const secrets = new Set(keys.filter(({ secret }) => secret).map(({ name }) => name))
  const copy = (value: unknown, name: string): unknown => {
    if (secrets.has(name)) return value === undefined ? undefined : REDACTED
    if (Array.isArray(value)) return value.map((item) => copy(item, `${name}.*`))
    return typeof value === 'object' && value !== null ? copySection(value, `${name}.`) : value
  }
  const copySection = (section: object, prefix: string) =>
    Object.fromEntries(
      Object.entries(section).map(([key, value]) => [key, copy(value, prefix + key)]),
    )
  return copySection(config, '')
}

/** The values of secret keys, so that they can be looked for in other texts. */
export function secretsOf(
  config: SinkConfig,
  keys: readonly KeyInfo[] = CONFIG_KEYS,
): readonly string[] {
  const secrets = new Set(keys.filter(({ secret }) => secret).map(({ name }) => name))
  const found = (value: unknown, name: string): readonly string[] => {
    if (Array.isArray(value)) return value.flatMap((item) => found(item, `${name}.*`))
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([key, item]) => found(item, `${name}.${key}`))
    }
    return secrets.has(name) && value !== undefined ? [String(value)] : []
  }
  return Object.entries(config).flatMap(([key, value]) => found(value, key))
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
